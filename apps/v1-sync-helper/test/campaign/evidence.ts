// SPDX-License-Identifier: MIT
import type { LfxV2, ResourceKind, StoredObject, Write } from "@repo/testkit/lfx-v2";
import { type Newest, readBucket } from "./buckets.ts";
import type { Window } from "./disturber.ts";
import type { Platform } from "./platform.ts";
import { type Kind, parseTrace, type V1Object } from "./v1-object.ts";

/** Members of a record of `v1-sync-state` that are judged. */
export interface StateRecord {
  readonly status?: string;
  readonly revision?: number;
  readonly nextAt?: string;
  readonly waitsFor?: readonly string[];
  readonly crashes?: number;
  readonly reason?: { readonly code?: string; readonly message?: string };
  readonly applied?: { readonly revision?: number; readonly action?: string; readonly uid?: string };
}

/** A write to v2 and the row whose it is; `mark` where the body has one. */
export interface TracedWrite {
  readonly write: Write;
  readonly key: string | undefined;
  readonly mark: number | undefined;
}

/** All that is looked at in the end. */
export interface Evidence {
  readonly objects: readonly V1Object[];
  readonly v2: LfxV2;
  /** `v1-objects`. */
  readonly source: ReadonlyMap<string, Newest>;
  readonly mappings: ReadonlyMap<string, Newest>;
  /** By the key of `v1-objects`. */
  readonly states: ReadonlyMap<string, StateRecord>;
  readonly writes: readonly TracedWrite[];
  readonly lookupFaults: readonly Window[];
}

export async function readStates(platform: Platform): Promise<ReadonlyMap<string, StateRecord>> {
  const entries = await readBucket(platform.connection, "v1-sync-state");
  return new Map(
    [...entries].flatMap(([key, { value }]) =>
      key.startsWith("object.") && value !== undefined
        ? [[key.slice("object.".length), parseState(value)]]
        : [],
    ),
  );
}

/** What is no object is judged as a record without an outcome. */
function parseState(text: string): StateRecord {
  const value: unknown = JSON.parse(text);
  return typeof value === "object" && value !== null ? value : {};
}

export async function collectEvidence(
  platform: Platform,
  objects: readonly V1Object[],
  lookupFaults: readonly Window[],
): Promise<Evidence> {
  const { connection, v2 } = platform;
  await v2.settled();
  return {
    objects,
    v2,
    source: await readBucket(connection, "v1-objects"),
    mappings: await readBucket(connection, "v1-mappings"),
    states: await readStates(platform),
    writes: traceWrites(v2.record.writes),
    lookupFaults,
  };
}

/** Settings and deletes are told by the object that they belong to. */
function traceWrites(writes: readonly Write[]): readonly TracedWrite[] {
  const keyOfUid = new Map<string, string>();
  return writes.map((write) => {
    const { body, uid } = write;
    const found = parseTrace(body?.["description"] ?? body?.["job_title"] ?? body?.["mission_statement"]);
    if (found !== undefined) keyOfUid.set(uid, found.key);
    return { write, key: found?.key ?? keyOfUid.get(uid), mark: found?.mark };
  });
}

export const resourceOf = {
  project: "project",
  committee: "committee",
  member: "committee-member",
} as const satisfies Record<Kind, ResourceKind>;

const mappingPrefix = { project: "project", committee: "committee", member: "committee_member" } as const;

export const mappingKeys = {
  forward: (kind: Kind, id: string) => `${mappingPrefix[kind]}.sfid.${id}`,
  reverse: (kind: Kind, uid: string) => `${mappingPrefix[kind]}.uid.${uid}`,
  memberOwner: (uid: string) => `committee_member.record_sfid.${uid}`,
} as const;

/** The uid that v1's object is mapped to; `"deleted"` for a tombstone. */
export function mappedUid({ mappings }: Evidence, kind: Kind, id: string): string | undefined {
  const value = mappings.get(mappingKeys.forward(kind, id))?.value;
  if (value === "!del") return "deleted";
  return value?.slice(value.indexOf(":") + 1);
}

export function storedOf({ v2 }: Evidence, kind: Kind, uid: string): StoredObject | undefined {
  return v2.model.get(resourceOf[kind], uid);
}
