// SPDX-License-Identifier: Apache-2.0
import { type Clock, systemClock } from "./clock.ts";

export interface ConcurrencyLimitOptions {
  /** The limit is never lower; a whole number, default 1. */
  readonly min?: number;
  /** Nor higher; a whole number, default 128, which is what a client has connections. */
  readonly max?: number;
  /** The limit at first; default 16, brought between `min` and `max`. */
  readonly start?: number;
  /** The share of the limit that a sign of overload leaves; above 0 and below 1, default 0.5. */
  readonly decrease?: number;
  /** Requests that may wait for a turn; one more is refused at once. A whole number, default 10 000. */
  readonly maxWaiting?: number;
  /** Longest wait for a turn, milliseconds; default `Infinity`: a request's own total time ends it. */
  readonly maxWaitMs?: number;
  /** A longer `Retry-After` makes a pause of this; milliseconds, default 60 000. */
  readonly maxPauseMs?: number;
  readonly clock?: Clock;
}

/** {@link ConcurrencyLimitOptions} with every default filled in. */
export type ResolvedConcurrencyLimit = Required<ConcurrencyLimitOptions>;

/** @throws {TypeError} naming the option that cannot be used */
export function resolveConcurrencyLimit(options: ConcurrencyLimitOptions): ResolvedConcurrencyLimit {
  const { min = 1, max = Math.max(128, min), start = Math.min(Math.max(16, min), max) } = options;
  const { decrease = 0.5, maxWaiting = 10_000 } = options;
  const { maxWaitMs = Infinity, maxPauseMs = 60_000, clock = systemClock } = options;
  checkWhole("min", min, 1, Infinity);
  checkWhole("max", max, min, Infinity);
  checkWhole("start", start, min, max);
  checkWhole("maxWaiting", maxWaiting, 0, Infinity);
  if (!(decrease > 0 && decrease < 1)) {
    throw new TypeError(
      `The concurrency limit's decrease must be a number above 0 and below 1, not ${decrease}.`,
    );
  }
  for (const [name, value] of Object.entries({ maxWaitMs, maxPauseMs })) {
    if (!(value >= 0)) {
      throw new TypeError(`The concurrency limit's ${name} must be a number of at least 0, not ${value}.`);
    }
  }
  return { min, max, start, decrease, maxWaiting, maxWaitMs, maxPauseMs, clock };
}

function checkWhole(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  const range = most === Infinity ? `of at least ${least}` : `from ${least} to ${most}`;
  throw new TypeError(`The concurrency limit's ${name} must be a whole number ${range}, not ${value}.`);
}
