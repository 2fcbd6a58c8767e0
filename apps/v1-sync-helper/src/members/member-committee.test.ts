// SPDX-License-Identifier: MIT
import { describe, test } from "vitest";
import type { Mapping } from "../mappings/mapping-key.ts";
import type { JsonObject } from "../records/json.ts";
import { expectPlan, FakeWorld, recordOf, subjectOf } from "../testing/fake-world.ts";
import {
  committeeId,
  create,
  id,
  inV2,
  mapped,
  minimal,
  otherUid,
  path,
  type,
  uid,
  update,
  updated,
  worldWithCommittee,
} from "./testing/member-plans.ts";

const otherPath = `/committees/${otherUid}/members/${uid}?v=1`;

describe("records that are no member of v2's", () => {
  test.for([
    ["no address", { contactemail__c: undefined }, /contactemail__c is missing/],
    ["an empty address", { contactemail__c: "" }, /contactemail__c is empty/],
    ["a blank address", { contactemail__c: " " }, /contactemail__c is empty/],
    ["what is no address", { contactemail__c: "jane at example" }, /contactemail__c is no e-mail address/],
    ["two addresses", { contactemail__c: "a@example.org; b@example.org" }, /is no e-mail address/],
    ["no committee", { collaboration_name__c: undefined }, /collaboration_name__c is missing/],
    ["an empty committee", { collaboration_name__c: "" }, /collaboration_name__c is empty/],
  ] as const)("%s", async ([, columns, message], { expect }) => {
    const record: JsonObject = { ...minimal, ...columns };
    const given = Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
    const { reason } = expectPlan(await create(given), "refuse");
    expect(reason).toEqual({ code: "unusable_record", message: expect.stringMatching(message) });
    expect(reason.message).not.toMatch(/jane|example\.org/);
  });

  test("are told before their committee is there", async ({ expect }) => {
    const plan = await create({ ...minimal, collaboration_name__c: "C9", contactemail__c: "" });
    expect(expectPlan(plan, "refuse").reason.code).toBe("unusable_record");
  });
});

describe("the committee", () => {
  test("a member waits until it is mapped, also when it is an update", async ({ expect }) => {
    const columns = { ...minimal, collaboration_name__c: " C9 " };
    for (const plan of [await create(columns), await update(columns)])
      expect(expectPlan(plan, "park").waitsFor).toEqual(["committee.sfid.C9"]);
  });

  test("a tombstoned one is refused", async ({ expect }) => {
    const world = new FakeWorld().tombstone("committee", committeeId);
    expect(expectPlan(await create(minimal, world), "refuse").reason.code).toBe("parent_deleted");
  });

  test("of a mapping is used where the record does not name one", async ({ expect }) => {
    const { calls } = await updated({ title: "CTO" });
    expect(calls[0].path).toBe(path);
  });

  test("of the record is used where the mapping, in its old form, does not name one", async ({ expect }) => {
    const { calls } = await updated({ ...minimal, title: "CTO" }, { mapping: { state: "mapped", uid } });
    expect(calls[0].path).toBe(path);
  });
});

describe("a member that moved to another committee", () => {
  const columns = { ...minimal, collaboration_name__c: "C2" };

  test("is deleted in the old one, and then created", async ({ expect }) => {
    expect(await update(columns)).toEqual({
      action: "delete",
      uid,
      call: { service: "committee", method: "DELETE", path, ifMatch: "1", changes: [] },
      next: "create",
    });
    const after = expectPlan(await create(columns), "create");
    expect(after.call.path).toBe(`/committees/${otherUid}/members?v=1`);
  });

  test("and is gone there already needs no call", async ({ expect }) => {
    const plan = await type.plan(subjectOf("member", id, mapped), recordOf(columns), worldWithCommittee());
    expect(plan).toEqual({ action: "delete", uid, next: "create" });
  });

  test("is not deleted when it could not be created", async ({ expect }) => {
    expect((await update({ ...columns, contactemail__c: "" })).action).toBe("refuse");
    expect((await update({ ...columns, collaboration_name__c: "C9" })).action).toBe("park");
  });
});

describe("deletes", () => {
  const remove = (mapping: Mapping, record?: JsonObject, world = worldWithCommittee()) =>
    type.planDelete(
      subjectOf("member", id, mapping),
      world,
      record === undefined ? undefined : recordOf(record),
    );
  const oldForm: Mapping = { state: "mapped", uid };

  test("go by the mapping, not by the record", async ({ expect }) => {
    const world = worldWithCommittee().hold(otherPath, inV2);
    const plan = await remove({ state: "mapped", uid, committeeUid: otherUid }, minimal, world);
    expect(plan).toMatchObject({
      action: "delete",
      call: { method: "DELETE", path: otherPath },
      next: "end",
    });
  });

  test("of a mapping in its old form go by the record of the soft delete", async ({ expect }) => {
    const plan = await remove(oldForm, minimal, worldWithCommittee().hold(path, inV2));
    expect(plan).toMatchObject({ action: "delete", call: { path } });
  });

  test("of a member whose committee is gone need no call", async ({ expect }) => {
    expect(await remove(mapped)).toEqual({ action: "delete", uid, next: "end" });
    const world = new FakeWorld().tombstone("committee", committeeId);
    expect(await remove(oldForm, minimal, world)).toEqual({ action: "delete", uid, next: "end" });
  });

  test("without any committee say how the mapping is mended", async ({ expect }) => {
    for (const plan of [await remove(oldForm), await remove(oldForm, {})])
      expect(expectPlan(plan, "refuse").reason.message).toMatch(
        /committee_member\.sfid\.77aa.* names no committee.*write \{committee uid\}:\{member uid\}/,
      );
  });

  test("wait without an address of the committee service", async ({ expect }) => {
    const world = worldWithCommittee();
    world.services.delete("committee");
    expect(await remove(mapped, undefined, world)).toMatchObject({ action: "park", waitsFor: [] });
    expect(await create(minimal, world)).toMatchObject({
      action: "park",
      reason: { code: "service_not_configured" },
    });
  });
});
