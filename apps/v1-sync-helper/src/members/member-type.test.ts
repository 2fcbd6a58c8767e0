// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../records/json.ts";
import { expectPlan, type FakeWorld, recordOf, subjectOf } from "../testing/fake-world.ts";
import { UnavailableError } from "../unavailable-error.ts";
import {
  accountId,
  committeeId,
  committeeUid,
  contactId,
  create,
  id,
  inV2,
  mapped,
  minimal,
  path,
  type,
  update,
  updated,
  worldWithCommittee,
} from "./testing/member-plans.ts";

const collection = `/committees/${committeeUid}/members?v=1`;

async function created(columns: JsonObject, world?: FakeWorld) {
  const plan = expectPlan(await create({ ...minimal, ...columns }, world), "create");
  return { ...plan, body: plan.call.body ?? {} };
}

describe("the table", () => {
  test.for([
    ["contactemail__c", " jane@example.org ", { email: "jane@example.org" }],
    ["title", "CTO", { job_title: "CTO" }],
    ["role__c", "Vice Chair", { role: { name: "Vice Chair" } }],
    ["role__c", "Technical Lead", { role: { name: "Technical Lead" } }],
    ["appointed_by__c", "Vote of TSC Committee", { appointed_by: "Vote of TSC Committee" }],
    ["appointed_by__c", null, { appointed_by: "None" }],
    ["status__c", "Inactive", { status: "Inactive" }],
    ["status__c", "", { status: "Active" }],
    ["voting_status__c", "Observer", { voting: { status: "Observer" } }],
    ["country", "CH", { country: "CH" }],
    ["agency", "Example Agency", { agency: "Example Agency" }],
  ] as const)("%s %j", async ([column, value, expected], { expect }) => {
    const { body, notes } = await created({ [column]: value });
    expect(body).toMatchObject(expected);
    expect(notes).toEqual([]);
  });

  test("a member with nothing but an address", async ({ expect }) => {
    expect((await created({})).body).toEqual({
      email: "jane@example.org",
      appointed_by: "None",
      status: "Active",
    });
  });

  test.for([
    [
      "role__c",
      "Counsel",
      { role: { name: "None", start_date: "2024-01-01" } },
      'role__c "Counsel" is none of v2\'s roles: sent as None',
    ],
    [
      "appointed_by__c",
      "Nobody",
      { appointed_by: "None" },
      /none of v2's ways to be appointed: sent as None/,
    ],
    ["status__c", "Retired", { status: "Active" }, /status__c "Retired" is none of v2's statuses/],
    ["voting_status__c", "Sometimes", {}, /voting\.status stays as it is/],
    ["end_date__c", "soon", {}, /end_date__c "soon" is no date/],
  ] as const)("%s %s, which v2 does not know", async ([column, value, expected, note], { expect }) => {
    const { body, notes } = await created({ start_date__c: "2024-01-01", [column]: value });
    expect(body).toMatchObject(expected);
    expect(body).not.toHaveProperty("voting");
    expect(notes).toEqual([typeof note === "string" ? note : expect.stringMatching(note)]);
  });
});

test("a member is created as the original's description shows", async ({ expect }) => {
  const columns = {
    sfid: id,
    collaboration_name__c: committeeId,
    contactemail__c: "jane@example.org",
    contact_name__c: contactId,
    title: "CTO",
    role__c: "Chair",
    start_date__c: "2024-01-01T00:00:00+00:00",
    appointed_by__c: "Vote of TSC Committee",
    voting_status__c: "Voting Rep",
    account__c: accountId,
    project_name__c: "a0941000002AbCdAAE",
  };
  const plan = expectPlan(await create(columns), "create");
  expect(plan.naturalKey).toEqual({ kind: "member", committeeUid, email: "jane@example.org" });
  expect(plan.ids).toEqual({ projectId: "a0941000002AbCdAAE", committeeId, contactId });
  expect(plan.call).toMatchObject({ service: "committee", method: "POST", path: collection });
  // The username is plain, as the brief says; `null` parts are left out, which the service takes for the same.
  expect(plan.call.body).toEqual({
    username: "jdoe",
    email: "jane@example.org",
    first_name: "Jane",
    last_name: "Doe",
    job_title: "CTO",
    role: { name: "Chair", start_date: "2024-01-01" },
    appointed_by: "Vote of TSC Committee",
    status: "Active",
    voting: { status: "Voting Rep" },
    organization: { id: accountId, name: "Example Inc", website: "http://example.org" },
  });
  expect(plan.notes).toEqual([]);
});

describe("roles and votes", () => {
  test.for([
    ["dates without a role", { start_date__c: "2024-01-01" }],
    ["the role None", { role__c: "None" }],
    ["dates of a vote without a status", { voting_start_date__c: "2024-01-01" }],
    ["the voting status None", { voting_status__c: "None", voting_end_date__c: "2024-01-01" }],
    ["empty ones", { role__c: null, voting_status__c: "", start_date__c: "", voting_start_date__c: null }],
  ] as const)(
    "%s are not sent, for a committee that votes would refuse them",
    async ([, columns], { expect }) => {
      const { body } = await created(columns);
      expect(body).not.toHaveProperty("role");
      expect(body).not.toHaveProperty("voting");
    },
  );

  test("an object that v2 filled with None says the same as none", async ({ expect }) => {
    const current = { ...inV2, role: { name: "None", start_date: null, end_date: null } };
    expect((await update({ role__c: null, voting_status__c: null }, { current })).action).toBe("unchanged");
  });

  test("a PUT for another reason does not send a vote of None", async ({ expect }) => {
    const { body, changes } = await updated({ title: "CTO" });
    expect(body).not.toHaveProperty("voting");
    expect(changes).toEqual([{ field: "job_title", from: undefined, to: "CTO" }]);
  });

  test("an emptied role takes its dates with it", async ({ expect }) => {
    const { body, changes } = await updated({ role__c: "" });
    expect(body).not.toHaveProperty("role");
    expect(changes.map(({ field }) => field)).toEqual(["role.name", "role.start_date"]);
  });

  test("one date of a role changes that date only", async ({ expect }) => {
    const { body } = await updated({ end_date__c: "2025-12-31T00:00:00Z" });
    expect(body["role"]).toEqual({ name: "Chair", start_date: "2024-01-01", end_date: "2025-12-31" });
  });
});

describe("the person", () => {
  test("nobody that v1 knows leaves the names alone", async ({ expect }) => {
    const { body, notes } = await updated({ contact_name__c: "003000000000000AAA", title: "CTO" });
    expect(body).toMatchObject({ username: "jdoe", first_name: "Jane", last_name: "Doe" });
    expect(notes).toHaveLength(3);
    expect(notes.join()).not.toMatch(/003000000000000AAA/);
  });

  test("nobody that v1 knows, at another address, does not keep the names of the one before", async ({
    expect,
  }) => {
    const columns = { contact_name__c: "003000000000000AAA", contactemail__c: "joe@example.org" };
    const { body } = await updated(columns);
    expect(body["email"]).toBe("joe@example.org");
    for (const field of ["username", "first_name", "last_name"]) expect(body).not.toHaveProperty(field);
    const sameButForCase = await updated({ ...columns, contactemail__c: "Jane@Example.org" });
    expect(sameButForCase.body).toMatchObject({ email: "Jane@Example.org", first_name: "Jane" });
  });

  test.for(["with blank", "a@b", "x".repeat(101)])(
    "the username %j is no identifier in v2",
    async (username, { expect }) => {
      const world = worldWithCommittee();
      world.people.set(contactId, { username, firstName: "Jane" });
      const { body, notes } = await created({ contact_name__c: contactId }, world);
      expect(body).not.toHaveProperty("username");
      expect(notes).toEqual([
        "contact_name__c has a username that v2 does not take: username stays as it is",
      ]);
    },
  );

  test("long names are cut", async ({ expect }) => {
    const world = worldWithCommittee();
    world.people.set(contactId, { username: "jdoe", firstName: "J".repeat(120), lastName: "D".repeat(120) });
    const { body } = await created({ contact_name__c: contactId }, world);
    expect(body).toMatchObject({ first_name: "J".repeat(100), last_name: "D".repeat(100) });
  });

  test("a username that v2 replaced is sent once and not for ever", async ({ expect }) => {
    const current = { ...inV2, username: "somebody-else" };
    const first = await updated({ contact_name__c: contactId }, { current });
    expect(first.changes).toEqual([{ field: "username", from: "somebody-else", to: "jdoe" }]);
    const again = await update({ contact_name__c: contactId }, { current, sent: first.sent });
    expect(again.action).toBe("unchanged");
  });

  test("an emptied person is emptied once, though v2 may fill the names again", async ({ expect }) => {
    const first = await updated({ contact_name__c: null });
    expect(first.body).not.toHaveProperty("first_name");
    expect((await update({ contact_name__c: null }, { sent: first.sent })).action).toBe("unchanged");
    const back = await updated(
      { contact_name__c: contactId },
      { sent: first.sent, current: { ...inV2, first_name: "J." } },
    );
    expect(back.body["first_name"]).toBe("Jane");
  });

  test("a name that somebody changed in v2 is set again, though it was sent before", async ({ expect }) => {
    const { sent } = await created({ contact_name__c: contactId });
    const { changes } = await updated(
      { contact_name__c: contactId },
      { sent, current: { ...inV2, first_name: "J." } },
    );
    expect(changes).toEqual([{ field: "first_name", from: "J.", to: "Jane" }]);
  });

  test("a look-up that fails stops the plan", async () => {
    for (const method of ["person", "organization"] as const) {
      const world = worldWithCommittee();
      world.broken.add(method);
      const columns = { ...minimal, contact_name__c: contactId, account__c: accountId };
      await expect(create(columns, world)).rejects.toThrow(UnavailableError);
    }
  });
});

describe("the organization", () => {
  const other = "0014100000Te0OKBBB";

  test("an id that v2 blanked or replaced is no difference once it was sent", async ({ expect }) => {
    const current = { ...inV2, organization: { ...inV2.organization, id: null } };
    const first = await updated({ account__c: accountId }, { current });
    expect(first.changes).toEqual([{ field: "organization.id", from: null, to: accountId }]);
    expect((await update({ account__c: accountId }, { current, sent: first.sent })).action).toBe("unchanged");
  });

  test("another one leaves nothing of the one before", async ({ expect }) => {
    const world = worldWithCommittee();
    world.organizations.set(other, { id: other, name: "Other Inc" });
    const { body } = await updated({ account__c: other }, { world });
    expect(body["organization"]).toEqual({ id: other, name: "Other Inc" });
  });

  test("one that v1 does not know is sent by its id alone", async ({ expect }) => {
    const { body, notes } = await updated({ account__c: other });
    expect(body["organization"]).toEqual({ id: other });
    expect(notes).toEqual([expect.stringMatching(/is no organization that v1 knows/)]);
  });

  test("an id that is no Salesforce id is not sent, for v2 would blank it", async ({ expect }) => {
    const world = worldWithCommittee();
    world.organizations.set("uuid-1", { id: "uuid-1", name: "Example", domain: "exa mple" });
    const { body, notes } = await created({ account__c: "uuid-1" }, world);
    expect(body["organization"]).toEqual({ name: "Example" });
    expect(notes).toEqual([
      expect.stringMatching(/is no Salesforce id/),
      expect.stringMatching(/makes no web address/),
    ]);
  });

  test("an emptied one is taken away", async ({ expect }) => {
    const { body } = await updated({ account__c: "" });
    expect(body).not.toHaveProperty("organization");
  });
});

describe("updates", () => {
  test("nothing is written when nothing would change", async ({ expect }) => {
    const columns = {
      ...minimal,
      role__c: "Chair",
      start_date__c: "2024-01-01T00:00:00Z",
      end_date__c: null,
      appointed_by__c: "Community",
      contact_name__c: contactId,
      account__c: accountId,
    };
    expect((await update(columns)).action).toBe("unchanged");
  });

  test("keep all that v1 does not know, without what PUT does not take", async ({ expect }) => {
    const { body, calls } = await updated({ ...minimal, appointed_by__c: "" });
    expect(calls[0]).toMatchObject({ method: "PUT", path, ifMatch: "1" });
    expect(body).toEqual({
      email: "jane@example.org",
      username: "jdoe",
      first_name: "Jane",
      last_name: "Doe",
      linkedin_profile: "https://linkedin.com/in/jdoe",
      appointed_by: "None",
      status: "Active",
      role: inV2.role,
      organization: inV2.organization,
    });
  });

  test("a mapped member that v2 does not know is told", async ({ expect }) => {
    const plan = await type.plan(subjectOf("member", id, mapped), recordOf(minimal), worldWithCommittee());
    expect(expectPlan(plan, "refuse").reason.code).toBe("missing_in_v2");
  });
});
