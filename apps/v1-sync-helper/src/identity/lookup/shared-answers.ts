// SPDX-License-Identifier: MIT
import type { Logger } from "@repo/logging";
import type { Clock } from "../../clock.ts";
import { type Bucket, unlessConflict } from "../../nats/bucket.ts";
import { escapeKey } from "../../nats/key.ts";
import { UnavailableError } from "../../unavailable-error.ts";
import { type Answer, type AttributeNames, decodeAnswer, encodeAnswer } from "./answer.ts";
import { type HeldLock, LookupLocks } from "./lookup-locks.ts";

export interface SharedAnswersOptions {
  readonly bucket: Bucket;
  /** `user` gives the keys `user.{id}` and `user_lock.{id}`. */
  readonly subject: string;
  readonly names: AttributeNames;
  readonly lockMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What the bucket says of an id. */
export interface SharedAnswer {
  readonly answer: Answer | undefined;
  /** 0: there is no entry. */
  readonly revision: number;
}

/**
 * The answers that all instances share. It makes look-ups fewer and is nothing they depend on: `"away"` means that
 * NATS did not answer, and that the caller goes on without.
 */
export class SharedAnswers {
  readonly #options: SharedAnswersOptions;
  readonly #locks: LookupLocks;

  constructor(options: SharedAnswersOptions) {
    this.#options = options;
    this.#locks = new LookupLocks(options);
  }

  read(id: string): Promise<SharedAnswer | "away"> {
    const { bucket, names } = this.#options;
    return this.#orAway(async () => {
      const entry = await bucket.get(this.#key(id));
      if (entry === undefined) return { answer: undefined, revision: 0 };
      return { answer: decodeAnswer(names, entry.value), revision: entry.revision };
    });
  }

  /** Writes over `revision`, unless another answer came between: that one is as good. */
  async write(id: string, answer: Answer, revision: number): Promise<void> {
    const { bucket, names } = this.#options;
    const value = encodeAnswer(names, id, answer);
    const write = () =>
      revision === 0 ? bucket.create(this.#key(id), value) : bucket.update(this.#key(id), value, revision);
    await this.#orAway(() => unlessConflict(write()));
  }

  /** `undefined`: another instance looks this id up. */
  tryLock(id: string): Promise<HeldLock | undefined | "away"> {
    return this.#orAway(() => this.#locks.tryTake(`${this.#options.subject}_lock.${escapeKey(id)}`));
  }

  async unlock(lock: HeldLock): Promise<void> {
    await this.#orAway(lock.release);
  }

  #key(id: string): string {
    return `${this.#options.subject}.${escapeKey(id)}`;
  }

  async #orAway<T>(operation: () => Promise<T>): Promise<T | "away"> {
    try {
      return await operation();
    } catch (error) {
      const { logger, bucket } = this.#options;
      const fields = { error, bucket: bucket.name };
      if (error instanceof UnavailableError) logger.debug(fields, "the shared cache of look-ups is away");
      else logger.warn(fields, "the shared cache of look-ups cannot be used");
      return "away";
    }
  }
}
