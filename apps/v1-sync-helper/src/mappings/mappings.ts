// SPDX-License-Identifier: MIT
import type { ObjectKind } from "../records/object-key.ts";
import type { Mapping, MappingKey } from "./mapping-key.ts";

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
  /** The v1 key (as in `v1-objects`) of the object that is mapped to this uid, if any. */
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
