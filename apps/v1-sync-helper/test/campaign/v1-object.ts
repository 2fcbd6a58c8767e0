// SPDX-License-Identifier: MIT

export type Kind = "project" | "committee" | "member";

/** A row of v1, as it stands in the bucket. */
export type Columns = Readonly<Record<string, string | boolean | null>>;

/** One change of a row in v1. */
export interface Revision {
  /** 1, 2, … */
  readonly number: number;
  /**
   * Stands in a text field of what is sent to v2, so that every write can be told: the number, or that of the revision
   * that this one goes back to.
   */
  readonly mark: number;
  readonly form: "json" | "msgpack" | "del" | "purge" | "bytes";
  /** Absent for marks and for bytes that are no record. */
  readonly columns?: Columns;
  readonly bytes?: Uint8Array;
  /** Whether v1 deletes the row with it. */
  readonly isDelete: boolean;
}

/**
 * How it has to end:
 * - `alive`: in v2, as the last revision says
 * - `deleted`: not in v2
 * - `undeletable`: deleted in v1; v2 keeps projects that are not financed by the crowd
 * - `unusable`: the last revision cannot be sent
 * - `orphan`: its parent never comes
 * - `rival`: wants the slug of another, and one of the two gets it
 * - `resurrected`: deleted and alive again; whether v2 saw the deletion in between is chance
 */
export type Fate = "alive" | "deleted" | "undeletable" | "unusable" | "orphan" | "rival" | "resurrected";

export interface V1Object {
  readonly kind: Kind;
  readonly id: string;
  /** In `v1-objects`. */
  readonly key: string;
  readonly fate: Fate;
  readonly revisions: readonly Revision[];
}

const streams = {
  project: "salesforce-project__c",
  committee: "platform-collaboration__c",
  member: "platform-community__c",
} as const;

export function v1Key(kind: Kind, id: string): string {
  return `${streams[kind]}.${id}`;
}

/** The text that tells which revision of which row a write to v2 is of. */
export function trace(key: string, mark: number): string {
  return `${key} r${mark}`;
}

/** Reads {@link trace}; `undefined` for any other text. */
export function parseTrace(text: unknown): { readonly key: string; readonly mark: number } | undefined {
  const found = typeof text === "string" ? /^(\S+) r(\d+)(?: |$)/.exec(text) : null;
  return found === null ? undefined : { key: found[1] ?? "", mark: Number(found[2]) };
}

/** @throws {Error} for an object without revisions */
export function lastOf({ key, revisions }: V1Object): Revision {
  const last = revisions.at(-1);
  if (last === undefined) throw new Error(`${key} has no revision`);
  return last;
}
