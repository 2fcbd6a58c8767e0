// SPDX-License-Identifier: MIT
import type { Logger } from "@repo/logging";
import type { Clock } from "../../clock.ts";
import type { Bucket } from "../../nats/bucket.ts";
import type { JsonObject } from "../../records/json.ts";
import { UnavailableError } from "../../unavailable-error.ts";
import { type Answer, type AttributeNames, type Attributes, ageOf, readAttributes } from "./answer.ts";
import type { HeldLock } from "./lookup-locks.ts";
import { RecentAnswers } from "./recent-answers.ts";
import { SharedAnswers } from "./shared-answers.ts";

/** How long answers of v1 are good; milliseconds. */
export interface CacheTimes {
  /** Until then an answer is used; after it v1 is asked before anything is said. */
  readonly ttlMs: number;
  /** After it an answer is still used, and v1 asked beside. */
  readonly refreshMs: number;
  /** As `ttlMs`, for what v1 does not know; never longer than that. */
  readonly unknownTtlMs: number;
}

/** One question and where its answer came from; for metrics. */
export interface LookupEvent {
  readonly subject: LookupSubject;
  readonly outcome: "known" | "unknown" | "unavailable";
  readonly from: "memory" | "bucket" | "v1";
}

export type LookupSubject = "user" | "organization";

export interface CachedLookupOptions extends CacheTimes {
  readonly subject: LookupSubject;
  readonly names: AttributeNames;
  /** Asks v1, which must end within `lockMs`. `undefined`: not known. @throws {UnavailableError} */
  readonly fetch: (id: string) => Promise<JsonObject | undefined>;
  readonly bucket: Bucket;
  readonly lockMs: number;
  /** Answers kept in memory. */
  readonly maxEntries: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Ends waits for other instances. */
  readonly signal: AbortSignal;
  readonly onLookup?: ((event: LookupEvent) => void) | undefined;
}

/** After a refresh that failed the former answer is used that long before the next; milliseconds. */
const refreshRestMs = 30_000;
const pollMs = { first: 25, longest: 500 };
/** Instances that fail one after the other each hold the lock for a while; longer than for some nobody waits. */
const locksToWaitFor = 3;

/**
 * Look-ups of v1 that are remembered in memory and in a bucket, one at a time per id, over all instances. While NATS
 * is away each instance goes on by itself.
 */
export class CachedLookup {
  readonly #options: CachedLookupOptions;
  readonly #recent: RecentAnswers;
  readonly #shared: SharedAnswers;
  readonly #asking = new Map<string, Promise<Answer>>();
  readonly #refreshing = new Map<string, Promise<void>>();

  constructor(options: CachedLookupOptions) {
    this.#options = options;
    this.#recent = new RecentAnswers(options.maxEntries, options.clock);
    this.#shared = new SharedAnswers(options);
  }

  /**
   * What v1 knows of an id; `undefined` when that is nothing.
   * @throws {UnavailableError} `lookup_unavailable` when there is no answer that could be used
   */
  async read(id: string): Promise<Attributes | undefined> {
    const recent = this.#recent.get(id);
    if (recent === undefined || !this.#isUsable(recent.answer, recent.ageMs)) {
      const { attributes } = await this.#once(id);
      return attributes;
    }
    this.#tell(recent.answer, "memory");
    if (recent.ageMs >= this.#options.refreshMs && !recent.isResting) this.#refreshBeside(id);
    return recent.answer.attributes;
  }

  /** Ends when no refresh is under way any more. */
  async settled(): Promise<void> {
    await Promise.all(this.#refreshing.values());
  }

  #once(id: string): Promise<Answer> {
    const asking = this.#asking.get(id);
    if (asking !== undefined) return asking;
    const answer = this.#find(id).finally(() => this.#asking.delete(id));
    this.#asking.set(id, answer);
    return answer;
  }

  async #find(id: string): Promise<Answer> {
    const shared = await this.#shared.read(id);
    if (shared === "away") return this.#fetch(id);
    if (shared.answer === undefined || !this.#isUsable(shared.answer)) return this.#findInTurn(id);
    if (!this.#isFresh(shared.answer)) this.#refreshBeside(id);
    return this.#use(id, shared.answer);
  }

  /** Asks v1 as the only instance, or takes over what another one was told meanwhile. */
  async #findInTurn(id: string): Promise<Answer> {
    const { clock, lockMs } = this.#options;
    const isUsable = (answer: Answer): boolean => this.#isUsable(answer);
    const lastMs = clock.monotonicMs() + locksToWaitFor * lockMs;
    for (let waitMs = pollMs.first; ; waitMs = Math.min(waitMs * 2, pollMs.longest)) {
      const lock = await this.#shared.tryLock(id);
      if (lock === "away") return this.#fetch(id);
      if (lock !== undefined) return this.#findUnderLock(id, lock, isUsable);
      if (clock.monotonicMs() >= lastMs) throw this.#unavailable("none of them got an answer from v1");
      await this.#wait(waitMs);
      const shared = await this.#shared.read(id);
      if (shared !== "away" && shared.answer !== undefined && isUsable(shared.answer))
        return this.#use(id, shared.answer);
    }
  }

  async #findUnderLock(id: string, lock: HeldLock, isGood: (answer: Answer) => boolean): Promise<Answer> {
    try {
      // Between our last look and our lock another instance may have had its turn.
      const shared = await this.#shared.read(id);
      if (shared !== "away" && shared.answer !== undefined && isGood(shared.answer))
        return this.#use(id, shared.answer);
      const answer = await this.#fetch(id);
      if (shared !== "away") await this.#shared.write(id, answer, shared.revision);
      return answer;
    } finally {
      await this.#shared.unlock(lock);
    }
  }

  async #fetch(id: string): Promise<Answer> {
    const { fetch, names, clock, onLookup, subject } = this.#options;
    // Before the request: an answer is as old as the moment from which on it may be outdated.
    const fetchedAtMs = clock.epochMs();
    const body = await fetch(id).catch((error: unknown) => {
      onLookup?.({ subject, outcome: "unavailable", from: "v1" });
      throw error;
    });
    const attributes = body === undefined ? undefined : readAttributes(names, body);
    const answer = { attributes, fetchedAtMs };
    this.#recent.set(id, answer);
    this.#tell(answer, "v1");
    return answer;
  }

  #refreshBeside(id: string): void {
    if (this.#refreshing.has(id)) return;
    const refresh = this.#refresh(id)
      .catch((error: unknown) => {
        const { logger, subject } = this.#options;
        this.#recent.rest(id, refreshRestMs);
        logger.debug({ error, subject }, "a look-up could not be refreshed; the former answer is used on");
      })
      .finally(() => this.#refreshing.delete(id));
    this.#refreshing.set(id, refresh);
  }

  /** Leaves it to another instance that is at it: its answer is found at the next look. */
  async #refresh(id: string): Promise<void> {
    const shared = await this.#shared.read(id);
    if (shared !== "away" && shared.answer !== undefined && this.#isFresh(shared.answer)) {
      this.#use(id, shared.answer);
      return;
    }
    const lock = shared === "away" ? "away" : await this.#shared.tryLock(id);
    if (lock === "away") await this.#fetch(id);
    else if (lock !== undefined) await this.#findUnderLock(id, lock, (answer) => this.#isFresh(answer));
  }

  #isFresh(answer: Answer): boolean {
    return ageOf(answer, this.#options.clock.epochMs()) < this.#options.refreshMs;
  }

  #isUsable(answer: Answer, ageMs = ageOf(answer, this.#options.clock.epochMs())): boolean {
    const { ttlMs, unknownTtlMs } = this.#options;
    return ageMs < (answer.attributes === undefined ? Math.min(unknownTtlMs, ttlMs) : ttlMs);
  }

  #use(id: string, answer: Answer): Answer {
    this.#recent.set(id, answer);
    this.#tell(answer, "bucket");
    return answer;
  }

  #tell(answer: Answer, from: LookupEvent["from"]): void {
    const { onLookup, subject } = this.#options;
    onLookup?.({ subject, outcome: answer.attributes === undefined ? "unknown" : "known", from });
  }

  async #wait(ms: number): Promise<void> {
    const { clock, signal } = this.#options;
    try {
      await clock.wait(ms, signal);
    } catch (error) {
      throw this.#unavailable("this process is being stopped", error);
    }
  }

  #unavailable(why: string, cause?: unknown): UnavailableError {
    const message = `The ${this.#options.subject} is being looked up by other instances, and ${why}.`;
    return new UnavailableError({ code: "lookup_unavailable", message }, { cause });
  }
}
