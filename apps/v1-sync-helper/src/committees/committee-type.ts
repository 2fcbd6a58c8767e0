// SPDX-License-Identifier: MIT
import { draftOf, type Part, planPost, planPuts, planRemoval } from "../objects/assemble.ts";
import { overlay } from "../objects/overlay.ts";
import type { Plan } from "../objects/plan.ts";
import { type Reading, speaksOf } from "../objects/table.ts";
import * as verdict from "../objects/verdict.ts";
import type { ObjectType, Subject, World } from "../objects/world.ts";
import type { JsonObject } from "../records/json.ts";
import type { V1Record } from "../records/v1-record.ts";
import { committeeSettingsTable, committeeTable, projectColumn } from "./committee-table.ts";

/** Committees: `platform-collaboration__c` of v1, `/committees` of v2. */
export function createCommitteeType(): ObjectType {
  return {
    kind: "committee",
    plan: planCommittee,
    planDelete: async ({ mapping }, world) => {
      if (mapping.state !== "mapped") return verdict.deletedInV2();
      const parked = verdict.parkWithoutService(world, "committee");
      return parked ?? planRemoval(world, mapping.uid, basePart(mapping.uid), "end");
    },
  };
}

function basePart(uid: string): Part {
  return {
    service: "committee",
    path: `/committees/${encodeURIComponent(uid)}`,
    readOnly: [
      "uid",
      "project_name",
      "sso_group_name",
      "total_members",
      "total_voting_repos",
      "has_mailing_list",
      "created_at",
      "updated_at",
    ],
    table: committeeTable,
    defaults: { join_mode: "invite_only" },
  };
}

function settingsPart(uid: string): Part {
  return {
    service: "committee",
    path: `/committees/${encodeURIComponent(uid)}/settings`,
    readOnly: ["uid", "has_chat_webhook", "created_at", "updated_at"],
    table: committeeSettingsTable,
    defaults: { member_visibility: "hidden" },
  };
}

async function planCommittee(subject: Subject, record: V1Record, world: World): Promise<Plan> {
  const { mapping } = subject;
  if (mapping.state === "deleted") return verdict.deletedInV2();
  const parked = verdict.parkWithoutService(world, "committee");
  if (parked !== undefined) return parked;
  const project = await verdict.findParent(record, projectColumn, "project", world);
  if (project.is === "no id") return verdict.parentWithoutId(projectColumn);
  if (project.is === "deleted") return verdict.parentDeleted(projectColumn, project.id);
  if (project.is === "none" || (project.is === "absent" && mapping.state === "absent"))
    return verdict.unusable(
      `${projectColumn} is ${project.is === "none" ? "empty" : "missing"}: name the committee's project in v1.`,
    );
  return mapping.state === "mapped"
    ? planUpdate(subject, mapping.uid, record, project, world)
    : planCreate(record, project);
}

function lookupsOf(project: verdict.Parent): ReadonlyMap<string, Reading> {
  return new Map(project.is === "mapped" ? [["project_uid", verdict.given(project.uid)]] : []);
}

function planCreate(record: V1Record, project: verdict.Parent): Plan {
  const overlaid = overlay({
    current: undefined,
    readOnly: [],
    record,
    table: [...committeeTable, ...committeeSettingsTable],
    lookups: lookupsOf(project),
  });
  const { body, problems } = overlaid;
  const { name } = body;
  if (problems.length > 0 || typeof name !== "string") return verdict.unusableRecord(problems);
  if (project.is !== "mapped") return verdict.parkUntil(project.is === "unmapped" ? [project.key] : []);
  const remarks = record.read(["type__c"])?.value ? [] : ["type__c is empty: category is sent as Other"];
  const projectId = verdict.idIn(record, projectColumn);
  const identity = {
    naturalKey: { kind: "committee", projectUid: project.uid, name },
    ids: projectId === undefined ? {} : { projectId },
  } as const;
  return planPost(identity, { service: "committee", path: "/committees" }, overlaid, remarks);
}

async function planUpdate(
  subject: Subject,
  uid: string,
  record: V1Record,
  project: verdict.Parent,
  world: World,
): Promise<Plan> {
  const [base, settings] = [basePart(uid), settingsPart(uid)];
  const hasSettings = speaksOf(settings.table, record.columns);
  const [current, currentSettings] = await Promise.all([
    world.get("committee", base.path),
    hasSettings ? world.get("committee", settings.path) : undefined,
  ]);
  if (current === undefined) return verdict.missingInV2("The committee");
  const draft = draftOf(base, current, record, lookupsOf(project));
  if (draft.overlaid.problems.length > 0) return verdict.unusableRecord(draft.overlaid.problems);
  if (project.is === "unmapped") return verdict.parkUntil([project.key]);
  const remarks = remarksOnMove(current.body, draft.overlaid.body);
  if (!hasSettings) return planPuts(subject, uid, [draft], remarks);
  if (currentSettings === undefined)
    return planPuts(subject, uid, [draft], [...remarks, "The committee has no settings in v2: they stay so"]);
  return planPuts(subject, uid, [draft, draftOf(settings, currentSettings, record)], remarks);
}

/** The service moves a name's reservation with the name and not with the project. */
function remarksOnMove(from: JsonObject, to: JsonObject): readonly string[] {
  if (from["project_uid"] === to["project_uid"] || from["name"] !== to["name"]) return [];
  return [
    "The committee moves to another project: v2 keeps its name reserved in the old one and does not reserve it in the new one, until the committee is renamed",
  ];
}
