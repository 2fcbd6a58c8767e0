// SPDX-License-Identifier: MIT
import type { ObjectKind } from "../records/object-key.ts";

/** A key of the bucket `v1-mappings` that leads from a v1 id to a v2 uid, e.g. `project.sfid.a0941000002wBz4AAE`. */
export type MappingKey = `${"project" | "committee" | "committee_member"}.sfid.${string}`;

const prefixOfKind = {
  project: "project",
  committee: "committee",
  member: "committee_member",
} as const satisfies Record<ObjectKind, string>;

export function mappingKey(kind: ObjectKind, id: string): MappingKey {
  return `${prefixOfKind[kind]}.sfid.${id}`;
}

/** What `v1-mappings` says of a v1 object. A member's holds its committee, unless it is of the old form. */
export type Mapping =
  | { readonly state: "absent" }
  | { readonly state: "mapped"; readonly uid: string; readonly committeeUid?: string }
  /** The object was deleted in v2; the value is the tombstone `!del`. */
  | { readonly state: "deleted" };
