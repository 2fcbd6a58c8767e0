// SPDX-License-Identifier: Apache-2.0
import type { Clock } from "../../src/clock.ts";

/** A clock that stands still until it is told. */
export class FakeClock implements Clock {
  #epochMs: number;
  #monotonicMs = 0;

  constructor(epochMs = 1_790_000_000_000) {
    this.#epochMs = epochMs;
  }

  epochMs(): number {
    return this.#epochMs;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  /** Lets time pass. */
  advance(ms: number): void {
    this.#epochMs += ms;
    this.#monotonicMs += ms;
  }

  /** Sets the machine's clock, as an administrator would; no time passes. */
  setEpochMs(ms: number): void {
    this.#epochMs = ms;
  }
}
