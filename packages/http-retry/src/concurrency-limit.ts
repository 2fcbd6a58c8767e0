// SPDX-License-Identifier: Apache-2.0
import { abortReason, onAbort, type Signals } from "./abort.ts";
import { type Clock, maxTimerMs } from "./clock.ts";
import {
  type ConcurrencyLimitOptions,
  type ResolvedConcurrencyLimit,
  resolveConcurrencyLimit,
} from "./concurrency-limit-options.ts";
import { Fifo } from "./fifo.ts";

/**
 * What the end of a request says about the service: `fine` (it answered, whatever it answered), `overloaded` (it asked
 * for less, or was too slow), `unknown` (nothing about its load).
 */
export type LoadSign = "fine" | "overloaded" | "unknown";

/** The right to have one request under way. */
export interface Turn {
  /** Gives the turn to the next; a second call does nothing. `retryAfterMs` pauses everyone, whatever the sign. */
  end(sign: LoadSign, retryAfterMs?: number): void;
}

export interface TurnOptions {
  /** Ends the wait at once. */
  readonly signals?: Signals;
  /** Longest wait, milliseconds; the limit's own `maxWaitMs` counts if it is shorter. */
  readonly waitMs?: number;
}

/** No turn came: too many waited already, or none came in time. Nothing was done. */
export class NoTurnError extends Error {
  override readonly name: string = "NoTurnError";
  /** How long the service asked to be left alone, from now; milliseconds. Absent when it did not. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, pausedMs: number) {
    super(message);
    this.retryAfterMs = pausedMs > 0 ? pausedMs : undefined;
  }
}

/**
 * How many requests may be under way to one origin, found out by trying: a limit in full use grows by one with every
 * round of good answers (additive increase), and a sign of overload leaves a share of it (multiplicative decrease),
 * once for all requests that were under way at that moment. Who has no turn waits in order of arrival. `Retry-After`
 * pauses everyone. One limit can serve several clients of one origin. Its numbers are there for metrics.
 */
export interface ConcurrencyLimit {
  /** A whole number from `min` to `max`. */
  readonly limit: number;
  /** Turns that are out; above {@link limit} for a while after that fell. */
  readonly inFlight: number;
  readonly waiting: number;
  /** What is left of the pause that the service asked for, milliseconds. */
  readonly pausedMs: number;
  /** A turn, unless one would have to wait for it. */
  tryTake(): Turn | undefined;
  /**
   * A turn, as soon as everyone has had one who came earlier.
   *
   * @throws {NoTurnError} at once when too many wait, or the pause is longer than the wait may be
   * @throws the reason of the signal that aborted
   */
  take(options?: TurnOptions): Promise<Turn>;
}

/** @throws {TypeError} naming the option that cannot be used */
export function createConcurrencyLimit(options: ConcurrencyLimitOptions = {}): ConcurrencyLimit {
  return new AdaptiveLimit(resolveConcurrencyLimit(options));
}

/** @see RFC 5681, whose congestion avoidance this is, with answers in place of acknowledgements */
class AdaptiveLimit implements ConcurrencyLimit {
  readonly #options: ResolvedConcurrencyLimit;
  readonly #clock: Clock;
  readonly #line = new Fifo<(turn: Turn) => void>();
  /** With the part of the next whole number that was earned so far. */
  #limit: number;
  #inFlight = 0;
  /** Counts decreases: what began before the last one has had its say. */
  #round = 0;
  #begun = 0;
  /** The last turn that used the limit up, by its number. */
  #filledBy = 0;
  #pausedUntil = -Infinity;
  #resume: unknown;

  constructor(options: ResolvedConcurrencyLimit) {
    this.#options = options;
    this.#clock = options.clock;
    this.#limit = options.start;
  }

  get limit(): number {
    return Math.floor(this.#limit);
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get waiting(): number {
    return this.#line.size;
  }

  get pausedMs(): number {
    // The clock is read only while there is a pause.
    if (this.#pausedUntil === -Infinity) return 0;
    const leftMs = this.#pausedUntil - this.#clock.now();
    if (leftMs > 0) return leftMs;
    this.#pausedUntil = -Infinity;
    return 0;
  }

  tryTake(): Turn | undefined {
    return this.#line.size === 0 && this.#hasRoom() ? this.#begin() : undefined;
  }

  async take({ signals = [], waitMs = Infinity }: TurnOptions = {}): Promise<Turn> {
    const aborted = signals.find((signal) => signal?.aborted);
    if (aborted !== undefined) throw abortReason(aborted);
    const turn = this.tryTake();
    if (turn !== undefined) return turn;
    const { maxWaiting, maxWaitMs } = this.#options;
    const limitMs = Math.max(Math.min(waitMs, maxWaitMs), 0);
    if (this.#line.size >= maxWaiting) throw this.#noTurn(`${maxWaiting} requests wait for a turn already`);
    if (this.pausedMs > limitMs) throw this.#noTurn("the service asked for a pause");
    return this.#wait(signals, limitMs);
  }

  #wait(signals: Signals, limitMs: number): Promise<Turn> {
    return new Promise((resolve, reject) => {
      const place = this.#line.push((turn) => {
        unlisten();
        this.#clock.clearTimeout(timer);
        resolve(turn);
      });
      const leave = (error: Error): void => {
        unlisten();
        this.#clock.clearTimeout(timer);
        this.#line.remove(place);
        this.#admit();
        reject(error);
      };
      const unlisten = onAbort(signals, leave);
      const onTime = (): void => leave(this.#noTurn(`no turn came within ${Math.round(limitMs)} ms`));
      const timer = limitMs > maxTimerMs ? undefined : this.#clock.setTimeout(onTime, limitMs);
      // A pause may just have ended, and its timer may not have fired yet.
      this.#admit();
    });
  }

  #noTurn(what: string): NoTurnError {
    const { pausedMs } = this;
    const pause = pausedMs > 0 ? `, paused for another ${Math.ceil(pausedMs)} ms` : "";
    const state = `${this.#inFlight} under way of ${this.limit} allowed, ${this.waiting} waiting${pause}`;
    return new NoTurnError(`${what} (${state})`, pausedMs);
  }

  #hasRoom(): boolean {
    return this.#inFlight < this.limit && this.pausedMs === 0;
  }

  #begin(): Turn {
    this.#inFlight += 1;
    this.#begun += 1;
    if (this.#inFlight >= this.limit) this.#filledBy = this.#begun;
    const number = this.#begun;
    const round = this.#round;
    let isOver = false;
    return {
      end: (sign, retryAfterMs = 0) => {
        if (isOver) return;
        isOver = true;
        this.#inFlight -= 1;
        if (round === this.#round) this.#adapt(sign, number);
        this.#pause(retryAfterMs);
        this.#admit();
      },
    };
  }

  #pause(retryAfterMs: number): void {
    if (retryAfterMs > 0) {
      const pauseMs = Math.min(retryAfterMs, this.#options.maxPauseMs);
      this.#pausedUntil = Math.max(this.#pausedUntil, this.#clock.now() + pauseMs);
    }
  }

  #adapt(sign: LoadSign, number: number): void {
    const { min, max, decrease } = this.#options;
    // A limit that was not used up in a turn's time says nothing about whether a higher one would do.
    if (sign === "fine" && this.#filledBy >= number) {
      this.#limit = Math.min(max, this.#limit + 1 / this.#limit);
    } else if (sign === "overloaded") {
      this.#round += 1;
      this.#limit = Math.max(min, Math.floor(this.#limit * decrease));
    }
  }

  #admit(): void {
    while (this.#line.size > 0 && this.#hasRoom()) this.#line.shift()?.(this.#begin());
    const { pausedMs } = this;
    if (pausedMs === 0 || this.#line.size === 0) {
      this.#clock.clearTimeout(this.#resume);
      this.#resume = undefined;
      return;
    }
    this.#resume ??= this.#clock.setTimeout(
      () => {
        this.#resume = undefined;
        this.#admit();
      },
      Math.min(Math.ceil(pausedMs), maxTimerMs),
    );
  }
}
