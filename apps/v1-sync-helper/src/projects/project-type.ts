// SPDX-License-Identifier: MIT
import { type Draftsheet, draftOf, type Part, planPost, planPuts, planRemoval } from "../objects/assemble.ts";
import { overlay } from "../objects/overlay.ts";
import type { Plan } from "../objects/plan.ts";
import { type Reading, speaksOf } from "../objects/table.ts";
import * as verdict from "../objects/verdict.ts";
import type { ObjectType, Resource, Subject, World } from "../objects/world.ts";
import type { V1Record } from "../records/v1-record.ts";
import { type Allowlists, refusalBy } from "./allowlist.ts";
import { findRelations, lookupsOf, parkForRelations, type Relations } from "./project-relations.ts";
import { addRequired, mendArchived, publicByRule, rootSlug } from "./project-rules.ts";
import { projectSettingsTable, projectTable } from "./project-table.ts";

/** Projects: `salesforce-project__c` of v1, `/projects` of v2. */
export function createProjectType(allowlists: Allowlists): ObjectType {
  return {
    kind: "project",
    plan: (subject, record, world) => planProject(subject, record, world, allowlists),
    planDelete: async ({ mapping }, world) =>
      mapping.state === "mapped"
        ? planRemoval(world, mapping.uid, basePart(mapping.uid), "end")
        : verdict.deletedInV2(),
  };
}

function basePart(uid: string): Part {
  return {
    service: "project",
    path: `/projects/${encodeURIComponent(uid)}`,
    readOnly: ["uid", "created_at", "updated_at"],
    table: projectTable,
  };
}

function settingsPart(uid: string): Part {
  const base = basePart(uid);
  return { ...base, path: `${base.path}/settings`, table: projectSettingsTable };
}

async function planProject(
  subject: Subject,
  record: V1Record,
  world: World,
  allowlists: Allowlists,
): Promise<Plan> {
  const { mapping } = subject;
  if (mapping.state === "deleted") return verdict.deletedInV2();
  const relations = await findRelations(subject, record, world);
  if ("action" in relations) return relations;
  return mapping.state === "mapped"
    ? planUpdate(subject, mapping.uid, record, relations, world)
    : planCreate(record, relations, world, allowlists);
}

async function planCreate(
  record: V1Record,
  relations: Relations,
  world: World,
  allowlists: Allowlists,
): Promise<Plan> {
  const overlaid = overlay({
    current: undefined,
    readOnly: [],
    record,
    table: [...projectTable, ...projectSettingsTable],
    lookups: await lookupsOf(relations, world),
  });
  const { body, problems } = overlaid;
  const { slug } = body;
  if (problems.length > 0 || typeof slug !== "string") return verdict.unusableRecord(problems);
  const refusal = await refusalBy(allowlists, slug, relations.parent, world);
  if (refusal !== undefined)
    return { action: "ignore", reason: { code: "not_allowlisted", message: refusal } };
  const parked = parkForRelations(relations);
  if (parked !== undefined) return parked;

  body["parent_uid"] ??= await world.rootUid();
  const remark = mendArchived(body, undefined);
  body["public"] = (await publicByRule(record, body, world)) ?? body["public"];
  addRequired(body);
  const remarks = remark === undefined ? relations.notes : [...relations.notes, remark];
  return planPost(
    { naturalKey: { kind: "project", slug } },
    { service: "project", path: "/projects" },
    overlaid,
    remarks,
  );
}

async function planUpdate(
  subject: Subject,
  uid: string,
  record: V1Record,
  relations: Relations,
  world: World,
): Promise<Plan> {
  const [base, settings] = [basePart(uid), settingsPart(uid)];
  const [current, currentSettings, lookups] = await Promise.all([
    world.get("project", base.path),
    speaksOf(settings.table, record.columns) ? world.get("project", settings.path) : undefined,
    lookupsOf(relations, world),
  ]);
  if (current === undefined) return verdict.missingInV2("The project");
  if (current.body["slug"] === rootSlug) return verdict.unusable(rootIsNotWritten);
  const draft = draftBase(base, current, record, lookups);
  if (draft.overlaid.problems.length > 0) return verdict.unusableRecord(draft.overlaid.problems);
  const parked = parkForRelations(relations);
  if (parked !== undefined) return parked;

  const isPublic = await publicByRule(record, draft.overlaid.body, world);
  const settled = await settleSlug(draft, uid, world, (fresh) => draftBase(base, fresh, record, lookups));
  if ("action" in settled) return settled;
  if (isPublic !== undefined) settled.overlaid.body["public"] = isPublic;
  const remarks = [...relations.notes, ...settled.remarks];
  if (!speaksOf(settings.table, record.columns)) return planPuts(subject, uid, [settled], remarks);
  if (currentSettings === undefined)
    return planPuts(subject, uid, [settled], [...remarks, "The project has no settings in v2: they stay so"]);
  return planPuts(subject, uid, [settled, draftOf(settings, currentSettings, record)], remarks);
}

const rootIsNotWritten = `The project is mapped to v2's ${rootSlug}, which cannot be written to: forget its mapping.`;

interface BaseDraft extends Draftsheet {
  readonly remarks: readonly string[];
}

function draftBase(
  part: Part,
  current: Resource,
  record: V1Record,
  lookups: ReadonlyMap<string, Reading>,
): BaseDraft {
  const draft = draftOf(part, current, record, lookups);
  const remark = mendArchived(draft.overlaid.body, current.body);
  addRequired(draft.overlaid.body);
  return { ...draft, remarks: remark === undefined ? [] : [remark] };
}

/**
 * Before a rename. The service moves the slug in its index before it looks at the ETag, so a rename that comes too late
 * is refused and half done: the ETag must be as fresh as can be.
 *
 * @param redraft makes the draft again from a newer GET
 */
async function settleSlug(
  draft: BaseDraft,
  uid: string,
  world: World,
  redraft: (fresh: Resource) => BaseDraft,
): Promise<BaseDraft | verdict.Refusal> {
  const { slug } = draft.overlaid.body;
  if (slug === draft.current.body["slug"] || typeof slug !== "string") return draft;
  const [holder, indexed] = await Promise.all([world.find({ kind: "project", slug }), world.uidOfSlug(slug)]);
  if (holder !== undefined && holder !== uid) return slugTaken(slug, false);
  const fresh = await world.get("project", draft.part.path);
  if (fresh === undefined) return verdict.missingInV2("The project");
  return indexed === uid && fresh.body["slug"] !== slug ? slugTaken(slug, true) : redraft(fresh);
}

function slugTaken(slug: string, isOurs: boolean): verdict.Refusal {
  const message = isOurs
    ? `An earlier rename to ${slug} was carried out by half, and v2 refuses another: remove the key slug/${slug} from its bucket "projects", then retry.`
    : `The slug ${slug} belongs to another project in v2: give one of the two another slug.`;
  return { action: "refuse", reason: { code: "taken", message } };
}
