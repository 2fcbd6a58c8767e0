// SPDX-License-Identifier: MIT
import { type Evidence, mappedUid, type StateRecord, storedOf } from "./evidence.ts";
import { differences, expectedOf } from "./expected.ts";
import { type Kind, lastOf, type V1Object } from "./v1-object.ts";

/** What is wrong with one object: in v2, in its record, in how it ended. */
export function judgeObject(evidence: Evidence, object: V1Object): readonly string[] {
  const state = evidence.states.get(object.key);
  if (state === undefined) return ["has no record in v1-sync-state"];
  const newest = evidence.source.get(object.key)?.revision ?? Number.POSITIVE_INFINITY;
  if ((state.revision ?? 0) < newest)
    return [`its record is of revision ${state.revision}, and the newest is ${newest}`];
  return [...judgeRecord(object, state, newest), ...judgeFate(evidence, object, state)];
}

function judgeRecord({ fate }: V1Object, state: StateRecord, newest: number): readonly string[] {
  const { status, applied, reason } = state;
  if (status === "done") {
    const at = applied?.revision ?? 0;
    return at >= newest ? [] : [`is done at revision ${at}, and the newest is ${newest}`];
  }
  const told = `is ${status} (${reason?.code}: ${reason?.message})`;
  if (status === "dead") {
    const isExpected =
      fate === "unusable" || fate === "undeletable" || fate === "rival" || reason?.code === "taken";
    return isExpected ? [] : [told];
  }
  return status === "parked" && fate === "orphan" ? [] : [told];
}

function judgeFate(evidence: Evidence, object: V1Object, state: StateRecord): readonly string[] {
  const uid = mappedUid(evidence, object.kind, object.id);
  switch (object.fate) {
    case "alive":
      return state.status === "dead"
        ? judgeHalfRenamed(evidence, object, state)
        : judgeAlive(evidence, object, uid);
    case "deleted":
      return judgeDeleted(evidence, object, uid, state);
    case "undeletable":
      return judgeUndeletable(evidence, object, uid, state);
    case "unusable":
      return judgeUnusable(object, state);
    case "orphan":
      return judgeOrphan(object, uid, state);
    case "rival":
      return judgeRival(evidence, object, uid, state);
    case "resurrected":
      // v2 saw the deletion, or it did not.
      return state.reason?.code === "deleted_in_v2"
        ? judgeDeleted(evidence, object, uid, { status: "done", applied: { action: "deleted" } })
        : judgeAlive(evidence, object, uid);
  }
}

function judgeAlive(evidence: Evidence, object: V1Object, uid: string | undefined): readonly string[] {
  const { columns } = lastOf(object);
  if (columns === undefined) return ["has no columns: a mistake of the campaign"];
  if (uid === undefined || uid === "deleted")
    return [`is ${uid ?? "not mapped"} in v1-mappings, and alive in v1`];
  const stored = storedOf(evidence, object.kind, uid);
  if (stored === undefined) return [`is mapped to ${uid}, which v2 does not have`];
  const uidOf = (kind: Kind, id: string): string | undefined => mappedUid(evidence, kind, id);
  const { base, settings } = expectedOf(object.kind, columns, uidOf, evidence.v2.rootUid);
  const problems = [...differences(base, stored.data)];
  if (object.kind !== "member") {
    const own = evidence.v2.model.get(`${object.kind}-settings`, uid);
    problems.push(...(own === undefined ? ["has no settings"] : differences(settings, own.data)));
  }
  if (object.kind !== "project" || evidence.v2.model.uidOfSlug(String(base["slug"])) === uid) return problems;
  return isMovedBack(evidence, object) ? problems : [...problems, "its slug leads to another project"];
}

/**
 * Whether a PUT of before a rename that came after it, and was refused, moved the service's index back to the slug of
 * before: the service moves it before it looks at the ETag. The program does not know of it yet.
 */
export function isMovedBack(evidence: Evidence, { kind, id, revisions }: V1Object): boolean {
  const uid = kind === "project" ? mappedUid(evidence, kind, id) : undefined;
  if (uid === undefined) return false;
  const now = storedOf(evidence, kind, uid)?.data["slug"];
  const { model } = evidence.v2;
  if (typeof now !== "string" || model.uidOfSlug(now) !== undefined) return false;
  const slugs = revisions.map(({ columns }) => String(columns?.["slug__c"]).trim().toLowerCase());
  return slugs.some((slug) => slug !== now && model.uidOfSlug(slug) === uid);
}

/**
 * A rename that met a changed ETag has moved the service's index and is refused for ever: the service's defect, which a
 * person has to mend there. Nothing else makes a living object dead.
 */
function judgeHalfRenamed(evidence: Evidence, object: V1Object, state: StateRecord): readonly string[] {
  const uid = mappedUid(evidence, object.kind, object.id) ?? "";
  const wanted = String(lastOf(object).columns?.["slug__c"]).trim().toLowerCase();
  const isHalf =
    object.kind === "project" &&
    state.reason?.code === "taken" &&
    evidence.v2.model.uidOfSlug(wanted) === uid &&
    storedOf(evidence, "project", uid)?.data["slug"] !== wanted;
  return isHalf ? [] : [`is dead (${state.reason?.code}: ${state.reason?.message}) without cause`];
}

/** Whether the object is dead in that way. */
export function isHalfRenamed(evidence: Evidence, object: V1Object): boolean {
  const state = evidence.states.get(object.key);
  return (
    object.fate === "alive" &&
    state?.status === "dead" &&
    judgeHalfRenamed(evidence, object, state).length === 0
  );
}

function judgeDeleted(
  evidence: Evidence,
  { kind, key }: V1Object,
  uid: string | undefined,
  { status, applied, reason }: StateRecord,
): readonly string[] {
  if (status !== "done") return [];
  const writes = evidence.writes.filter(({ key: of }) => of === key).map(({ write }) => write);
  const wasMade = writes.some(({ method }) => method === "POST");
  // A member that was taken out of one committee and deleted before it came into the next: there is nothing to bury.
  const wasMoving = kind === "member" && writes.at(-1)?.method === "DELETE" && uid === undefined;
  if (!wasMade || (wasMoving && reason?.code === "never_in_v2"))
    return uid === undefined && reason?.code === "never_in_v2"
      ? []
      : [`was not in v2, is ${uid} in v1-mappings and ${reason?.code}`];
  if (uid !== "deleted") return [`was deleted in v1, and is ${uid ?? "not mapped"} in v1-mappings`];
  return applied?.action === "deleted"
    ? []
    : [`is ${applied?.action} (${reason?.code}), and the ${kind} was in v2`];
}

function judgeUndeletable(
  evidence: Evidence,
  { kind }: V1Object,
  uid: string | undefined,
  { status, reason }: StateRecord,
): readonly string[] {
  if (uid === undefined)
    return reason?.code === "never_in_v2" ? [] : [`was never made, and says ${reason?.code}`];
  const isThere = storedOf(evidence, kind, uid) !== undefined;
  const isRefused = status === "dead" && reason?.code === "refused_by_service";
  return isThere && isRefused ? [] : [`is ${status} (${reason?.code}); v2 ${isThere ? "has" : "lost"} it`];
}

function judgeUnusable(object: V1Object, { status, reason }: StateRecord): readonly string[] {
  const { bytes } = lastOf(object);
  const code =
    bytes === undefined ? "unusable_record" : bytes.length === 0 ? "empty_value" : "malformed_value";
  return status === "dead" && reason?.code === code
    ? []
    : [`is ${status} (${reason?.code}) and not dead (${code})`];
}

const parentColumns = {
  project: ["parent_project__c", "project.sfid"],
  committee: ["project_name__c", "project.sfid"],
  member: ["collaboration_name__c", "committee.sfid"],
} as const;

function judgeOrphan(
  object: V1Object,
  uid: string | undefined,
  { status, reason, waitsFor }: StateRecord,
): readonly string[] {
  const [column, prefix] = parentColumns[object.kind];
  const parent = `${prefix}.${String(lastOf(object).columns?.[column])}`;
  const isRight = status === "parked" && reason?.code === "parent_unmapped" && waitsFor?.includes(parent);
  return isRight && uid === undefined
    ? []
    : [`is ${status} (${reason?.code}) waiting for ${waitsFor?.join()}; mapped: ${uid}`];
}

/** The one that was first has the slug; the other says so. */
function judgeRival(
  evidence: Evidence,
  object: V1Object,
  uid: string | undefined,
  state: StateRecord,
): readonly string[] {
  if (state.status === "done") return judgeAlive(evidence, object, uid);
  const slug = String(lastOf(object).columns?.["slug__c"]).trim().toLowerCase();
  const holder = evidence.v2.model.uidOfSlug(slug);
  const isTold = state.status === "dead" && state.reason?.code === "taken";
  return isTold && uid === undefined && holder !== undefined
    ? []
    : [`is ${state.status} (${state.reason?.code}), mapped to ${uid}; its slug is ${holder}'s`];
}
