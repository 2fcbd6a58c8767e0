// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import type { Plan } from "../objects/plan.ts";
import type { JsonObject } from "../records/json.ts";
import { expectPlan, FakeWorld, recordOf, rootUid, subjectOf } from "../testing/fake-world.ts";
import { UnavailableError } from "../unavailable-error.ts";
import { createProjectType } from "./project-type.ts";

const type = createProjectType({ projects: new Set(), families: new Set() });
const id = "a0941000002AbCdAAE";
const uid = "22222222-2222-4222-8222-222222222222";
const parentUid = "33333333-3333-4333-8333-333333333333";
const path = `/projects/${uid}`;
const settingsPath = `${path}/settings`;

function create(columns: JsonObject, world = new FakeWorld()): Promise<Plan> {
  return type.plan(subjectOf("project", id), recordOf(columns), world);
}

async function createdBody(columns: JsonObject): Promise<JsonObject> {
  const minimal = { name: "Example", slug__c: "example" };
  const plan = expectPlan(await create({ ...minimal, ...columns }), "create");
  return plan.call.body ?? {};
}

/** A project that v2 has, and that says what {@link alive} says. */
const inV2 = {
  uid,
  slug: "example",
  name: "Example",
  description: "A demo",
  public: true,
  is_foundation: true,
  autojoin_enabled: false,
  parent_uid: rootUid,
  stage: "Active",
  charter_url: "https://example.org/charter",
  created_at: "2025-01-01T00:00:00Z",
  updated_at: "2025-01-02T00:00:00Z",
};
const alive = { name: "Example", slug__c: "Example", description__c: "A demo", stage__c: "Active" };

function update(columns: JsonObject, current: JsonObject = inV2, world = new FakeWorld(), mustWrite = false) {
  world.hold(path, current);
  return type.plan(
    subjectOf("project", id, { state: "mapped", uid }, { mustWrite }),
    recordOf(columns),
    world,
  );
}

async function updated(columns: JsonObject, current?: JsonObject) {
  const { calls, notes } = expectPlan(await update(columns, current), "update");
  return { body: calls[0].body ?? {}, changes: calls[0].changes, notes };
}

describe("public, where v1 does not say it", () => {
  const columns = { name: "E", slug__c: "ee", parent_project__c: "P" };

  test.for([
    ["an active project below ROOT", { parent_project__c: null, stage__c: "Active" }, undefined, true],
    ["an active project below a public one", { project_status__c: "Active" }, true, true],
    ["an active project below one that is not", { project_status__c: "Active" }, false, false],
    ["one in formation below a public one", { stage__c: "Formation - Engaged" }, true, false],
    ["one whose stage v2 does not know", { stage__c: "Secret" }, true, false],
    ["one without a stage", {}, true, false],
    ["one whose first column is empty", { stage__c: null, project_status__c: "Active" }, true, false],
    ["one that v1 calls public", { public__c: true, stage__c: "Prospect" }, false, true],
    ["one that v1 calls not public", { public__c: false, stage__c: "Active" }, true, false],
    ["one whose public__c is empty", { public__c: null, stage__c: "Active" }, true, false],
    ["one whose public__c is no boolean", { public__c: "no", stage__c: "Active" }, true, true],
  ] as const)("%s: %j", async ([, more, isParentPublic, expected], { expect }) => {
    const world = new FakeWorld().map("project", "P", parentUid);
    world.hold(`/projects/${parentUid}`, { uid: parentUid, public: isParentPublic ?? false });
    const plan = expectPlan(await create({ ...columns, ...more }, world), "create");
    expect(plan.call.body?.["public"]).toBe(expected);
  });

  test("a parent that v2 lost makes it not public, a parent that cannot be read stops the plan", async ({
    expect,
  }) => {
    const world = new FakeWorld().map("project", "P", parentUid);
    const plan = expectPlan(await create({ ...columns, stage__c: "Active" }, world), "create");
    expect(plan.call.body?.["public"]).toBe(false);
    world.broken.add("get");
    await expect(create({ ...columns, stage__c: "Active" }, world)).rejects.toThrow(UnavailableError);
  });

  test("an update of something else leaves it alone", async ({ expect }) => {
    const { body } = await updated({ description__c: "New" }, { ...inV2, public: true, stage: "Prospect" });
    expect(body["public"]).toBe(true);
  });

  test("a project that is archived in v1 is public no more", async ({ expect }) => {
    const { body } = await updated({ ...alive, stage__c: "Archived" });
    expect(body).toMatchObject({ public: false, stage: "Active" });
  });
});

describe("parents", () => {
  test("a child waits until its parents are mapped", async ({ expect }) => {
    const columns = {
      name: "E",
      slug__c: "ee",
      parent_project__c: " P ",
      parent_entity_relationship__c: "L",
    };
    const world = new FakeWorld();
    expect(expectPlan(await create(columns, world), "park")).toMatchObject({
      waitsFor: ["project.sfid.P", "project.sfid.L"],
      reason: { code: "parent_unmapped" },
    });
    world.map("project", "P", parentUid);
    expect(expectPlan(await create(columns, world), "park").waitsFor).toEqual(["project.sfid.L"]);
    world.map("project", "L", uid);
    const { call } = expectPlan(await create(columns, world), "create");
    expect(call.body).toMatchObject({ parent_uid: parentUid, legal_parent_uid: uid });
  });

  test("one parent of both kinds is waited for once", async ({ expect }) => {
    const columns = { name: "E", slug__c: "ee", parent_project__c: "P", parent_entity_relationship__c: "P" };
    expect(expectPlan(await create(columns), "park").waitsFor).toEqual(["project.sfid.P"]);
  });

  test("an update waits as well", async ({ expect }) => {
    const plan = await update({ ...alive, parent_project__c: "P" });
    expect(expectPlan(plan, "park").waitsFor).toEqual(["project.sfid.P"]);
  });

  test("a tombstoned parent is refused and never sent", async ({ expect }) => {
    const world = new FakeWorld().tombstone("project", "P");
    const plan = await create({ name: "E", slug__c: "ee", parent_project__c: "P" }, world);
    expect(expectPlan(plan, "refuse").reason).toEqual({
      code: "parent_deleted",
      message: expect.stringMatching(/parent_project__c names P, which was deleted/),
    });
  });

  test("a tombstoned legal parent, and a project that is its own, are left out", async ({ expect }) => {
    const world = new FakeWorld().tombstone("project", "L");
    const columns = { name: "E", slug__c: "ee", parent_entity_relationship__c: "L" };
    const plan = expectPlan(await create(columns, world), "create");
    expect(plan.call.body).not.toHaveProperty("legal_parent_uid");
    expect(plan.notes).toEqual([
      expect.stringMatching(/parent_entity_relationship__c names L, which was deleted/),
    ]);
    const own = expectPlan(await create({ ...columns, parent_entity_relationship__c: id }), "create");
    expect(own.notes).toEqual([expect.stringMatching(/names the project itself/)]);
  });

  test("a project that is its own parent is refused, new or old", async ({ expect }) => {
    const columns = { ...alive, parent_project__c: id };
    expect(expectPlan(await create(columns), "refuse").reason.message).toMatch(/names the project itself/);
    const world = new FakeWorld().map("project", id, uid);
    expect(expectPlan(await update(columns, inV2, world), "refuse").reason.code).toBe("unusable_record");
  });

  test("an emptied parent is ROOT, a missing column leaves the parent alone", async ({ expect }) => {
    const below = { ...inV2, parent_uid: parentUid };
    const world = new FakeWorld();
    world.hold(`/projects/${parentUid}`, { public: true });
    expect(expectPlan(await update(alive, below, world), "unchanged").uid).toBe(uid);
    for (const parent_project__c of [null, "", " "]) {
      const { body } = await updated({ ...alive, parent_project__c }, below);
      expect(body["parent_uid"]).toBe(rootUid);
    }
  });

  test("an emptied legal parent is taken away", async ({ expect }) => {
    const { body } = await updated(
      { parent_entity_relationship__c: null },
      { ...inV2, legal_parent_uid: parentUid },
    );
    expect(body).not.toHaveProperty("legal_parent_uid");
  });

  test("a mapping that cannot be read is not an absent one", async () => {
    const world = new FakeWorld();
    world.broken.add("mapping");
    await expect(create({ name: "E", slug__c: "ee", parent_project__c: "P" }, world)).rejects.toThrow(
      UnavailableError,
    );
  });
});

describe("updates", () => {
  test("nothing is written when nothing would change", async ({ expect }) => {
    const plan = expectPlan(await update({ ...alive, lastmodifieddate: "2026-01-01" }), "unchanged");
    expect(plan).toEqual({ action: "unchanged", uid, sent: "", notes: [] });
  });

  test("a PUT starts from the GET, without what it does not take, and with its ETag", async ({ expect }) => {
    const plan = expectPlan(await update({ ...alive, name: "Renamed" }), "update");
    const { uid: _, created_at: _c, updated_at: _u, ...kept } = inV2;
    expect(plan.calls).toEqual([
      {
        service: "project",
        method: "PUT",
        path,
        ifMatch: "1",
        body: { ...kept, name: "Renamed" },
        changes: [{ field: "name", from: "Example", to: "Renamed" }],
      },
    ]);
  });

  test("a change of a boolean alone is noticed, and false is sent", async ({ expect }) => {
    const { body, changes } = await updated(
      { auto_join_enabled__c: false },
      { ...inV2, autojoin_enabled: true },
    );
    expect(body["autojoin_enabled"]).toBe(false);
    expect(changes).toEqual([{ field: "autojoin_enabled", from: true, to: false }]);
  });

  test.for([
    ["description__c", "description", ""],
    ["charterurl__c", "charter_url", undefined],
    ["charterurl__c", "charter_url", undefined],
  ] as const)("an explicit empty of %s clears", async ([column, field, expected], { expect }) => {
    for (const empty of [null, ""]) expect((await updated({ [column]: empty })).body[field]).toBe(expected);
  });

  test("the word nil clears an address", async ({ expect }) => {
    expect((await updated({ charterurl__c: " nil " })).body).not.toHaveProperty("charter_url");
  });

  test("a field that v2 would not take stays as v2 has it", async ({ expect }) => {
    const { body, notes } = await updated({ name: "New", stage__c: "Sunset", charterurl__c: "wiki page" });
    expect(body).toMatchObject({ stage: "Active", charter_url: "https://example.org/charter" });
    expect(notes).toHaveLength(2);
  });

  test("what PUT requires and GET leaves out is added", async ({ expect }) => {
    const { body } = await updated({ charterurl__c: "example.org" }, { uid, slug: "example", public: false });
    expect(body).toMatchObject({ name: "", description: "", parent_uid: "" });
  });

  test("after an unknown outcome it writes, so that the ETag is spent", async ({ expect }) => {
    const plan = expectPlan(await update(alive, inV2, new FakeWorld(), true), "update");
    expect(plan.calls).toEqual([expect.objectContaining({ path, changes: [] })]);
  });

  test("a mapped project that v2 does not know is told", async ({ expect }) => {
    const subject = subjectOf("project", id, { state: "mapped", uid });
    const plan = await type.plan(subject, recordOf(alive), new FakeWorld());
    expect(expectPlan(plan, "refuse").reason.code).toBe("missing_in_v2");
  });

  test("v2's ROOT is not written to", async ({ expect }) => {
    const plan = await update(alive, { ...inV2, slug: "ROOT" });
    expect(expectPlan(plan, "refuse").reason.message).toMatch(/ROOT/);
  });

  test("a tombstone is respected", async ({ expect }) => {
    const plan = await type.plan(
      subjectOf("project", id, { state: "deleted" }),
      recordOf(alive),
      new FakeWorld(),
    );
    expect(expectPlan(plan, "ignore").reason.code).toBe("deleted_in_v2");
  });

  test("an id that is no uid cannot leave its path", async ({ expect }) => {
    const world = new FakeWorld();
    await type.plan(subjectOf("project", id, { state: "mapped", uid: "../x?y" }), recordOf(alive), world);
    expect(world.asked).toContain("get /projects/..%2Fx%3Fy");
  });
});

describe("the stage Archived, which v2 takes with a day of dissolution only", () => {
  test("with the day it is sent", async ({ expect }) => {
    const columns = { stage__c: "Archived", project_entity_dissolution_date__c: "2025-06-30" };
    expect((await updated(columns)).body).toMatchObject({
      stage: "Archived",
      entity_dissolution_date: "2025-06-30",
    });
    expect(await createdBody(columns)).toMatchObject({ stage: "Archived" });
  });

  test("without it the stage stays", async ({ expect }) => {
    const { body, notes } = await updated({
      ...alive,
      name: "New",
      project_status__c: "x",
      stage__c: "Archived",
    });
    expect(body["stage"]).toBe("Active");
    expect(notes).toEqual([expect.stringMatching(/Archived needs project_entity_dissolution_date__c/)]);
    expect(await createdBody({ stage__c: "Archived" })).not.toHaveProperty("stage");
  });

  test("a day that v1 takes back does not archive it", async ({ expect }) => {
    const current = { ...inV2, entity_dissolution_date: "2025-06-30" };
    const columns = { stage__c: "Archived", project_entity_dissolution_date__c: null };
    const { body } = await updated(columns, current);
    expect(body).toMatchObject({ stage: "Active" });
    expect(body).not.toHaveProperty("entity_dissolution_date");
    const { body: kept } = await updated({ stage__c: "Archived" }, current);
    expect(kept).toMatchObject({ stage: "Archived", entity_dissolution_date: "2025-06-30" });
  });

  test("an emptied day does not undo it", async ({ expect }) => {
    const archived = { ...inV2, public: false, stage: "Archived", entity_dissolution_date: "2025-06-30" };
    const { body, notes } = await updated(
      { stage__c: "Archived", name: "New", project_entity_dissolution_date__c: null },
      archived,
    );
    expect(body).toMatchObject({ stage: "Archived", entity_dissolution_date: "2025-06-30" });
    expect(notes).toHaveLength(1);
  });
});

describe("settings", () => {
  const settings = {
    uid,
    mission_statement: "Do good",
    writers: [{ name: "Jane", email: "jane@example.org", username: "jdoe", avatar: "" }],
    executive_director: { name: "Joe", email: "", username: "joe", avatar: "" },
    created_at: "2025-01-01T00:00:00Z",
    updated_at: "2025-01-01T00:00:00Z",
  };

  function withSettings(columns: JsonObject, mustWrite = false) {
    const world = new FakeWorld().hold(settingsPath, settings);
    return update({ ...alive, ...columns }, inV2, world, mustWrite);
  }

  test("are not read when the record has none of their columns", async ({ expect }) => {
    const world = new FakeWorld();
    await update(alive, inV2, world);
    expect(world.asked).not.toContain(`get ${settingsPath}`);
  });

  test("are written after the project, with all that was in them", async ({ expect }) => {
    const plan = await withSettings({ name: "New", expected_announcement_date__c: "2026-01-31" });
    const { calls } = expectPlan(plan, "update");
    expect(calls.map((call) => call.path)).toEqual([path, settingsPath]);
    expect(calls[1]).toEqual({
      service: "project",
      method: "PUT",
      path: settingsPath,
      ifMatch: "1",
      body: {
        mission_statement: "Do good",
        announcement_date: "2026-01-31",
        writers: settings.writers,
        executive_director: settings.executive_director,
      },
      changes: [{ field: "announcement_date", from: undefined, to: "2026-01-31" }],
    });
  });

  test("alone are written alone", async ({ expect }) => {
    const plan = expectPlan(await withSettings({ mission_statement: null }), "update");
    expect(plan.calls.map((call) => call.path)).toEqual([settingsPath]);
    expect(plan.calls[0].body).not.toHaveProperty("mission_statement");
  });

  test("that say the same are not written, unless something may still be on its way", async ({ expect }) => {
    expect((await withSettings({ mission_statement: "Do good" })).action).toBe("unchanged");
    const plan = expectPlan(await withSettings({ mission_statement: "Do good" }, true), "update");
    expect(plan.calls.map((call) => call.path)).toEqual([path, settingsPath]);
  });

  test("that v2 does not have are told", async ({ expect }) => {
    const plan = expectPlan(await update({ ...alive, mission_statement: "x" }), "unchanged");
    expect(plan.notes).toEqual([expect.stringMatching(/no settings/)]);
  });
});

describe("renames", () => {
  const newSlug = JSON.stringify({ kind: "project", slug: "other" });

  test("the ETag is read again after all look-ups, just before the call", async ({ expect }) => {
    const world = new FakeWorld();
    const plan = expectPlan(await update({ ...alive, slug__c: "other" }, inV2, world), "update");
    expect(plan.calls[0].body?.["slug"]).toBe("other");
    expect(world.asked.slice(-3)).toEqual([`find ${newSlug}`, "uidOfSlug other", `get ${path}`]);
  });

  test("that meet a newer state are made from it", async ({ expect }) => {
    const world = new FakeWorld().hold(path, inV2);
    world.onFind = () => world.hold(path, { ...inV2, charter_url: "https://example.org/newer" });
    const subject = subjectOf("project", id, { state: "mapped", uid });
    const plan = await type.plan(subject, recordOf({ ...alive, slug__c: "other" }), world);
    const [call] = expectPlan(plan, "update").calls;
    expect(call).toMatchObject({
      ifMatch: "2",
      body: { slug: "other", charter_url: "https://example.org/newer" },
    });
  });

  test("to a slug of another project are refused before anything is sent", async ({ expect }) => {
    const world = new FakeWorld();
    world.found.set(newSlug, parentUid);
    const plan = expectPlan(await update({ ...alive, slug__c: "other" }, inV2, world), "refuse");
    expect(plan.reason).toMatchObject({ code: "taken", message: expect.stringMatching(/another project/) });
  });

  test("that were carried out by half say how they are mended", async ({ expect }) => {
    // The index leads to the project already, which itself has its old slug still.
    const world = new FakeWorld();
    world.slugIndex.set("other", uid);
    const plan = expectPlan(await update({ ...alive, slug__c: "other" }, inV2, world), "refuse");
    expect(plan.reason.message).toMatch(/remove the key slug\/other from its bucket "projects"/);
  });

  test("that somebody else carries out meanwhile are no renames any more", async ({ expect }) => {
    const world = new FakeWorld().hold(path, inV2);
    world.found.set(newSlug, uid);
    world.onFind = () => world.hold(path, { ...inV2, slug: "other" });
    const subject = subjectOf("project", id, { state: "mapped", uid });
    const plan = await type.plan(subject, recordOf({ ...alive, slug__c: "other" }), world);
    expect(plan.action).not.toBe("refuse");
  });
});

describe("deletes", () => {
  const subject = subjectOf("project", id, { state: "mapped", uid });

  test("take the ETag of a GET", async ({ expect }) => {
    const plan = await type.planDelete(subject, new FakeWorld().hold(path, inV2));
    expect(plan).toEqual({
      action: "delete",
      uid,
      call: { service: "project", method: "DELETE", path, ifMatch: "1", changes: [] },
      next: "end",
    });
  });

  test("of what is gone need no call", async ({ expect }) => {
    expect(await type.planDelete(subject, new FakeWorld())).toEqual({ action: "delete", uid, next: "end" });
  });
});
