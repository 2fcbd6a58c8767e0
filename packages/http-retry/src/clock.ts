// SPDX-License-Identifier: Apache-2.0

/** The two times and the timers that waits are made of; tests pass a virtual one. */
export interface Clock {
  /** Milliseconds on a clock that never jumps; only differences mean something. */
  now(): number;
  /** Milliseconds since 1970, for comparing with dates that a server sends. */
  date(): number;
  /** Calls `callback` once after `ms` (0 to {@link maxTimerMs}) and returns what {@link clearTimeout} takes. */
  setTimeout(callback: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
}

/** The longest delay of one timer: Node fires a longer one at once. */
export const maxTimerMs = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => performance.now(),
  date: () => Date.now(),
  setTimeout: (callback, ms) => setTimeout(callback, ms),
  // The timer is what `setTimeout` above returned.
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout),
};
