// SPDX-License-Identifier: MIT
import { escapeKey, unescapeKey } from "../nats/key.ts";
import { type ObjectKind, objectKinds } from "../records/object-key.ts";

const prefixOfKind = {
  project: "project",
  committee: "committee",
  member: "committee_member",
} as const satisfies Record<ObjectKind, string>;

/**
 * The keys of `v1-mappings`. Ids that a bucket cannot hold are escaped, which other readers of the bucket do not know;
 * Salesforce ids and UUIDs never need it.
 */
export const bucketKeys = {
  /** v1 id → v2 uid, e.g. `project.sfid.a0941000002wBz4AAE`. */
  forward: (kind: ObjectKind, id: string): string => `${prefixOfKind[kind]}.sfid.${escapeKey(id)}`,
  /** v2 uid → v1 ids, e.g. `committee.uid.3f2c…`. */
  reverse: (kind: ObjectKind, uid: string): string => `${prefixOfKind[kind]}.uid.${escapeKey(uid)}`,
  /** v2 uid → the id of the v1 record. Members have a key of their own for it. */
  owner: (kind: ObjectKind, uid: string): string =>
    kind === "member" ? `committee_member.record_sfid.${escapeKey(uid)}` : bucketKeys.reverse(kind, uid),
} as const;

/** What {@link bucketKeys.forward} made the key of. */
export function parseForwardKey(key: string): { readonly kind: ObjectKind; readonly id: string } | undefined {
  for (const kind of objectKinds) {
    const prefix = `${prefixOfKind[kind]}.sfid.`;
    if (key.startsWith(prefix)) return { kind, id: unescapeKey(key.slice(prefix.length)) };
  }
  return undefined;
}
