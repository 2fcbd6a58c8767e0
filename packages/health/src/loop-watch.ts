// SPDX-License-Identifier: Apache-2.0

/** Beats per stall that is looked for: one of a fifth of `stallMs` more or less does not matter. */
const beatsPerStall = 5;
const longestBeatMs = 1000;

/**
 * Watches whether the event loop turns, by a timer that notes how late it comes.
 *
 * A blocked loop cannot answer while it is blocked: the asker then runs into a time-out, which a probe counts as a failure
 * too. This watch finds the stalls that ended before somebody asked.
 */
export class LoopWatch implements Disposable {
  readonly #timer: NodeJS.Timeout;
  readonly #beatMs: number;
  #lastBeat = performance.now();
  #longestMs = 0;

  constructor(stallMs: number) {
    this.#beatMs = Math.min(longestBeatMs, Math.max(1, stallMs / beatsPerStall));
    this.#timer = setInterval(() => this.#beat(), this.#beatMs).unref();
  }

  /** The longest stall since the last look, in milliseconds, with the one that may just be ending. */
  take(): number {
    this.#beat();
    const longest = this.#longestMs;
    this.#longestMs = 0;
    return longest;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #beat(): void {
    const now = performance.now();
    this.#longestMs = Math.max(this.#longestMs, now - this.#lastBeat - this.#beatMs);
    this.#lastBeat = now;
  }
}
