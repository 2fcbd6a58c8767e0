// SPDX-License-Identifier: Apache-2.0

/** Where stores and workers get their time from; tests put a fake in its place. */
export interface Clock {
  /** Unix milliseconds. */
  now(): number;
  /** Calls `run` once, `delayMs` milliseconds from now, unless disposed before. Does not keep the process alive. */
  schedule(delayMs: number, run: () => void): Disposable;
}

/** Longest delay that a timer of Node takes; a longer one fires early, so callers look at the time again. */
const longestTimerMs = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  schedule(delayMs, run) {
    const timer = setTimeout(run, Math.min(Math.max(0, delayMs), longestTimerMs)).unref();
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
};
