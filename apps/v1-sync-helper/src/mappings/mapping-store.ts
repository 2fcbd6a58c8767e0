// SPDX-License-Identifier: MIT
import type { Logger } from "@repo/logging";
import { type Bucket, RevisionConflictError } from "../nats/bucket.ts";
import { natsUnavailable } from "../nats/unavailable.ts";
import type { ObjectKind } from "../records/object-key.ts";
import { bucketKeys } from "./bucket-keys.ts";
import type { Mapping } from "./mapping-key.ts";
import type { MappingMemory } from "./mapping-memory.ts";
import { parseForward } from "./mapping-value.ts";

export interface MappingStore {
  readonly bucket: Bucket;
  readonly memory: MappingMemory;
  readonly logger: Logger | undefined;
}

/** What a forward key says, and the revision to write over it; 0: nothing is there. */
export interface Forward {
  readonly mapping: Mapping;
  readonly revision: number;
}

/** Asks the bucket. @throws {UnavailableError} */
export async function readForward(store: MappingStore, kind: ObjectKind, id: string): Promise<Forward> {
  const key = bucketKeys.forward(kind, id);
  const entry = await store.bucket.get(key);
  if (entry === undefined) return { mapping: { state: "absent" }, revision: 0 };
  const parsed = parseForward(kind, entry.value);
  if (parsed === "empty") warnOfEmpty(store, key);
  const mapping: Mapping = parsed === "empty" ? { state: "absent" } : parsed;
  store.memory.learn(kind, id, mapping, entry.revision);
  return { mapping, revision: entry.revision };
}

export function warnOfEmpty({ logger }: MappingStore, key: string): void {
  logger?.warn({ mapping: key }, "A mapping holds no uid; it counts as absent.");
}

/** Writes a forward key by compare-and-set. @returns `undefined` when somebody else was quicker */
export async function writeForward(
  store: MappingStore,
  object: { readonly kind: ObjectKind; readonly id: string },
  value: string,
  revision: number,
): Promise<number | undefined> {
  const { kind, id } = object;
  const written = await writeKey(store.bucket, bucketKeys.forward(kind, id), value, revision);
  if (written === undefined) return undefined;
  const parsed = parseForward(kind, Buffer.from(value));
  if (parsed !== "empty") store.memory.learn(kind, id, parsed, written);
  return written;
}

/** Writes any key by compare-and-set; 0 creates. @returns `undefined` when somebody else was quicker */
export async function writeKey(
  bucket: Bucket,
  key: string,
  value: string,
  revision: number,
): Promise<number | undefined> {
  try {
    return await (revision === 0 ? bucket.create(key, value) : bucket.update(key, value, revision));
  } catch (error) {
    if (error instanceof RevisionConflictError) return undefined;
    throw error;
  }
}

/** Removes a key, unless somebody wrote it since. @returns whether it was removed */
export async function purgeKey(bucket: Bucket, key: string, revision: number): Promise<boolean> {
  try {
    await bucket.purge(key, revision);
    return true;
  } catch (error) {
    if (error instanceof RevisionConflictError) return false;
    throw error;
  }
}

/** How often somebody else may be quicker before it is given up for now. */
const tries = 20;

/** Calls `attempt` until it gives something else than `undefined`. @throws {UnavailableError} */
export async function untilWritten<T>(what: string, attempt: () => Promise<T | undefined>): Promise<T> {
  for (let count = 0; count < tries; count++) {
    const result = await attempt();
    if (result !== undefined) return result;
  }
  throw natsUnavailable(`The mapping of ${what} changed ${tries} times while it was being written.`);
}
