// SPDX-License-Identifier: MIT

import { mappingKey } from "../mappings/mapping-key.ts";
import type { V1Ids } from "../mappings/mappings.ts";
import { draftOf, type Part, planPost, planPuts, planRemoval } from "../objects/assemble.ts";
import type { Draft } from "../objects/field-path.ts";
import { type Overlaid, overlay } from "../objects/overlay.ts";
import type { Plan } from "../objects/plan.ts";
import type { Reading } from "../objects/table.ts";
import * as verdict from "../objects/verdict.ts";
import type { ObjectType, Subject, World } from "../objects/world.ts";
import { isJsonObject, type JsonObject } from "../records/json.ts";
import type { V1Record } from "../records/v1-record.ts";
import { committeeColumn, memberTable, personColumn, projectColumn } from "./member-table.ts";
import { findPersonAndOrganization } from "./person-and-organization.ts";

/** Members of committees: `platform-community__c` of v1, `/committees/{uid}/members` of v2. */
export function createMemberType(): ObjectType {
  return { kind: "member", plan: planMember, planDelete: planMemberDelete };
}

function membersPath(committeeUid: string): string {
  return `/committees/${encodeURIComponent(committeeUid)}/members?v=1`;
}

function memberPart(committeeUid: string, uid: string): Part {
  return {
    service: "committee",
    path: `/committees/${encodeURIComponent(committeeUid)}/members/${encodeURIComponent(uid)}?v=1`,
    readOnly: ["uid", "committee_uid", "committee_name", "committee_category", "created_at", "updated_at"],
    table: memberTable,
    defaults: { "role.name": "None", "voting.status": "None", appointed_by: "None", status: "Active" },
  };
}

async function planMember(subject: Subject, record: V1Record, world: World): Promise<Plan> {
  const { mapping } = subject;
  if (mapping.state === "deleted") return verdict.deletedInV2();
  const parked = verdict.parkWithoutService(world, "committee");
  if (parked !== undefined) return parked;
  const committee = await verdict.findParent(record, committeeColumn, "committee", world);
  if (committee.is === "no id") return verdict.parentWithoutId(committeeColumn);
  if (committee.is === "deleted") return verdict.parentDeleted(committeeColumn, committee.id);
  if (committee.is === "unmapped") return unusableNew(record) ?? verdict.parkUntil([committee.key]);
  const isMapped = mapping.state === "mapped";
  const home = isMapped ? mapping.committeeUid : undefined;
  const target = committee.is === "mapped" ? committee.uid : home;
  if (committee.is === "none" || target === undefined)
    return verdict.unusable(
      `${committeeColumn} is ${committee.is === "none" ? "empty" : "missing"}: name the member's committee in v1.`,
    );
  const lookups = await findPersonAndOrganization(record, world);
  if (!isMapped) return planCreate(record, target, lookups);
  if (home === undefined || home === target)
    return planUpdate(subject, memberPart(target, mapping.uid), mapping.uid, record, lookups, world);
  // What could not be created there must not be deleted here.
  const arrival = planCreate(record, target, lookups);
  return arrival.action === "create"
    ? planRemoval(world, mapping.uid, memberPart(home, mapping.uid), "create")
    : arrival;
}

function newMember(record: V1Record, lookups?: ReadonlyMap<string, Reading>): Overlaid {
  const options = { current: undefined, readOnly: [], record, table: memberTable };
  return overlay(lookups === undefined ? options : { ...options, lookups });
}

/** A record that can never be sent is told at once, and not when its committee is there. */
function unusableNew(record: V1Record): verdict.Refusal | undefined {
  const { problems } = newMember(record);
  return problems.length === 0 ? undefined : verdict.unusableRecord(problems);
}

function planCreate(record: V1Record, committeeUid: string, lookups: ReadonlyMap<string, Reading>): Plan {
  const overlaid = newMember(record, lookups);
  const { body, problems } = overlaid;
  const { email } = body;
  if (problems.length > 0 || typeof email !== "string") return verdict.unusableRecord(problems);
  prune(body);
  const identity = { naturalKey: { kind: "member", committeeUid, email }, ids: idsOf(record) } as const;
  return planPost(identity, { service: "committee", path: membersPath(committeeUid) }, overlaid);
}

function idsOf(record: V1Record): V1Ids {
  const projectId = verdict.idIn(record, projectColumn);
  const committeeId = verdict.idIn(record, committeeColumn);
  const contactId = verdict.idIn(record, personColumn);
  return {
    ...(projectId !== undefined && { projectId }),
    ...(committeeId !== undefined && { committeeId }),
    ...(contactId !== undefined && { contactId }),
  };
}

async function planUpdate(
  subject: Subject,
  part: Part,
  uid: string,
  record: V1Record,
  lookups: ReadonlyMap<string, Reading>,
  world: World,
): Promise<Plan> {
  const current = await world.get("committee", part.path);
  if (current === undefined) return verdict.missingInV2("The member");
  const draft = draftOf(part, current, record, withoutNamesOf(current.body, record, lookups));
  if (draft.overlaid.problems.length > 0) return verdict.unusableRecord(draft.overlaid.problems);
  prune(draft.overlaid.body);
  return planPuts(subject, uid, [draft], []);
}

/** The names of the one who had the address before are not kept for one whom nobody knows. */
function withoutNamesOf(
  current: JsonObject,
  record: V1Record,
  lookups: ReadonlyMap<string, Reading>,
): ReadonlyMap<string, Reading> {
  const { email } = newMember(record).body;
  const before = current["email"];
  if (typeof email !== "string" || typeof before !== "string") return lookups;
  if (email.toLowerCase() === before.toLowerCase() || lookups.get("first_name")?.is !== "left")
    return lookups;
  const why = "is nobody that v1 knows, and the e-mail address is another: it is emptied";
  const emptied = ["username", "first_name", "last_name"].map(
    (field) => [field, { is: "cleared", why }] as const,
  );
  return new Map<string, Reading>([...lookups, ...emptied]);
}

/**
 * Takes away what says nothing and would be refused: a committee that votes takes no `voting` whose status is None,
 * and an object without a status counts as None. A role says something by its name only, or by the dates beside None.
 */
function prune(body: Draft): void {
  const { role, voting, organization } = body;
  if (!isJsonObject(voting) || (voting["status"] ?? "None") === "None") delete body["voting"];
  if (!isJsonObject(role) || !role["name"]) delete body["role"];
  else if (role["name"] === "None" && !role["start_date"] && !role["end_date"]) delete body["role"];
  if (!isJsonObject(organization) || !Object.values(organization).some(Boolean)) delete body["organization"];
}

async function planMemberDelete(
  { key, mapping }: Subject,
  world: World,
  record: V1Record | undefined,
): Promise<Plan> {
  if (mapping.state !== "mapped") return verdict.deletedInV2();
  const parked = verdict.parkWithoutService(world, "committee");
  if (parked !== undefined) return parked;
  const { uid, committeeUid } = mapping;
  if (committeeUid !== undefined) return planRemoval(world, uid, memberPart(committeeUid, uid), "end");
  // A mapping of the old form names the member only, and v2 shows a member only below its committee.
  const committee =
    record === undefined ? undefined : await verdict.findParent(record, committeeColumn, "committee", world);
  if (committee?.is === "mapped") return planRemoval(world, uid, memberPart(committee.uid, uid), "end");
  // Members of a committee that is gone can be seen by nobody.
  if (committee?.is === "deleted") return { action: "delete", uid, next: "end" };
  return verdict.unusable(
    `The mapping ${mappingKey("member", key.id)} names no committee, nor does the record: write {committee uid}:{member uid} into it, then retry.`,
  );
}
