// SPDX-License-Identifier: Apache-2.0
import type { Clock } from "../../job/clock.ts";

/** Something that is due at a time; it belongs to one {@link Deadlines}. */
export interface Deadline<T> {
  readonly value: T;
  dueMs: number;
  /** Of those due at the same time, the one set first is first. */
  order: number;
  /** Its place in the heap; -1 while it is in none. */
  index: number;
}

export interface DeadlinesOptions<T> {
  readonly clock: Clock;
  /** Called for each value whose time has come, earliest first; the value is out of the heap by then. */
  readonly onDue: (value: T) => void;
}

/** So many are handled in one turn of the event loop; the rest follows in the next. */
const maxPerTurn = 1_000;

export function createDeadline<T>(value: T): Deadline<T> {
  return { value, dueMs: 0, order: 0, index: -1 };
}

function isBefore<T>(left: Deadline<T>, right: Deadline<T>): boolean {
  return left.dueMs < right.dueMs || (left.dueMs === right.dueMs && left.order < right.order);
}

/**
 * Ends of leases and of delays: a binary heap and one timer, which fires at the exact time of the earliest.
 * Setting and clearing cost O(log n); leases of one length are set in order and cost O(1).
 */
export class Deadlines<T> implements Disposable {
  readonly #clock: Clock;
  readonly #onDue: (value: T) => void;
  readonly #heap: Deadline<T>[] = [];
  #timer: Disposable | undefined;
  #armedMs = Infinity;
  #orders = 0;

  constructor({ clock, onDue }: DeadlinesOptions<T>) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  set(deadline: Deadline<T>, dueMs: number): void {
    deadline.dueMs = dueMs;
    deadline.order = this.#orders++;
    if (deadline.index === -1) {
      deadline.index = this.#heap.length;
      this.#heap.push(deadline);
    }
    this.#settle(deadline);
    this.#arm();
  }

  /** The timer stays: where it fires for nothing, it is armed anew. */
  clear(deadline: Deadline<T>): void {
    const { index } = deadline;
    if (index === -1) return;
    const last = this.#heap.pop();
    deadline.index = -1;
    if (last === undefined || last === deadline) return;
    last.index = index;
    this.#heap[index] = last;
    this.#settle(last);
  }

  #settle(deadline: Deadline<T>): void {
    this.#moveUp(deadline);
    this.#moveDown(deadline);
  }

  #moveUp(deadline: Deadline<T>): void {
    while (deadline.index > 0) {
      const parent = this.#heap[(deadline.index - 1) >> 1];
      if (parent === undefined || isBefore(parent, deadline)) return;
      this.#swap(deadline, parent);
    }
  }

  #moveDown(deadline: Deadline<T>): void {
    for (;;) {
      const left = this.#heap[2 * deadline.index + 1];
      const right = this.#heap[2 * deadline.index + 2];
      const child = right !== undefined && left !== undefined && isBefore(right, left) ? right : left;
      if (child === undefined || isBefore(deadline, child)) return;
      this.#swap(child, deadline);
    }
  }

  #swap(lower: Deadline<T>, upper: Deadline<T>): void {
    const { index } = lower;
    lower.index = upper.index;
    upper.index = index;
    this.#heap[lower.index] = lower;
    this.#heap[upper.index] = upper;
  }

  #arm(): void {
    const first = this.#heap[0];
    if (first === undefined || first.dueMs >= this.#armedMs) return;
    this.#timer?.[Symbol.dispose]();
    this.#armedMs = first.dueMs;
    this.#timer = this.#clock.schedule(Math.max(0, first.dueMs - this.#clock.now()), () => this.#run());
  }

  #run(): void {
    this.#timer = undefined;
    this.#armedMs = Infinity;
    const nowMs = this.#clock.now();
    for (let handled = 0; handled < maxPerTurn; handled += 1) {
      const first = this.#heap[0];
      if (first === undefined || first.dueMs > nowMs) break;
      this.clear(first);
      this.#onDue(first.value);
    }
    this.#arm();
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    this.#heap.length = 0;
    // No timer is earlier than this one, so none is armed any more.
    this.#armedMs = -Infinity;
  }
}
