// SPDX-License-Identifier: MIT

/** The kinds of v1 records that are kept in step with v2. */
export const objectKinds = ["project", "committee", "member"] as const;
export type ObjectKind = (typeof objectKinds)[number];

/** The Singer stream of each kind: the part of a key before its first dot. */
export const streamOfKind = {
  project: "salesforce-project__c",
  committee: "platform-collaboration__c",
  member: "platform-community__c",
} as const satisfies Record<ObjectKind, string>;

/** A key of the bucket `v1-objects`: `{stream}.{id}`, e.g. `salesforce-project__c.a0941000002wBz4AAE`. */
export interface ObjectKey {
  readonly kind: ObjectKind;
  /** v1's own id: a Salesforce id or a UUID, opaque here. */
  readonly id: string;
  /** The whole key, as it stands in the bucket. */
  readonly text: string;
}

const kindOfStream = new Map<string, ObjectKind>(objectKinds.map((kind) => [streamOfKind[kind], kind]));

/** @returns `undefined` for keys of streams that are extracted and not published, and for keys without an id */
export function parseObjectKey(text: string): ObjectKey | undefined {
  const dot = text.indexOf(".");
  const kind = dot < 0 ? undefined : kindOfStream.get(text.slice(0, dot));
  const id = text.slice(dot + 1);
  return kind === undefined || id === "" ? undefined : { kind, id, text };
}

export function objectKey(kind: ObjectKind, id: string): ObjectKey {
  return { kind, id, text: `${streamOfKind[kind]}.${id}` };
}
