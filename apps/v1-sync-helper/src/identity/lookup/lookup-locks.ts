// SPDX-License-Identifier: MIT
import { randomUUID } from "node:crypto";
import type { Clock } from "../../clock.ts";
import { type Bucket, unlessConflict } from "../../nats/bucket.ts";

export interface LookupLocksOptions {
  readonly bucket: Bucket;
  /** How long a lock may stand unchanged before it counts as left behind; milliseconds. */
  readonly lockMs: number;
  readonly clock: Clock;
}

export interface HeldLock {
  /**
   * Gives it up, if it still is ours.
   * @throws {UnavailableError} when NATS does not answer; the others then wait until it counts as left behind
   */
  readonly release: () => Promise<void>;
}

interface Sight {
  readonly revision: number;
  readonly sinceMs: number;
}

/** Locks of others that are remembered; a forgotten one is merely taken over later. */
const maxSights = 1_000;

/**
 * Locks that instances share: who brings a key from one revision to the next has it. Whether its holder has died is
 * told without anybody's wall clock: the same revision was seen for `lockMs`, by our own monotonic clock.
 */
export class LookupLocks {
  readonly #options: LookupLocksOptions;
  readonly #owner = randomUUID();
  readonly #sights = new Map<string, Sight>();

  constructor(options: LookupLocksOptions) {
    this.#options = options;
  }

  /**
   * Tries once.
   * @returns `undefined` while somebody else has it
   * @throws {UnavailableError} when NATS does not answer
   */
  async tryTake(key: string): Promise<HeldLock | undefined> {
    const { bucket } = this.#options;
    const entry = await bucket.get(key);
    if (entry === undefined) return this.#take(key, () => bucket.create(key, this.#owner));
    const { revision } = entry;
    if (!this.#isLeftBehind(key, revision)) return undefined;
    return this.#take(key, () => bucket.update(key, this.#owner, revision));
  }

  #isLeftBehind(key: string, revision: number): boolean {
    const { clock, lockMs } = this.#options;
    const sight = this.#sights.get(key);
    if (sight?.revision === revision) return clock.monotonicMs() - sight.sinceMs >= lockMs;
    this.#sights.delete(key);
    this.#sights.set(key, { revision, sinceMs: clock.monotonicMs() });
    const oldest = this.#sights.keys().next();
    if (this.#sights.size > maxSights && oldest.done !== true) this.#sights.delete(oldest.value);
    return false;
  }

  async #take(key: string, write: () => Promise<number>): Promise<HeldLock | undefined> {
    this.#sights.delete(key);
    const revision = await unlessConflict(write());
    if (revision === undefined) return undefined;
    // A conflict here: we took too long, and somebody else has it now.
    return {
      release: async () => {
        await unlessConflict(this.#options.bucket.purge(key, revision));
      },
    };
  }
}
