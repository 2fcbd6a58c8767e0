// SPDX-License-Identifier: MIT
import type { Logger } from "@repo/logging";
import type { Bucket, Change } from "../nats/bucket.ts";
import { natsUnavailable } from "../nats/unavailable.ts";
import { type ObjectKind, objectKey } from "../records/object-key.ts";
import { bucketKeys, parseForwardKey } from "./bucket-keys.ts";
import { createMapping, isMappedTo, ownerIn } from "./create-mapping.ts";
import type { Mapping, MappingKey } from "./mapping-key.ts";
import { MappingMemory } from "./mapping-memory.ts";
import { type MappingStore, readForward, warnOfEmpty } from "./mapping-store.ts";
import { parseForward, parseReverse } from "./mapping-value.ts";
import { forgetMapping, tombstoneMapping } from "./remove-mapping.ts";

/** v1's ids around an object; the reverse mappings hold them. A part that is not known is written empty. */
export interface V1Ids {
  /** Of committees and members. */
  readonly projectId?: string;
  /** Of members. */
  readonly committeeId?: string;
  /** Of members: the person's Salesforce id. */
  readonly contactId?: string;
}

export interface NewMapping extends V1Ids {
  /** Of members: theirs is written as `{committeeUid}:{uid}`. */
  readonly committeeUid?: string;
  /** A tombstone gives way too; default false. */
  readonly replaceTombstone?: boolean;
}

export type Created =
  /** The object is mapped to this uid now (it may have been before), and to nobody else's. */
  | { readonly result: "mapped" }
  /** The object is mapped to another uid, or has a tombstone; nothing changed. */
  | { readonly result: "exists"; readonly mapping: Mapping }
  /** The uid belongs to another v1 object already; nothing is left behind. */
  | { readonly result: "owned"; readonly by: string };

/** The bucket `v1-mappings`. Every method throws `UnavailableError` when NATS does not answer; that is never "absent". */
export interface Mappings {
  /**
   * Projects and committees may come from memory, a moment behind the bucket, where they are known to be mapped;
   * `fresh` always asks the bucket.
   */
  readonly read: (kind: ObjectKind, id: string, options?: { readonly fresh?: boolean }) => Promise<Mapping>;
  /**
   * The v1 key (as in `v1-objects`) of the object that is mapped to this uid, if any. Where there is no reverse
   * mapping, as for objects of old, projects and committees are found in memory; while that is being filled, this
   * throws.
   */
  readonly ownerOf: (kind: ObjectKind, uid: string) => Promise<string | undefined>;
  /** Maps by create-if-absent, in both directions. Of several that want the same uid at once, one gets it. */
  readonly create: (kind: ObjectKind, id: string, uid: string, more?: NewMapping) => Promise<Created>;
  /** Writes tombstones in both directions. A mapping that leads to another uid than this one stays. */
  readonly tombstone: (kind: ObjectKind, id: string, uid: string) => Promise<void>;
  /** Removes the mapping in both directions without a tombstone, unless it leads to another uid. */
  readonly forget: (kind: ObjectKind, id: string, uid: string) => Promise<void>;
  /** Told of the key of every project and committee that is mapped, first of those that are already. */
  readonly onMapped: (callback: (key: MappingKey) => void) => Disposable;
  /** Keeps what is in memory up to date until `signal` aborts. */
  readonly watch: (signal: AbortSignal) => void;
}

/** What is followed of the bucket: the keys that others wait for. */
const watched = ["project.sfid.>", "committee.sfid.>"];

export function createMappings(bucket: Bucket, options: { readonly logger?: Logger } = {}): Mappings {
  const { logger } = options;
  const store: MappingStore = { bucket, memory: new MappingMemory(), logger };
  const { memory } = store;
  let isFilling = false;
  return {
    async read(kind, id, { fresh = false } = {}) {
      const known = fresh ? undefined : memory.mapping(kind, id);
      return known?.state === "mapped" ? known : (await readForward(store, kind, id)).mapping;
    },
    async ownerOf(kind, uid) {
      for (const id of [await ownerById(store, kind, uid), memory.idOf(kind, uid)]) {
        if (id !== undefined && (await isMappedTo(store, kind, id, uid))) return objectKey(kind, id).text;
      }
      if (isFilling && kind !== "member")
        throw natsUnavailable("The mappings are still being read; who owns an object is not known yet.");
      return undefined;
    },
    create: (kind, id, uid, more = {}) => createMapping(store, { kind, id, uid, more }),
    tombstone: (kind, id, uid) => tombstoneMapping(store, kind, id, uid),
    forget: (kind, id, uid) => forgetMapping(store, kind, id, uid),
    onMapped: (callback) => memory.onMapped(callback),
    watch(signal) {
      isFilling = true;
      const onCaughtUp = (): void => {
        isFilling = false;
      };
      const onRestart = (): void => memory.forgetAll();
      bucket.watch(watched, { signal, onCaughtUp, onRestart, onChange: (change) => learn(store, change) });
    },
  };
}

/** The id that the reverse mappings name. Old entries of members have it in the third place only. */
async function ownerById(store: MappingStore, kind: ObjectKind, uid: string): Promise<string | undefined> {
  const id = await ownerIn(store, kind, uid);
  if (id !== undefined || kind !== "member") return id;
  const entry = await store.bucket.get(bucketKeys.reverse(kind, uid));
  return entry === undefined ? undefined : parseReverse(kind, entry.value);
}

function learn(store: MappingStore, { key, value, revision }: Change): void {
  const parsedKey = parseForwardKey(key);
  if (parsedKey === undefined) return;
  const { kind, id } = parsedKey;
  const parsed = value === undefined ? ({ state: "absent" } as const) : parseForward(kind, value);
  if (parsed === "empty") warnOfEmpty(store, key);
  store.memory.learn(kind, id, parsed === "empty" ? { state: "absent" } : parsed, revision);
}
