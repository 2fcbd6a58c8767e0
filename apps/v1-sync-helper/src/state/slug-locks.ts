// SPDX-License-Identifier: MIT
import { type Bucket, type Entry, RevisionConflictError } from "../nats/bucket.ts";
import { escapeKey } from "../nats/key.ts";
import { natsUnavailable } from "../nats/unavailable.ts";
import type { ObjectStates } from "./object-states.ts";

/**
 * One record at a time may create a project of a slug, over all instances: the project service does not reserve slugs
 * while it works.
 */
export interface SlugLocks {
  /**
   * Takes the slug for the object `key`, which must be claimed by the caller. Taking it twice is fine. A holder that
   * is neither claimed nor has an unresolved create of this slug loses it.
   *
   * @returns whether the slug is this object's now
   * @throws {UnavailableError} @throws {UnreadableStateError} of the holder
   */
  readonly acquire: (slug: string, key: string) => Promise<boolean>;
  /** Gives it back, if it is this object's. @throws {UnavailableError} */
  readonly release: (slug: string, key: string) => Promise<void>;
}

/** How often somebody else may be quicker before it is given up for now. */
const tries = 20;

/** Locks in the bucket `v1-sync-state`: `slug.{slug}` holds the v1 key. */
export function createSlugLocks(bucket: Bucket, states: ObjectStates): SlugLocks {
  async function canBeTaken(entry: Entry, slug: string, key: string): Promise<boolean> {
    const holder = text(entry);
    return holder === key || !(await isHolding(states, holder, slug));
  }

  return {
    async acquire(slug, key) {
      const stored = keyOf(slug);
      for (let attempt = 0; attempt < tries; attempt++) {
        const entry = await bucket.get(stored);
        if (entry !== undefined && !(await canBeTaken(entry, slug, key))) return false;
        // One's own is written again too, so that whoever is about to steal it sees that it is in use.
        if (await writes(bucket, stored, key, entry)) return true;
      }
      throw natsUnavailable(
        `The lock of the slug ${slug} changed hands ${tries} times while it was asked for.`,
      );
    },
    async release(slug, key) {
      const stored = keyOf(slug);
      const entry = await bucket.get(stored);
      if (entry === undefined || text(entry) !== key) return;
      await ignoringConflict(bucket.purge(stored, entry.revision));
    },
  };
}

async function isHolding(states: ObjectStates, key: string, slug: string): Promise<boolean> {
  const { state } = await states.read(key);
  if (state === undefined) return false;
  if (state.status === "claimed") return true;
  const intents = state.intents ?? [];
  return intents.some(({ naturalKey }) => naturalKey.kind === "project" && naturalKey.slug === slug);
}

/** Whether it was written; false: somebody else was quicker. */
async function writes(
  bucket: Bucket,
  stored: string,
  key: string,
  entry: Entry | undefined,
): Promise<boolean> {
  return await ignoringConflict(
    entry === undefined ? bucket.create(stored, key) : bucket.update(stored, key, entry.revision),
  );
}

async function ignoringConflict(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (error instanceof RevisionConflictError) return false;
    throw error;
  }
}

function text(entry: Entry): string {
  return Buffer.from(entry.value).toString();
}

function keyOf(slug: string): string {
  return `slug.${escapeKey(slug)}`;
}
