// SPDX-License-Identifier: MIT
import type { Mapping } from "../mappings/mapping-key.ts";
import type { JsonObject } from "../records/json.ts";
import type { ObjectKey, ObjectKind } from "../records/object-key.ts";
import type { V1Record } from "../records/v1-record.ts";
import type { NaturalKey, Plan, SentDigest, ServiceName } from "./plan.ts";

/** A person of v1, as the user service knows them. */
export interface Person {
  readonly username: string;
  readonly email?: string;
  readonly firstName?: string;
  readonly lastName?: string;
}

export interface Organization {
  readonly id: string;
  readonly name?: string;
  /** A host name. */
  readonly domain?: string;
}

/** What a GET gave. */
export interface Resource {
  readonly body: JsonObject;
  /** Verbatim. */
  readonly etag: string;
}

/**
 * All that making a plan may ask. Nothing here changes anything. A method that cannot know throws `UnavailableError`;
 * `undefined` means that it certainly is not there.
 */
export interface World {
  /** Whether the service's address is set. */
  readonly hasService: (service: ServiceName) => boolean;
  readonly mapping: (kind: ObjectKind, id: string) => Promise<Mapping>;
  /** The v1 key that a uid of v2 is mapped from, if any. */
  readonly ownerOf: (kind: ObjectKind, uid: string) => Promise<string | undefined>;
  /** GET as the service's own principal; `undefined` on 404. */
  readonly get: (service: ServiceName, path: string) => Promise<Resource | undefined>;
  /** The uid of the object that has this natural key in v2. */
  readonly find: (naturalKey: NaturalKey) => Promise<string | undefined>;
  /** The uid that v2's index of slugs names, even of a project that has another slug or is gone. */
  readonly uidOfSlug: (slug: string) => Promise<string | undefined>;
  /** The uid of v2's project `ROOT`. */
  readonly rootUid: () => Promise<string>;
  /** The slug of a project of v2. */
  readonly slugOf: (projectUid: string) => Promise<string | undefined>;
  /** `undefined`: v1 knows nobody of that id. */
  readonly person: (id: string) => Promise<Person | undefined>;
  readonly organization: (id: string) => Promise<Organization | undefined>;
}

/** One object about which a plan is made. */
export interface Subject {
  readonly key: ObjectKey;
  readonly mapping: Mapping;
  /** What was last carried through, for the fields that v2 never gives back. */
  readonly applied: { readonly sent?: SentDigest } | undefined;
  /** Plan the write even when nothing would change: an earlier one may still be carried out. */
  readonly mustWrite: boolean;
}

/** A kind of object: its mapping table and what follows from it. */
export interface ObjectType {
  readonly kind: ObjectKind;
  /** The plan for a record that is alive in v1. */
  readonly plan: (subject: Subject, record: V1Record, world: World) => Promise<Plan>;
  /**
   * The plan for a record that is deleted in v1 and mapped; `mapping.state` is `mapped`. `record` is what a soft delete
   * left, which names the committee of a member whose mapping does not.
   */
  readonly planDelete: (subject: Subject, world: World, record?: V1Record) => Promise<Plan>;
}
