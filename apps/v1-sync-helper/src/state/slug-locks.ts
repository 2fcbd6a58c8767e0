// SPDX-License-Identifier: MIT
import { type Bucket, type Entry, unlessConflict } from "../nats/bucket.ts";
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
/** Locks of this instance that are remembered; others are read before they are given back. */
const maxRemembered = 10_000;

/** Locks in the bucket `v1-sync-state`: `slug.{slug}` holds the v1 key. */
export function createSlugLocks(bucket: Bucket, states: ObjectStates): SlugLocks {
  const own = new Map<string, { readonly key: string; readonly revision: number }>();

  async function canBeTaken(entry: Entry, slug: string, key: string): Promise<boolean> {
    const holder = text(entry);
    return holder === key || !(await isHolding(states, holder, slug));
  }

  /** @returns the revision that was written; `undefined`: somebody else was quicker */
  async function write(stored: string, key: string, entry: Entry | undefined): Promise<number | undefined> {
    const writing =
      entry === undefined ? bucket.create(stored, key) : bucket.update(stored, key, entry.revision);
    const revision = await unlessConflict(writing);
    if (revision === undefined) return undefined;
    if (own.size >= maxRemembered) own.clear();
    own.set(stored, { key, revision });
    return revision;
  }

  async function ownRevision(stored: string, key: string): Promise<number | undefined> {
    const remembered = own.get(stored);
    own.delete(stored);
    if (remembered?.key === key) return remembered.revision;
    const entry = await bucket.get(stored);
    return entry !== undefined && text(entry) === key ? entry.revision : undefined;
  }

  return {
    async acquire(slug, key) {
      const stored = keyOf(slug);
      // Most slugs are free, and a write that expects nothing finds that out by itself.
      if ((await write(stored, key, undefined)) !== undefined) return true;
      for (let attempt = 0; attempt < tries; attempt++) {
        const entry = await bucket.get(stored);
        if (entry !== undefined && !(await canBeTaken(entry, slug, key))) return false;
        // One's own is written again too, so that whoever is about to steal it sees that it is in use.
        if ((await write(stored, key, entry)) !== undefined) return true;
      }
      throw natsUnavailable(
        `The lock of the slug ${slug} changed hands ${tries} times while it was asked for.`,
      );
    },
    async release(slug, key) {
      const stored = keyOf(slug);
      const revision = await ownRevision(stored, key);
      // Should it be another's by now, its revision is another too.
      if (revision !== undefined) await unlessConflict(bucket.purge(stored, revision));
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

function text(entry: Entry): string {
  return Buffer.from(entry.value).toString();
}

function keyOf(slug: string): string {
  return `slug.${escapeKey(slug)}`;
}
