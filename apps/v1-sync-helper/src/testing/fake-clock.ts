// SPDX-License-Identifier: MIT
import { setImmediate } from "node:timers/promises";
import type { Clock } from "../clock.ts";

interface Waiter {
  readonly dueMs: number;
  readonly resolve: () => void;
}

/** A clock that stands still until it is told. */
export class FakeClock implements Clock {
  readonly #waiters = new Set<Waiter>();
  #epochMs: number;
  #monotonicMs = 0;

  constructor(epochMs = Date.UTC(2026, 10, 21)) {
    this.#epochMs = epochMs;
  }

  readonly epochMs = (): number => this.#epochMs;

  readonly monotonicMs = (): number => this.#monotonicMs;

  readonly wait = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason);
      if (!(ms > 0)) return resolve();
      const onAbort = (): void => {
        this.#waiters.delete(waiter);
        reject(signal?.reason);
      };
      const waiter: Waiter = {
        dueMs: this.#monotonicMs + ms,
        resolve: () => {
          signal?.removeEventListener("abort", onAbort);
          resolve();
        },
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#waiters.add(waiter);
    });

  /** How many waits have not ended; 0 at the end of a test shows that nothing was left behind. */
  get waiting(): number {
    return this.#waiters.size;
  }

  /** Milliseconds until the next wait ends; `undefined` when nothing waits. */
  get nextMs(): number | undefined {
    const next = this.#next(Infinity);
    return next === undefined ? undefined : next.dueMs - this.#monotonicMs;
  }

  /** Lets time pass: each wait ends at its time, in order, and what follows from it gets its turn of the loop. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#monotonicMs + ms;
    await setImmediate();
    for (let waiter = this.#next(endMs); waiter !== undefined; waiter = this.#next(endMs)) {
      this.#waiters.delete(waiter);
      this.jump(waiter.dueMs - this.#monotonicMs);
      waiter.resolve();
      await setImmediate();
    }
    this.jump(endMs - this.#monotonicMs);
    await setImmediate();
  }

  /** Lets time pass without ending a wait, as when the event loop is busy or the machine sleeps. */
  jump(ms: number): void {
    this.#monotonicMs += ms;
    this.#epochMs += ms;
  }

  /** Sets the machine's clock, as an administrator would; no time passes. */
  setEpochMs(ms: number): void {
    this.#epochMs = ms;
  }

  #next(endMs: number): Waiter | undefined {
    let next: Waiter | undefined;
    for (const waiter of this.#waiters) {
      if (waiter.dueMs <= endMs && (next === undefined || waiter.dueMs < next.dueMs)) next = waiter;
    }
    return next;
  }
}
