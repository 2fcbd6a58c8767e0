// SPDX-License-Identifier: MIT
import type { ObjectKind } from "../records/object-key.ts";
import type { Mapping } from "./mapping-key.ts";
import type { V1Ids } from "./mappings.ts";

/** Written over a mapping when the object was deleted in v2; it keeps the object from being made again. */
export const tombstone = "!del";

/**
 * Reads the value of a forward key: `{uid}`, for members `{committeeUid}:{memberUid}` or the old `{memberUid}`.
 *
 * @returns `empty` for a value without a uid, which is as good as none
 */
export function parseForward(kind: ObjectKind, value: Uint8Array): Mapping | "empty" {
  const text = textOf(value);
  if (text === tombstone) return { state: "deleted" };
  const colon = kind === "member" ? text.indexOf(":") : -1;
  const uid = text.slice(colon + 1);
  const committeeUid = text.slice(0, Math.max(colon, 0));
  if (uid === "") return "empty";
  return committeeUid === "" ? { state: "mapped", uid } : { state: "mapped", uid, committeeUid };
}

export function formatForward(kind: ObjectKind, uid: string, committeeUid: string | undefined): string {
  return kind === "member" && committeeUid !== undefined ? `${committeeUid}:${uid}` : uid;
}

/**
 * Reads the v1 id of the object itself from the value of a reverse key: `{projectId}`, `{projectId}:{committeeId}`.
 * Of members: the third part of `{projectId}:{committeeId}:{contactId}`, which is the record's id in old entries only.
 */
export function parseReverse(kind: ObjectKind, value: Uint8Array): string | undefined {
  const text = textOf(value);
  if (text === "" || text === tombstone) return undefined;
  if (kind === "project") return text;
  const last = text.slice(text.lastIndexOf(":") + 1);
  return last === "" ? undefined : last;
}

export function formatReverse(kind: ObjectKind, id: string, ids: V1Ids): string {
  const { projectId = "", committeeId = "", contactId = "" } = ids;
  switch (kind) {
    case "project":
      return id;
    case "committee":
      return `${projectId}:${id}`;
    case "member":
      return `${projectId}:${committeeId}:${contactId}`;
  }
}

/** Reads the value of an owner key: that of `committee_member.record_sfid.{uid}` is the record's id. */
export function parseOwner(kind: ObjectKind, value: Uint8Array): string | undefined {
  return kind === "member" ? parseReverse("project", value) : parseReverse(kind, value);
}

export function textOf(value: Uint8Array): string {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString().trim();
}
