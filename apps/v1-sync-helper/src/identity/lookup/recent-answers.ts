// SPDX-License-Identifier: MIT
import type { Clock } from "../../clock.ts";
import { type Answer, ageOf } from "./answer.ts";

/** An answer and its age at this moment. */
export interface RecentAnswer {
  readonly answer: Answer;
  readonly ageMs: number;
  /** A refresh failed a short while ago. */
  readonly isResting: boolean;
}

interface Kept {
  readonly answer: Answer;
  readonly ageMs: number;
  readonly keptAtMs: number;
  readonly restUntilMs: number;
}

/**
 * The answers that were used last, so that NATS is not asked for each record. Ages go on by the monotonic clock: one
 * that is set while an answer is kept makes it neither younger nor older.
 */
export class RecentAnswers {
  readonly #kept = new Map<string, Kept>();
  readonly #maxEntries: number;
  readonly #clock: Clock;

  constructor(maxEntries: number, clock: Clock) {
    this.#maxEntries = maxEntries;
    this.#clock = clock;
  }

  get(id: string): RecentAnswer | undefined {
    const kept = this.#kept.get(id);
    if (kept === undefined) return undefined;
    this.#put(id, kept);
    const nowMs = this.#clock.monotonicMs();
    const { answer, ageMs, keptAtMs, restUntilMs } = kept;
    return { answer, ageMs: ageMs + nowMs - keptAtMs, isResting: nowMs < restUntilMs };
  }

  set(id: string, answer: Answer): void {
    const ageMs = ageOf(answer, this.#clock.epochMs());
    this.#put(id, { answer, ageMs, keptAtMs: this.#clock.monotonicMs(), restUntilMs: 0 });
  }

  /** Remembers for `ms` milliseconds that the answer could not be refreshed. */
  rest(id: string, ms: number): void {
    const kept = this.#kept.get(id);
    if (kept !== undefined) this.#kept.set(id, { ...kept, restUntilMs: this.#clock.monotonicMs() + ms });
  }

  #put(id: string, kept: Kept): void {
    // A map keeps the order of insertion: the first is the one that was used longest ago.
    this.#kept.delete(id);
    this.#kept.set(id, kept);
    if (this.#kept.size <= this.#maxEntries) return;
    const oldest = this.#kept.keys().next();
    if (oldest.done !== true) this.#kept.delete(oldest.value);
  }
}
