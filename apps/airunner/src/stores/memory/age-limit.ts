// SPDX-License-Identifier: Apache-2.0
import type { Clock } from "../../job/clock.ts";
import { LinkedList, type ListNode, unlink } from "./linked-list.ts";

export interface AgeLimitOptions<T> {
  readonly clock: Clock;
  readonly maxAgeMs: number;
  readonly maxItems: number;
  /** When the item's age began; never earlier than that of an item added before. */
  readonly sinceMs: (value: T) => number;
  /** The item has left already. */
  readonly onExpired: (value: T) => void;
}

/** So many expire in one turn of the event loop; the rest follows in the next. */
const maxPerTurn = 1_000;

/**
 * Items in the order in which they came, of which the oldest leave: at once where there are more than `maxItems`,
 * and by one timer when they are `maxAgeMs` old. Everything is O(1).
 */
export class AgeLimit<T> implements Disposable {
  readonly #options: AgeLimitOptions<T>;
  readonly #items = new LinkedList<T>();
  #timer: Disposable | undefined;
  #isDisposed = false;

  constructor(options: AgeLimitOptions<T>) {
    this.#options = options;
  }

  get size(): number {
    return this.#items.size;
  }

  /** To take it out again before its time, {@link unlink} the node. */
  add(node: ListNode<T>): void {
    this.#items.append(node);
    if (this.#items.size > this.#options.maxItems) this.expireOldest();
    this.#arm();
  }

  /** Lets the oldest item leave before its time. @returns whether there was one */
  expireOldest(): boolean {
    const node = this.#items.firstNode;
    if (node === undefined) return false;
    unlink(node);
    this.#options.onExpired(node.value);
    return true;
  }

  #arm(): void {
    const { first } = this.#items;
    if (this.#timer !== undefined || first === undefined || this.#isDisposed) return;
    const { clock, sinceMs, maxAgeMs } = this.#options;
    this.#timer = clock.schedule(Math.max(0, sinceMs(first) + maxAgeMs - clock.now()), () => this.#run());
  }

  #run(): void {
    this.#timer = undefined;
    const { clock, sinceMs, maxAgeMs } = this.#options;
    const limitMs = clock.now() - maxAgeMs;
    for (let expired = 0; expired < maxPerTurn; expired += 1) {
      const { first } = this.#items;
      if (first === undefined || sinceMs(first) > limitMs) break;
      this.expireOldest();
    }
    this.#arm();
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true;
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
  }
}
