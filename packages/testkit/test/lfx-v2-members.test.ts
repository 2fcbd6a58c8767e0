// SPDX-License-Identifier: Apache-2.0
import { withServers } from "@repo/testkit/vitest";
import { committeeBody, memberBody, type Setup, setup, statusesOf } from "./support/lfx-v2.ts";

const people = { "ada@example.org": { username: "ada", givenName: "Ada", familyName: "Lovelace" } };
const test = withServers({ v2: () => setup({ people }) });
const nobody = "00000000-0000-4000-8000-000000000000";

async function newCommittee(v2: Setup, fields: object = {}) {
  return v2.createCommittee(await v2.createProject(), fields);
}

const pathOf = (committee: string, member: string) => `/committees/${committee}/members/${member}?v=1`;

function create(
  v2: Setup,
  committee: string,
  fields: object = {},
  headers: Readonly<Record<string, string>> = {},
) {
  return v2.call("committee", "POST", `/committees/${committee}/members?v=1`, {
    body: memberBody(fields),
    headers,
  });
}

async function update(v2: Setup, path: string, body: object, headers: Readonly<Record<string, string>> = {}) {
  return v2.call("committee", "PUT", path, { body, headers, ifMatch: await v2.etag("committee", path) });
}

const full = {
  first_name: "A",
  last_name: "B",
  job_title: "C",
  linkedin_profile: "https://www.linkedin.com/in/x",
  role: { name: "Chair", start_date: "2024-01-01", end_date: null },
  appointed_by: "Community",
  status: "Inactive",
  voting: { status: "Voting Rep", start_date: null, end_date: "2023-01-01" },
  organization: { id: "0014100000Te2QlAAJ", name: "ACME", website: "https://acme.org" },
};

test.for([
  ["email", ["", "x", "a@", undefined]],
  ["first_name", ["x".repeat(101)]],
  ["job_title", ["x".repeat(201)]],
  ["linkedin_profile", ["https://example.org", "", "linkedin.com/in/x"]],
  ["role", [{ name: "Counsel" }, { name: "" }, { start_date: "" }]],
  ["appointed_by", ["", "Somebody"]],
  ["status", ["active", ""]],
  ["voting", [{ status: "Yes" }, { end_date: "soon" }]],
  ["organization", [{ name: "x".repeat(201) }, { website: "acme.org" }, { website: "" }]],
] as const)("row 4: refuses a bad %s of a member", async ([field, values], { v2, expect }) => {
  const committee = await newCommittee(v2);
  for (const value of values) {
    const { status, body, headers } = await create(v2, committee, { [field]: value });
    expect([status, body["id"] === undefined], JSON.stringify(value)).toEqual([400, false]);
    expect(headers["goa-error"]).toBeUndefined();
  }
});

test("row 4: takes every field of a member, and a display name before the address", async ({
  v2,
  expect,
}) => {
  const committee = await newCommittee(v2);
  const email = "A B <a@b.org>";
  const { status, body } = await create(v2, committee, { ...full, email });
  expect(status).toBe(201);
  expect(body).toMatchObject({ ...full, email, committee_category: "Board", committee_uid: committee });
});

test("row 11: a member's PUT replaces", async ({ v2, expect }) => {
  const committee = await newCommittee(v2);
  const created = await create(v2, committee, full);
  const path = pathOf(committee, String(created.body["uid"]));
  const { email } = created.body;
  expect((await update(v2, path, { email })).status).toBe(200);
  const { body } = await v2.call("committee", "GET", path);
  expect(body).toEqual({
    uid: created.body["uid"],
    committee_uid: committee,
    committee_name: created.body["committee_name"],
    committee_category: "Board",
    email,
    appointed_by: "None",
    status: "Active",
    created_at: created.body["created_at"],
    updated_at: expect.any(String),
  });
});

test("row 13: role, voting and organization have nulls, if they are there at all", async ({ v2, expect }) => {
  const committee = await newCommittee(v2);
  const { body } = await create(v2, committee, { role: {}, organization: { name: "ACME" } });
  expect(body["role"]).toEqual({ name: "None", start_date: null, end_date: null });
  expect(body["organization"]).toEqual({ id: null, name: "ACME", website: null });
  expect(body).not.toHaveProperty("voting");
  const sent = await create(v2, committee, { organization: { name: "" } });
  expect(sent.body).not.toHaveProperty("organization");
});

test("row 18: a member gets the directory's username, and names that were not sent", async ({
  v2,
  expect,
}) => {
  const known = await create(v2, await newCommittee(v2), { email: "Ada@example.org", username: "liar" });
  expect(known.body).toMatchObject({
    email: "Ada@example.org",
    username: "ada",
    first_name: "Ada",
    last_name: "Lovelace",
  });
  const named = { email: "ada@example.org", first_name: "Augusta" };
  expect((await create(v2, await newCommittee(v2), named)).body).toMatchObject({ first_name: "Augusta" });
  const unknown = await create(v2, await newCommittee(v2), { username: "liar" });
  expect(unknown.body).not.toHaveProperty("username");
});

test("row 18: without the directory a member has no username", async ({ expect }) => {
  await using v2 = await setup({ people });
  v2.lfx.faults.directory = "down";
  const { status, body } = await create(v2, await newCommittee(v2), { email: "ada@example.org" });
  expect(status).toBe(201);
  expect(body).not.toHaveProperty("username");
});

test("row 21: MR1: the committee must exist", async ({ v2, expect }) => {
  expect((await create(v2, nobody)).status).toBe(404);
});

test.for([{ enable_voting: true }, { business_email_required: true }])(
  "row 21: MR2: with %o a member needs an organization",
  async (fields, { v2, expect }) => {
    const committee = await newCommittee(v2, fields);
    const statusOf = async (organization: object) => (await create(v2, committee, { organization })).status;
    expect((await create(v2, committee)).status).toBe(400);
    expect(await statusOf({ name: "ACME" })).toBe(400);
    expect(await statusOf({ website: "https://acme.org" })).toBe(400);
    expect(await statusOf({ name: "ACME", website: "https://acme.org" })).toBe(201);
    expect(await statusOf({ id: "0014100000Te2Ql" })).toBe(201);
  },
);

test("row 21: MR3: where there is voting, a status of None is refused, and voting:{} too", async ({
  v2,
  expect,
}) => {
  const { organization } = full;
  const committee = await newCommittee(v2);
  const early = await create(v2, committee, { organization, voting: {} });
  await v2.lfx.settled();
  const project = String((await v2.call("committee", "GET", `/committees/${committee}`)).body["project_uid"]);
  await update(v2, `/committees/${committee}`, committeeBody(project, { enable_voting: true }));
  const statusOf = async (fields: object) =>
    (await create(v2, committee, { organization, ...fields })).status;
  expect(await statusOf({ voting: {} })).toBe(400);
  expect(await statusOf({ voting: { status: "None" } })).toBe(400);
  expect(await statusOf({})).toBe(201);
  expect(await statusOf({ voting: { status: "Observer" } })).toBe(201);
  await v2.lfx.settled();
  const path = pathOf(committee, String(early.body["uid"]));
  const { email } = early.body;
  expect((await update(v2, path, { email, organization, voting: { status: "None" } })).status).toBe(200);
  expect((await update(v2, path, { email, organization, voting: { status: "Observer" } })).status).toBe(200);
  expect((await update(v2, path, { email, organization, voting: { status: "None" } })).status).toBe(400);
});

test("row 21: MR4: an id of an organization is blanked, made long, or kept", async ({ expect }) => {
  await using v2 = await setup({
    organizations: (id) => {
      if (id.startsWith("down")) throw new Error("no answer");
      return id.startsWith("none") ? undefined : `${id.slice(0, 15)}XYZ`;
    },
  });
  const committee = await newCommittee(v2);
  const idOf = async (id: string) => {
    const { body } = await create(v2, committee, { organization: { id, name: "ACME" } });
    return body["organization"];
  };
  const rest = { name: "ACME", website: null };
  expect(await idOf("a-uuid-is-none-of-them")).toEqual({ id: null, ...rest });
  expect(await idOf("none41000000000")).toEqual({ id: null, ...rest });
  expect(await idOf("001410000000000")).toEqual({ id: "001410000000000XYZ", ...rest });
  expect(await idOf("down41000000000")).toEqual({ id: "down41000000000", ...rest });
  const voting = await newCommittee(v2, { enable_voting: true });
  expect((await create(v2, voting, { organization: { id: "not-an-id" } })).status).toBe(400);
});

test("row 21: MR4: knows Salesforce's long ids by itself", async ({ v2, expect }) => {
  const { body } = await create(v2, await newCommittee(v2), { organization: { id: "0014100000Te2Ql" } });
  expect(body["organization"]).toMatchObject({ id: "0014100000Te2QlAAJ" });
});

test("row 21: MR5: an address is one member's, whatever its case", async ({ v2, expect }) => {
  const committee = await newCommittee(v2);
  await v2.createMember(committee, { email: "same@example.org" });
  const taken = await create(v2, committee, { email: "SAME@example.org" });
  expect([taken.status, String(taken.body["message"])]).toEqual([409, expect.stringContaining("same email")]);
  expect((await create(v2, await newCommittee(v2), { email: "same@example.org" })).status).toBe(201);
  const other = pathOf(committee, await v2.createMember(committee));
  expect((await update(v2, other, { email: "same@example.org" })).status).toBe(409);
});

test("row 21: MR5: of eight creates of one address that race, one wins", async ({ expect }) => {
  await using v2 = await setup({ latency: 30 });
  const committee = await newCommittee(v2);
  const one = () => create(v2, committee, { email: "one@example.org" });
  expect(statusesOf(await Promise.all(Array.from({ length: 8 }, one)))).toEqual([
    201,
    ...Array<number>(7).fill(409),
  ]);
  expect(v2.lfx.model.membersOf(committee)).toHaveLength(1);
});

test("row 21: MR6: X-Skip-Enrichment stores what was sent", async ({ v2, expect }) => {
  const committee = await newCommittee(v2);
  const sent = { email: "ada@example.org", username: "mine" };
  const headers = { "x-skip-enrichment": "true" };
  const created = await create(v2, committee, sent, headers);
  expect(created.body).toMatchObject(sent);
  expect(created.body).not.toHaveProperty("first_name");
  const path = pathOf(committee, String(created.body["uid"]));
  expect((await update(v2, path, { ...sent, username: "other" }, headers)).body["username"]).toBe("other");
  expect((await update(v2, path, sent)).body["username"]).toBe("ada");
});

test("row 21: MR6: an update keeps the username while the address stays", async ({ expect }) => {
  await using v2 = await setup({ people });
  const committee = await newCommittee(v2);
  const path = pathOf(committee, await v2.createMember(committee, { email: "ada@example.org" }));
  v2.lfx.faults.directory = "down";
  expect((await update(v2, path, { email: "ada@example.org" })).body["username"]).toBe("ada");
  expect((await update(v2, path, { email: "other@example.org" })).body).not.toHaveProperty("username");
});

test("row 21: MR7: a member of another committee is 400 on GET and PUT", async ({ v2, expect }) => {
  const [committee, other] = [await newCommittee(v2), await newCommittee(v2)];
  const member = await v2.createMember(committee);
  const wrong = pathOf(other, member);
  expect((await v2.call("committee", "GET", wrong)).status).toBe(400);
  const ifMatch = await v2.etag("committee", pathOf(committee, member));
  const { status, headers } = await v2.call("committee", "PUT", wrong, { body: memberBody(), ifMatch });
  expect([status, headers["goa-error"]]).toEqual([400, "BadRequest"]);
});

test("row 21: MR8: DELETE does not look at the committee of the path", async ({ v2, expect }) => {
  const committee = await newCommittee(v2);
  const member = await v2.createMember(committee);
  const ifMatch = await v2.etag("committee", pathOf(committee, member));
  expect((await v2.call("committee", "DELETE", pathOf(nobody, member), { ifMatch })).status).toBe(204);
});

test("row 21: MR9: asks for revision, committee, organization and address in this order", async ({
  v2,
  expect,
}) => {
  const committee = await newCommittee(v2, { enable_voting: true });
  const { organization } = full;
  await v2.createMember(committee, { organization, email: "taken@example.org" });
  const member = await v2.createMember(committee, { organization });
  const ifMatch = await v2.etag("committee", pathOf(committee, member));
  const body = { email: "taken@example.org" };
  const put = async (path: string, sent: object, tag: string) => {
    const answer = await v2.call("committee", "PUT", path, { body: sent, ifMatch: tag });
    return [answer.status, String(answer.body["message"])];
  };
  const path = pathOf(committee, member);
  expect(await put(pathOf(nobody, nobody), body, "1")).toEqual([404, expect.stringContaining("member")]);
  expect(await put(pathOf(nobody, member), body, "4711")).toEqual([409, expect.stringContaining("modified")]);
  expect(await put(pathOf(nobody, member), body, ifMatch)).toEqual([400, expect.stringContaining("belong")]);
  expect(await put(path, body, ifMatch)).toEqual([400, expect.stringContaining("organization")]);
  const named = await put(path, { ...body, organization }, ifMatch);
  expect(named).toEqual([409, expect.stringContaining("same email")]);
});

test("row 23: members that lose a race get 409; of deletes that race the others get 404", async ({
  expect,
}) => {
  await using v2 = await setup({ latency: 30 });
  const committee = await newCommittee(v2);
  const path = pathOf(committee, await v2.createMember(committee, { email: "raced@example.org" }));
  const ifMatch = await v2.etag("committee", path);
  const put = () => v2.call("committee", "PUT", path, { body: { email: "raced@example.org" }, ifMatch });
  const puts = await Promise.all(Array.from({ length: 4 }, put));
  expect(statusesOf(puts)).toEqual([200, 409, 409, 409]);
  expect(puts.map(({ body }) => String(body["message"])).join()).toContain("revision conflict");
  const next = await v2.etag("committee", path);
  const remove = () => v2.call("committee", "DELETE", path, { ifMatch: next });
  expect(statusesOf(await Promise.all(Array.from({ length: 4 }, remove)))).toEqual([204, 404, 404, 404]);
});

test("row 24: X-Sync without an indexer: only a member's delete fails, after it is done", async ({
  expect,
}) => {
  await using v2 = await setup();
  v2.lfx.faults.indexer = "absent";
  const headers = { "x-sync": "1" };
  const committee = await newCommittee(v2);
  const created = await create(v2, committee, {}, headers);
  expect(created.status).toBe(201);
  const path = pathOf(committee, String(created.body["uid"]));
  expect((await update(v2, path, memberBody(), headers)).status).toBe(200);
  const ifMatch = await v2.etag("committee", path);
  expect((await v2.call("committee", "DELETE", path, { ifMatch, headers })).status).toBe(503);
  expect((await v2.call("committee", "GET", path)).status).toBe(404);
});

test("row 25: a deleted member is gone, and so is the reservation of its addresses", async ({
  v2,
  expect,
}) => {
  const committee = await newCommittee(v2);
  const path = pathOf(committee, await v2.createMember(committee, { email: "first@example.org" }));
  expect((await update(v2, path, { email: "second@example.org" })).status).toBe(200);
  await v2.lfx.settled();
  await v2.createMember(committee, { email: "first@example.org" });
  const ifMatch = await v2.etag("committee", path);
  const { status, text } = await v2.call("committee", "DELETE", path, { ifMatch });
  expect([status, text]).toEqual([204, ""]);
  expect((await v2.call("committee", "DELETE", path, { ifMatch })).status).toBe(404);
  await v2.createMember(committee, { email: "second@example.org" });
});
