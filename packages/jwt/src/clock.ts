// SPDX-License-Identifier: Apache-2.0

/** The two times that tokens need; tests inject their own. */
export interface Clock {
  /** Milliseconds since 1970, for claims. May jump when the machine's clock is set. */
  epochMs(): number;
  /** Milliseconds since some start, never going back: for the age of what we hold. */
  monotonicMs(): number;
}

export const systemClock: Clock = {
  epochMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};

/** Whole seconds since 1970, as RFC 7519's NumericDate. */
export function epochSeconds(clock: Clock): number {
  return Math.floor(clock.epochMs() / 1000);
}
