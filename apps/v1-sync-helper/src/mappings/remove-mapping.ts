// SPDX-License-Identifier: MIT
import type { ObjectKind } from "../records/object-key.ts";
import { bucketKeys } from "./bucket-keys.ts";
import { type MappingStore, purgeKey, readForward, untilWritten, writeForward } from "./mapping-store.ts";
import { tombstone } from "./mapping-value.ts";

/**
 * Writes `!del` in both directions, because the object `uid` is no more in v2. The way there goes last: while it stands
 * the object is deleted, and this done, again after an interruption.
 */
export async function tombstoneMapping(
  store: MappingStore,
  kind: ObjectKind,
  id: string,
  uid: string,
): Promise<void> {
  await Promise.all(reverseKeys(kind, uid).map((key) => store.bucket.put(key, tombstone)));
  await untilWritten(id, async () => {
    const { mapping, revision } = await readForward(store, kind, id);
    if (mapping.state === "deleted") return true;
    if (mapping.state === "mapped" && mapping.uid !== uid) return leaveAlone(store, kind, id);
    return await writeForward(store, { kind, id }, tombstone, revision);
  });
}

/** Removes both directions, so that the object may be made again; the way there last, as above. */
export async function forgetMapping(
  store: MappingStore,
  kind: ObjectKind,
  id: string,
  uid: string,
): Promise<void> {
  await Promise.all(reverseKeys(kind, uid).map((key) => store.bucket.purge(key)));
  await untilWritten(id, async () => {
    const { mapping, revision } = await readForward(store, kind, id);
    if (revision === 0) return true;
    if (mapping.state === "mapped" && mapping.uid !== uid) return leaveAlone(store, kind, id);
    if (!(await purgeKey(store.bucket, bucketKeys.forward(kind, id), revision))) return undefined;
    store.memory.drop(kind, id);
    return true;
  });
}

function leaveAlone({ logger }: MappingStore, kind: ObjectKind, id: string): true {
  const key = bucketKeys.forward(kind, id);
  logger?.warn(
    { mapping: key },
    "A mapping leads to another object than the one that was deleted; it stays.",
  );
  return true;
}

function reverseKeys(kind: ObjectKind, uid: string): readonly string[] {
  return [...new Set([bucketKeys.reverse(kind, uid), bucketKeys.owner(kind, uid)])];
}
