// SPDX-License-Identifier: MIT
import { setTimeout as sleep } from "node:timers/promises";

/** Where the program gets its time from; tests put a fake in its place. */
export interface Clock {
  /** Unix milliseconds, by the machine's clock, which people may set. */
  readonly epochMs: () => number;
  /** Milliseconds since any fixed moment; never goes back, and is nothing to another process. */
  readonly monotonicMs: () => number;
  /**
   * Ends after `ms` milliseconds of monotonic time; at once where that is not above 0. The wait alone does not keep
   * the process alive.
   *
   * @throws the reason of `signal`, as soon as that aborts
   */
  readonly wait: (ms: number, signal?: AbortSignal) => Promise<void>;
}

/** Longest delay that a timer of Node takes; a longer one would fire at once. */
const longestTimerMs = 2 ** 31 - 1;

export const systemClock: Clock = {
  epochMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  async wait(ms, signal) {
    const endMs = performance.now() + ms;
    signal?.throwIfAborted();
    for (let leftMs = ms; leftMs > 0; leftMs = endMs - performance.now()) {
      await sleepOnce(Math.min(Math.ceil(leftMs), longestTimerMs), signal);
    }
  },
};

async function sleepOnce(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(ms, undefined, signal === undefined ? { ref: false } : { ref: false, signal });
  } catch (error) {
    // Node's own AbortError hides the reason.
    signal?.throwIfAborted();
    throw error;
  }
}
