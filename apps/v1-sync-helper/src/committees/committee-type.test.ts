// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import type { Plan } from "../objects/plan.ts";
import type { JsonObject } from "../records/json.ts";
import { appliedWith, expectPlan, FakeWorld, recordOf, subjectOf } from "../testing/fake-world.ts";
import { UnavailableError } from "../unavailable-error.ts";
import { createCommitteeType } from "./committee-type.ts";

const type = createCommitteeType();
const id = "5f0c3a3e-0000-4000-8000-000000000001";
const projectId = "a0941000002AbCdAAE";
const projectUid = "22222222-2222-4222-8222-222222222222";
const uid = "44444444-4444-4444-8444-444444444444";
const path = `/committees/${uid}`;
const settingsPath = `${path}/settings`;
const both = "Technical Oversight Committee/Technical Advisory Committee";

function worldWithProject(): FakeWorld {
  return new FakeWorld().map("project", projectId, projectUid);
}

const minimal = { mailing_list__c: "Example TAC", project_name__c: projectId, type__c: "Other" };

function create(columns: JsonObject, world = worldWithProject()): Promise<Plan> {
  return type.plan(subjectOf("committee", id), recordOf(columns), world);
}

async function created(columns: JsonObject) {
  return expectPlan(await create({ ...minimal, ...columns }), "create");
}

const inV2 = {
  uid,
  project_uid: projectUid,
  project_name: "Example",
  name: "Example TAC",
  category: "Other",
  enable_voting: true,
  sso_group_enabled: true,
  sso_group_name: "example-example-tac",
  requires_review: true,
  public: false,
  calendar: { public: true },
  join_mode: "open",
  has_mailing_list: false,
  total_members: 7,
  parent_uid: "55555555-5555-4555-8555-555555555555",
  scope: ["A scope"],
};

interface Update {
  readonly current?: JsonObject;
  readonly sent?: string;
  readonly mustWrite?: boolean;
  readonly world?: FakeWorld;
}

function update(
  columns: JsonObject,
  { current = inV2, sent, mustWrite = false, world = worldWithProject() }: Update = {},
) {
  world.hold(path, current);
  const more = sent === undefined ? { mustWrite } : { mustWrite, applied: appliedWith(sent) };
  return type.plan(subjectOf("committee", id, { state: "mapped", uid }, more), recordOf(columns), world);
}

async function updated(columns: JsonObject, options?: Update) {
  const plan = expectPlan(await update(columns, options), "update");
  return { ...plan, body: plan.calls[0].body ?? {}, changes: plan.calls[0].changes };
}

describe("the user's table, and the names of the real service", () => {
  test.for([
    ["mailing_list__c", "Example WG", { name: "Example WG" }],
    ["project_name__c", projectId, { project_uid: projectUid }],
    ["description__c", "A demo", { description: "A demo" }],
    ["enable_voting__c", true, { enable_voting: true }],
    ["is_audit", true, { is_audit: true }],
    ["type__c", "Board", { type: "Board", category: "Board" }],
    ["public_enabled", true, { public: true }],
    [
      "committee_website__c",
      "example.org/tac",
      { website: "https://example.org/tac", website_url: "https://example.org/tac" },
    ],
    ["sso_group_enabled", true, { sso_group_enabled: true }],
    ["sso_group_name", "example-tac", { sso_group_name: "example-tac" }],
    ["public_name", "TAC", { display_name: "TAC", public_name: "TAC" }],
    ["committee_id", "c-1", { committee_id: "c-1" }],
    ["business_email_required__c", true, { business_email_required: true }],
    ["join_mode", "application", { join_mode: "application" }],
    ["mailing_list_email", " tac@lists.example.org ", { mailing_list: "tac@lists.example.org" }],
    ["chat_channel", "#tac", { chat_channel: "#tac" }],
    ["createddate", "2020-01-01", { created_at: "2020-01-01T00:00:00Z" }],
    ["lastmodifieddate", "2025-12-01T10:00:00", { updated_at: "2025-12-01T10:00:00Z" }],
  ] as const)("%s %j", async ([column, value, expected], { expect }) => {
    const { call, notes } = await created({ [column]: value });
    expect(call.body).toMatchObject(expected);
    expect(notes).toEqual([]);
  });
});

test("a committee is created as the original's description shows", async ({ expect }) => {
  const columns = {
    sfid: id,
    mailing_list__c: "Example TAC",
    project_name__c: projectId,
    type__c: both,
    enable_voting__c: true,
    public_enabled: true,
    public_name: "TAC",
    committee_website__c: "https://example.org/tac",
    lastmodifiedbyid: "platform",
  };
  const plan = expectPlan(await create(columns), "create");
  expect(plan.naturalKey).toEqual({ kind: "committee", projectUid, name: "Example TAC" });
  expect(plan.ids).toEqual({ projectId });
  expect(plan.call).toMatchObject({ service: "committee", method: "POST", path: "/committees" });
  expect(plan.call.body).toEqual({
    project_uid: projectUid,
    name: "Example TAC",
    category: "Technical Advisory Committee",
    website: "https://example.org/tac",
    enable_voting: true,
    sso_group_enabled: false,
    requires_review: false,
    public: true,
    display_name: "TAC",
    business_email_required: false,
    // v1's own names, which the service takes and never gives back
    type: both,
    website_url: "https://example.org/tac",
    public_name: "TAC",
  });
});

describe("the category", () => {
  test.for([
    [both, "Example TAC", "Technical Advisory Committee"],
    [both, "The Advisory Group", "Technical Advisory Committee"],
    [both, "Stacked", "Technical Advisory Committee"],
    [both, "Example TOC", "Technical Oversight Committee"],
    ["Newsletter", "Any", "Newsletter"],
    ["Marketing Committee/Sub Committee", "Any", "Marketing Committee/Sub Committee"],
    [" Board ", "Any", "Board"],
  ] as const)("%s of %s is %s", async ([type__c, mailing_list__c, category], { expect }) => {
    const { call, notes } = await created({ type__c, mailing_list__c });
    expect(call.body?.["category"]).toBe(category);
    expect(notes).toEqual([]);
  });

  test("any other is Other, with a remark", async ({ expect }) => {
    const { call, notes } = await created({ type__c: "board" });
    expect(call.body?.["category"]).toBe("Other");
    expect(notes).toEqual(['type__c "board" is none of v2\'s categories: sent as Other']);
  });

  test.for([[null], [""], [undefined]])(
    "a type of %j is Other, with a remark",
    async ([type__c], { expect }) => {
      const { type__c: _, ...rest } = minimal;
      const plan = expectPlan(await create(type__c === undefined ? rest : { ...rest, type__c }), "create");
      expect(plan.call.body?.["category"]).toBe("Other");
      expect(plan.notes).toEqual([expect.stringMatching(/type__c is empty/)]);
    },
  );

  test("goes by the name that v2 has when the record does not tell one", async ({ expect }) => {
    const { body } = await updated({ type__c: both });
    expect(body["category"]).toBe("Technical Advisory Committee");
  });

  test("stays when the record does not tell a type", async ({ expect }) => {
    expect(
      (await updated({ description__c: "x" }, { current: { ...inV2, category: "Board" } })).body["category"],
    ).toBe("Board");
  });
});

describe("values that v2 would refuse", () => {
  test.for([
    ["a name of 101 characters", { mailing_list__c: "x".repeat(101) }, /more than the 100 characters/],
    ["an empty name", { mailing_list__c: "" }, /mailing_list__c is empty/],
    ["a blank name", { mailing_list__c: "  " }, /mailing_list__c "  " is empty/],
    ["no project", { project_name__c: null }, /project_name__c is empty/],
  ] as const)("%s makes the record unusable", async ([, columns, message], { expect }) => {
    for (const plan of [await create({ ...minimal, ...columns }), await update({ ...minimal, ...columns })])
      expect(expectPlan(plan, "refuse").reason).toEqual({
        code: "unusable_record",
        message: expect.stringMatching(message),
      });
  });

  test("a new committee without a name or a project is unusable", async ({ expect }) => {
    expect(expectPlan(await create({ project_name__c: projectId }), "refuse").reason.message).toMatch(
      /mailing_list__c is missing/,
    );
    expect(expectPlan(await create({ mailing_list__c: "A" }), "refuse").reason.message).toMatch(
      /project_name__c is missing/,
    );
  });

  test("a hundred characters are counted as the service counts them", async ({ expect }) => {
    expect((await created({ mailing_list__c: "🙂".repeat(100) })).call.body?.["name"]).toHaveLength(200);
  });

  test.for([
    ["description__c", "x".repeat(2001), "description", "x".repeat(2000)],
    ["public_name", "🙂".repeat(101), "display_name", "🙂".repeat(100)],
  ] as const)("%s is cut where v2 ends", async ([column, value, field, expected], { expect }) => {
    const { call, notes } = await created({ [column]: value });
    expect(call.body?.[field]).toBe(expected);
    expect(notes).toEqual([expect.stringMatching(/cut there$/)]);
  });

  test.for([
    ["committee_website__c", "ftp://example.org", "website"],
    ["committee_website__c", "https://?x", "website"],
    ["join_mode", "by mail", "join_mode"],
    ["mailing_list_email", "nobody", "mailing_list"],
    ["chat_channel", "x".repeat(501), "chat_channel"],
    ["enable_voting__c", "true", "enable_voting"],
  ] as const)("%s %j stays as v2 has it", async ([column, value, field], { expect }) => {
    const current = {
      ...inV2,
      website: "https://old.org",
      mailing_list: "old@example.org",
      chat_channel: "#old",
    };
    const { body, notes } = await updated(
      { ...minimal, [column]: value, description__c: "New" },
      { current },
    );
    expect(body[field]).toEqual(current[field]);
    expect(notes.join()).toContain(`${field} stays as it is`);
  });
});

describe("the project", () => {
  test("a committee waits until it is mapped", async ({ expect }) => {
    for (const plan of [
      await create(minimal, new FakeWorld()),
      await update(minimal, { world: new FakeWorld() }),
    ])
      expect(expectPlan(plan, "park")).toMatchObject({
        waitsFor: [`project.sfid.${projectId}`],
        reason: { code: "parent_unmapped" },
      });
  });

  test("a tombstoned one is refused and never sent", async ({ expect }) => {
    const plan = await create(minimal, new FakeWorld().tombstone("project", projectId));
    expect(expectPlan(plan, "refuse").reason.code).toBe("parent_deleted");
  });

  test("a mapping that cannot be read is not an absent one", async () => {
    const world = worldWithProject();
    world.broken.add("mapping");
    await expect(create(minimal, world)).rejects.toThrow(UnavailableError);
  });

  test("another one is written, with a remark on the name that v2 keeps reserved", async ({ expect }) => {
    const world = worldWithProject().map("project", "P2", "66666666-6666-4666-8666-666666666666");
    const { body, notes } = await updated({ ...minimal, project_name__c: "P2" }, { world });
    expect(body["project_uid"]).toBe("66666666-6666-4666-8666-666666666666");
    expect(notes).toEqual([expect.stringMatching(/keeps its name reserved in the old one/)]);
  });

  test("another one and another name need no remark", async ({ expect }) => {
    const world = worldWithProject().map("project", "P2", "66666666-6666-4666-8666-666666666666");
    const { notes } = await updated({ ...minimal, project_name__c: "P2", mailing_list__c: "New" }, { world });
    expect(notes).toEqual([]);
  });

  test("that the record does not name stays", async ({ expect }) => {
    expect((await updated({ description__c: "x" })).body["project_uid"]).toBe(projectUid);
  });
});

describe("updates", () => {
  const inStep = { ...minimal, enable_voting__c: true, sso_group_enabled: true };

  test("keep all that v1 does not know", async ({ expect }) => {
    const { calls } = await updated({ ...inStep, public_enabled: true });
    expect(calls).toEqual([
      {
        service: "committee",
        method: "PUT",
        path,
        ifMatch: "1",
        body: {
          project_uid: projectUid,
          name: "Example TAC",
          category: "Other",
          type: "Other",
          enable_voting: true,
          sso_group_enabled: true,
          requires_review: true,
          public: true,
          calendar: { public: true },
          join_mode: "open",
          parent_uid: inV2.parent_uid,
          scope: ["A scope"],
        },
        changes: [
          { field: "public", from: false, to: true },
          { field: "type", from: undefined, to: "Other" },
        ],
      },
    ]);
  });

  test("send what v2 never gives back once, and again only when it changed", async ({ expect }) => {
    const columns = { ...inStep, is_audit: true, sso_group_name: "mine" };
    const first = await updated(columns);
    expect(first.changes.map(({ field }) => field).sort()).toEqual(["is_audit", "sso_group_name", "type"]);
    expect(expectPlan(await update(columns, { sent: first.sent }), "unchanged").sent).toBe(first.sent);
    const changed = await updated({ ...columns, is_audit: false }, { sent: first.sent });
    expect(changed.changes).toEqual([{ field: "is_audit", from: undefined, to: false }]);
    const emptied = await updated({ ...columns, sso_group_name: null }, { sent: first.sent });
    expect(emptied.changes).toEqual([
      { field: "sso_group_name", from: "example-example-tac", to: undefined },
    ]);
  });

  test("remember what was sent of columns that a record does not have", async ({ expect }) => {
    const { sent } = await updated({ ...inStep, is_audit: true });
    const plan = expectPlan(await update({ enable_voting__c: true }, { sent }), "unchanged");
    expect(plan.sent).toBe(sent);
  });

  test("a create remembers what it sends", async ({ expect }) => {
    const { sent } = await created({ ...inStep, is_audit: true });
    expect((await update({ ...inStep, is_audit: true }, { sent })).action).toBe("unchanged");
  });

  test("what an object that was never written lacks anyway is no reason to write", async ({ expect }) => {
    const columns = {
      enable_voting__c: true,
      is_audit: false,
      public_name: null,
      committee_id: "",
      sso_group_name: "example-example-tac",
    };
    expect((await update(columns)).action).toBe("unchanged");
  });

  test("new time stamps alone are no reason to write", async ({ expect }) => {
    const { sent } = await updated(inStep);
    expect((await update({ ...inStep, lastmodifieddate: "2026-11-21T00:00:00Z" }, { sent })).action).toBe(
      "unchanged",
    );
  });

  test("a way to join that v2 puts in by itself is no difference", async ({ expect }) => {
    const current = { ...inV2, join_mode: "invite_only" };
    const { sent } = await updated(inStep);
    expect((await update({ ...inStep, join_mode: null }, { current, sent })).action).toBe("unchanged");
  });

  test("after an unknown outcome it writes", async ({ expect }) => {
    const { sent } = await updated(inStep);
    expect((await updated(inStep, { sent, mustWrite: true })).changes).toEqual([]);
  });

  test("a mapped committee that v2 does not know is told", async ({ expect }) => {
    const subject = subjectOf("committee", id, { state: "mapped", uid });
    const plan = await type.plan(subject, recordOf(minimal), worldWithProject());
    expect(expectPlan(plan, "refuse").reason.code).toBe("missing_in_v2");
  });
});

describe("settings", () => {
  const settings = {
    uid,
    business_email_required: false,
    member_visibility: "basic_profile",
    show_meeting_attendees: true,
    has_chat_webhook: true,
    writers: [{ username: "jdoe" }],
    last_reviewed_by: "jdoe",
    created_at: "2025-01-01T00:00:00Z",
  };

  test("are written for business_email_required__c, with all that was in them", async ({ expect }) => {
    const world = worldWithProject().hold(settingsPath, settings);
    const plan = expectPlan(await update({ business_email_required__c: true }, { world }), "update");
    expect(plan.calls).toEqual([
      {
        service: "committee",
        method: "PUT",
        path: settingsPath,
        ifMatch: "1",
        body: {
          business_email_required: true,
          member_visibility: "basic_profile",
          show_meeting_attendees: true,
          writers: [{ username: "jdoe" }],
          last_reviewed_by: "jdoe",
        },
        changes: [{ field: "business_email_required", from: false, to: true }],
      },
    ]);
  });

  test("are neither read nor written without that column", async ({ expect }) => {
    const world = worldWithProject().hold(settingsPath, settings);
    await update({ enable_voting__c: false }, { world });
    expect(world.asked).not.toContain(`get ${settingsPath}`);
  });

  test("an explicit empty is false", async ({ expect }) => {
    const world = worldWithProject().hold(settingsPath, { ...settings, business_email_required: true });
    const plan = expectPlan(await update({ business_email_required__c: null }, { world }), "update");
    expect(plan.calls[0].body?.["business_email_required"]).toBe(false);
  });
});

describe("without an address of the committee service", () => {
  test("everything waits, for no mapping can release it", async ({ expect }) => {
    const world = worldWithProject();
    world.services.delete("committee");
    const expected = { action: "park", waitsFor: [], reason: { code: "service_not_configured" } };
    expect(await create(minimal, world)).toMatchObject(expected);
    const subject = subjectOf("committee", id, { state: "mapped", uid });
    expect(await type.planDelete(subject, world)).toMatchObject(expected);
  });
});

test("a delete takes the ETag of a GET, and needs no call when the committee is gone", async ({ expect }) => {
  const subject = subjectOf("committee", id, { state: "mapped", uid });
  expect(await type.planDelete(subject, new FakeWorld().hold(path, inV2))).toMatchObject({
    action: "delete",
    call: { method: "DELETE", path, ifMatch: "1" },
    next: "end",
  });
  expect(await type.planDelete(subject, new FakeWorld())).toEqual({ action: "delete", uid, next: "end" });
});
