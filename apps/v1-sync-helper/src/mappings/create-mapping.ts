// SPDX-License-Identifier: MIT
import type { ObjectKind } from "../records/object-key.ts";
import { objectKey } from "../records/object-key.ts";
import { bucketKeys } from "./bucket-keys.ts";
import type { Mapping } from "./mapping-key.ts";
import {
  type MappingStore,
  purgeKey,
  readForward,
  untilWritten,
  writeForward,
  writeKey,
} from "./mapping-store.ts";
import { formatForward, formatReverse, parseOwner, textOf } from "./mapping-value.ts";
import type { Created, NewMapping } from "./mappings.ts";

interface Wanted {
  readonly kind: ObjectKind;
  readonly id: string;
  readonly uid: string;
  readonly more: NewMapping;
}

/** The owner key is ours (`revision`), or another object's. */
type Claim = { readonly revision: number } | { readonly owner: string };

/**
 * Maps an object in both directions, so that no uid ever has two objects and no object two uids.
 *
 * The uid is claimed first, by its owner key. A claim counts while the forward mapping agrees with it; until ours is
 * written, somebody who wants the same uid may take our claim for one that was left behind, and claim the uid himself.
 * So the claim is written once more in the end. Who finds it changed has lost, and takes his forward mapping back;
 * and who was about to change it fails, looks again, and finds a forward mapping that agrees.
 */
export async function createMapping(store: MappingStore, wanted: Wanted): Promise<Created> {
  const { kind, id, uid } = wanted;
  const known = store.memory.idOf(kind, uid);
  if (known !== undefined && known !== id && (await isMappedTo(store, kind, known, uid))) {
    return { result: "owned", by: objectKey(kind, known).text };
  }
  const claim = await claimUid(store, wanted);
  if ("owner" in claim) return { result: "owned", by: objectKey(kind, claim.owner).text };
  // Before the forward key: once that is there the object counts as mapped, and nobody comes back to what is missing.
  await writeMemberIds(store, wanted);
  const forward = await mapForward(store, wanted);
  if (forward.result === "exists") {
    const isStillOurs = await purgeKey(store.bucket, bucketKeys.owner(kind, uid), claim.revision);
    if (isStillOurs && kind === "member") await store.bucket.purge(bucketKeys.reverse(kind, uid));
    return forward;
  }
  const owner = await confirm(store, wanted, claim.revision);
  if (owner === id) return { result: "mapped" };
  await takeBack(store, wanted);
  return { result: "owned", by: objectKey(kind, owner).text };
}

/** Writes the claim once more. @returns whose it is */
async function confirm(store: MappingStore, wanted: Wanted, revision: number): Promise<string> {
  const { kind, id, uid } = wanted;
  const key = bucketKeys.owner(kind, uid);
  let expected = revision;
  return await untilWritten(`the uid ${uid}`, async () => {
    if ((await writeKey(store.bucket, key, ownerValue(wanted), expected)) !== undefined) return id;
    const entry = await store.bucket.get(key);
    const owner = entry === undefined ? undefined : parseOwner(kind, entry.value);
    // Where there is none, it was removed: then it is claimed again.
    expected = entry?.revision ?? 0;
    return owner;
  });
}

function ownerValue({ kind, id, more }: Wanted): string {
  return kind === "member" ? id : formatReverse(kind, id, more);
}

function claimUid(store: MappingStore, wanted: Wanted): Promise<Claim> {
  const { kind, id, uid } = wanted;
  const key = bucketKeys.owner(kind, uid);
  const value = ownerValue(wanted);
  return untilWritten(`the uid ${uid}`, async () => {
    const created = await writeKey(store.bucket, key, value, 0);
    if (created !== undefined) return { revision: created };
    const entry = await store.bucket.get(key);
    if (entry === undefined) return undefined;
    if (textOf(entry.value) === value) return { revision: entry.revision };
    const owner = parseOwner(kind, entry.value);
    if (owner !== undefined && owner !== id && (await isMappedTo(store, kind, owner, uid))) {
      return { owner };
    }
    const revision = await writeKey(store.bucket, key, value, entry.revision);
    return revision === undefined ? undefined : { revision };
  });
}

/** `committee_member.uid.{uid}`; for the other kinds the owner key is that key. */
async function writeMemberIds(store: MappingStore, { kind, id, uid, more }: Wanted): Promise<void> {
  if (kind !== "member") return;
  await store.bucket.put(bucketKeys.reverse(kind, uid), formatReverse(kind, id, more));
}

type Forwarded = Extract<Created, { readonly result: "mapped" | "exists" }>;

async function mapForward(store: MappingStore, wanted: Wanted): Promise<Forwarded> {
  const { kind, id, uid, more } = wanted;
  const value = formatForward(kind, uid, more.committeeUid);
  if ((await writeForward(store, wanted, value, 0)) !== undefined) return { result: "mapped" };
  return await untilWritten<Forwarded>(id, async () => {
    const { mapping, revision } = await readForward(store, kind, id);
    if (mapping.state === "mapped" && mapping.uid === uid) {
      // A member's old form is written anew with its committee.
      const { committeeUid = mapping.committeeUid } = more;
      if (kind !== "member" || mapping.committeeUid === committeeUid) return { result: "mapped" };
    } else if (!mayReplace(mapping, more)) {
      return { result: "exists", mapping };
    }
    const written = await writeForward(store, wanted, value, revision);
    return written === undefined ? undefined : { result: "mapped" };
  });
}

function mayReplace(mapping: Mapping, { replaceTombstone = false }: NewMapping): boolean {
  return mapping.state === "absent" || (mapping.state === "deleted" && replaceTombstone);
}

async function takeBack(store: MappingStore, { kind, id, uid }: Wanted): Promise<void> {
  const { mapping, revision } = await readForward(store, kind, id);
  if (mapping.state !== "mapped" || mapping.uid !== uid) return;
  await purgeKey(store.bucket, bucketKeys.forward(kind, id), revision);
  store.memory.drop(kind, id);
}

/** The id that the owner key names, whether or not the forward mapping agrees. */
export async function ownerIn(
  store: MappingStore,
  kind: ObjectKind,
  uid: string,
): Promise<string | undefined> {
  const entry = await store.bucket.get(bucketKeys.owner(kind, uid));
  return entry === undefined ? undefined : parseOwner(kind, entry.value);
}

export async function isMappedTo(
  store: MappingStore,
  kind: ObjectKind,
  id: string,
  uid: string,
): Promise<boolean> {
  const { mapping } = await readForward(store, kind, id);
  return mapping.state === "mapped" && mapping.uid === uid;
}
