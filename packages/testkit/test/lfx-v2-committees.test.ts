// SPDX-License-Identifier: Apache-2.0
import { withServers } from "@repo/testkit/vitest";
import { committeeBody, type Setup, setup, statusesOf, unique } from "./support/lfx-v2.ts";

const people = { "ada@example.org": { username: "ada", name: "Ada Lovelace" } };
const test = withServers({ v2: () => setup({ people }) });
const nobody = "00000000-0000-4000-8000-000000000000";

async function create(v2: Setup, fields: object = {}, project?: string) {
  const body = committeeBody(project ?? (await v2.createProject()), fields);
  return v2.call("committee", "POST", "/committees", { body });
}

async function update(v2: Setup, uid: string, body: object, headers: Readonly<Record<string, string>> = {}) {
  const path = `/committees/${uid}`;
  return v2.call("committee", "PUT", path, { body, headers, ifMatch: await v2.etag("committee", path) });
}

const source = { provider: "ocg", entity_type: "group", label: "x", url: "https://example.org/x" };
const full = {
  description: "d",
  website: "https://example.org/x",
  repository: "http://example.org",
  mailing_list: "A List <list@example.org>",
  chat_channel: "#x",
  enable_voting: true,
  requires_review: true,
  calendar: { public: true },
  display_name: "D",
  join_mode: "open",
  scope: ["a"],
  deliverables: ["b"],
  key_dates: [{ date: "2024-12", label: "l" }],
  external_sources: [source],
};

test.for([
  ["name", ["x".repeat(101)], "invalid_length"],
  ["category", ["", "board"], "invalid_enum_value"],
  ["project_uid", ["x", ""], "invalid_format"],
  ["description", ["x".repeat(2_001)], "invalid_length"],
  ["website", ["", "example.org"], "invalid_format"],
  ["website", ["/path", "https://a/x y", "https://.x"], "invalid_pattern"],
  ["mailing_list", ["", "x", "a@", "@b.org", "a b@c.org", "a..b@c.org"], "invalid_format"],
  ["chat_channel", ["x".repeat(501)], "invalid_length"],
  ["display_name", ["x".repeat(101)], "invalid_length"],
  ["parent_uid", [""], "invalid_format"],
  ["join_mode", ["any"], "invalid_enum_value"],
  ["scope", [Array<string>(51).fill("x"), ["x".repeat(501)]], "invalid_length"],
  ["key_dates", [[{ date: "2024-12" }]], "missing_field"],
  ["key_dates", [[{ date: "2024-13", label: "l" }]], "invalid_pattern"],
  ["external_sources", [[{ ...source, provider: "x" }]], "invalid_enum_value"],
  ["external_sources", [[{ ...source, url: `https://x.org/${"x".repeat(2_048)}` }]], "invalid_length"],
  ["member_visibility", ["public"], "invalid_enum_value"],
  ["last_reviewed_at", ["2024-01-01", "2024-01-01T25:00:00Z"], "invalid_format"],
  ["writers", [[{ username: "x", avatar: "" }]], "invalid_format"],
  ["chat_webhook_url", ["https://example.org/"], "invalid_pattern"],
] as const)("row 4: refuses a bad %s of a committee", async ([field, values, name], { v2, expect }) => {
  for (const value of values) {
    const { status, body } = await create(v2, { [field]: value });
    expect([status, body["name"]], JSON.stringify(value)).toEqual([400, name]);
  }
});

test("row 4: counts code points and takes every field", async ({ v2, expect }) => {
  const { status, body } = await create(v2, { ...full, name: "😀".repeat(100) });
  expect(status).toBe(201);
  expect(body).toMatchObject(full);
  expect((await create(v2, { name: "😀".repeat(101) })).status).toBe(400);
});

test("row 9: counts revisions of committees, settings and members apart", async ({ expect }) => {
  await using v2 = await setup();
  const committee = await v2.createCommittee(await v2.createProject());
  expect(await v2.etag("committee", `/committees/${committee}`)).toBe("2");
  expect(await v2.etag("committee", `/committees/${committee}/settings`)).toBe("1");
  const member = await v2.createMember(committee);
  expect(await v2.etag("committee", `/committees/${committee}/members/${member}?v=1`)).toBe("2");
});

test("row 10: refuses a stale revision of a committee with 409", async ({ v2, expect }) => {
  const uid = await v2.createCommittee(await v2.createProject());
  const path = `/committees/${uid}`;
  const sent = { body: committeeBody(nobody), ifMatch: "1" };
  for (const method of ["PUT", "DELETE"] as const) {
    const { status, body } = await v2.call(
      "committee",
      method,
      path,
      method === "PUT" ? sent : { ifMatch: "1" },
    );
    expect([status, body["message"]]).toEqual([409, "committee has been modified by another process"]);
  }
  const settings = { body: { business_email_required: true }, ifMatch: "4711" };
  expect((await v2.call("committee", "PUT", `${path}/settings`, settings)).status).toBe(409);
});

test("row 11: a committee's PUT replaces all but what is read-only", async ({ v2, expect }) => {
  const project = await v2.createProject();
  const uid = await v2.createCommittee(project, { ...full, sso_group_enabled: true });
  await v2.createMember(uid, { organization: { name: "A", website: "https://a.org" } });
  await v2.lfx.settled();
  const body = committeeBody(project, { total_members: 99, sso_group_name: "mine", has_mailing_list: true });
  expect((await update(v2, uid, body)).status).toBe(200);
  const after = await v2.call("committee", "GET", `/committees/${uid}`);
  expect(after.body).toEqual({
    uid,
    project_uid: project,
    project_name: "A project",
    name: body.name,
    category: "Board",
    enable_voting: false,
    sso_group_enabled: false,
    requires_review: false,
    public: false,
    calendar: { public: false },
    join_mode: "invite_only",
    has_mailing_list: false,
    sso_group_name: expect.stringContaining("-committee-"),
    total_members: 1,
  });
});

test("row 11: settings keep writers, auditors and the chat's address when they are left out", async ({
  v2,
  expect,
}) => {
  const uid = await v2.createCommittee(await v2.createProject(), {
    business_email_required: true,
    member_visibility: "basic_profile",
    show_meeting_attendees: true,
    last_reviewed_by: "me",
    writers: [{ username: "w" }],
    auditors: [{ username: "a" }],
    chat_webhook_url: "https://hooks.slack.com/x",
  });
  const path = `/committees/${uid}/settings`;
  const put = async (body: object) =>
    (await v2.call("committee", "PUT", path, { body, ifMatch: await v2.etag("committee", path) })).status;
  expect(await put({})).toBe(400);
  expect(await put({ business_email_required: false, auditors: [] })).toBe(200);
  const { body } = await v2.call("committee", "GET", path);
  expect(body).toEqual({
    uid,
    business_email_required: false,
    member_visibility: "hidden",
    show_meeting_attendees: false,
    has_chat_webhook: true,
    writers: [{ username: "w" }],
    created_at: expect.any(String),
    updated_at: expect.any(String),
  });
  expect(await put({ business_email_required: false, chat_webhook_url: "", writers: [] })).toBe(200);
  const cleared = await v2.call("committee", "GET", path);
  expect(cleared.body).toMatchObject({ has_chat_webhook: false });
  expect(cleared.body).not.toHaveProperty("writers");
});

test("row 13: a committee has no times, and its create shows the settings", async ({ v2, expect }) => {
  const { body } = await create(v2, { writers: [{ username: "w" }], chat_webhook_url: "" });
  expect(body).toMatchObject({
    member_visibility: "hidden",
    writers: [{ username: "w" }],
    join_mode: "invite_only",
  });
  for (const name of [
    "created_at",
    "updated_at",
    "project_name",
    "has_chat_webhook",
    "total_members",
    "chat_webhook_url",
  ])
    expect(body).not.toHaveProperty(name);
  const got = await v2.call("committee", "GET", `/committees/${String(body["uid"])}`);
  expect(got.body).toMatchObject({ project_name: "A project" });
  expect(got.body).not.toHaveProperty("created_at");
  expect(got.body).not.toHaveProperty("member_visibility");
});

test("row 18: writers and auditors are looked up; unknown ones lose their username", async ({
  v2,
  expect,
}) => {
  const { body } = await create(v2, {
    writers: [{ email: "ada@example.org", username: "liar" }],
    auditors: [{ email: "x@example.org", username: "liar" }],
  });
  expect(body["writers"]).toEqual([{ email: "ada@example.org", username: "ada", name: "Ada Lovelace" }]);
  expect(body["auditors"]).toEqual([{ email: "x@example.org" }]);
  expect((await create(v2, { writers: [{ name: "No one" }] })).status).toBe(400);
});

test("row 18: without the directory committees with such users are not written", async ({ expect }) => {
  await using v2 = await setup();
  v2.lfx.faults.directory = "down";
  expect((await create(v2, { writers: [{ email: "ada@example.org" }] })).status).toBe(500);
  expect(v2.lfx.model.list("committee")).toEqual([]);
  expect((await create(v2, { writers: [{ username: "ada" }] })).status).toBe(201);
});

test("row 19: CR2: the project must exist and have a name", async ({ v2, expect }) => {
  const unknown = await create(v2, {}, nobody);
  expect([unknown.status, String(unknown.body["message"])]).toEqual([
    404,
    expect.stringContaining("get_slug"),
  ]);
  const nameless = await create(v2, {}, await v2.createProject({ name: "" }));
  expect([nameless.status, String(nameless.body["message"])]).toEqual([
    404,
    expect.stringContaining("get_name"),
  ]);
  const uid = await v2.createCommittee(await v2.createProject());
  expect((await update(v2, uid, committeeBody(nobody))).status).toBe(404);
});

test("row 19: CR2: without the project service's answer it is 500", async ({ expect }) => {
  await using v2 = await setup();
  v2.lfx.faults.responders = "absent";
  const { status, body } = await create(v2);
  expect([status, String(body["message"])]).toEqual([
    500,
    expect.stringMatching(/no responders available for request$/),
  ]);
});

test("row 19: CR3: the parent must exist", async ({ v2, expect }) => {
  expect((await create(v2, { parent_uid: nobody })).status).toBe(404);
  const project = await v2.createProject();
  const parent_uid = await v2.createCommittee(project);
  const child = await v2.createCommittee(project, { parent_uid });
  expect((await update(v2, child, committeeBody(project, { parent_uid: nobody }))).status).toBe(404);
});

test("row 19: CR4: a name is one committee's in its project, case by case", async ({ v2, expect }) => {
  const project = await v2.createProject();
  const name = unique("Name");
  await v2.createCommittee(project, { name });
  const taken = await create(v2, { name }, project);
  expect([taken.status, String(taken.body["message"])]).toEqual([409, expect.stringContaining("same name")]);
  expect((await create(v2, { name: name.toUpperCase() }, project)).status).toBe(201);
  expect((await create(v2, { name })).status).toBe(201);
});

test("row 19: CR4: of eight creates of one name that race, one wins", async ({ expect }) => {
  await using v2 = await setup({ latency: 30 });
  const project = await v2.createProject();
  const answers = await Promise.all(Array.from({ length: 8 }, () => create(v2, { name: "One" }, project)));
  expect(statusesOf(answers)).toEqual([201, ...Array<number>(7).fill(409)]);
  expect(v2.lfx.model.list("committee")).toHaveLength(1);
});

test("row 19: CR5: makes a name for the SSO group, also of a public committee", async ({ v2, expect }) => {
  const slug = unique("sso");
  const project = await v2.createProject({ slug });
  const group = async (fields: object) => (await create(v2, fields, project)).body["sso_group_name"];
  expect(await group({ name: "Açme & Co. WG!", sso_group_enabled: true })).toBe(`${slug}-acme-and-co-wg`);
  expect(await group({ name: "Acme & Co WG", public: true })).toBe(`${slug}-acme-and-co-wg-2`);
  expect(await group({ name: "acme and co wg", public: true })).toBe(`${slug}-acme-and-co-wg-3`);
  expect(await group({ name: "Other" })).toBeUndefined();
});

test("row 19: CR5: gives up after a hundred, and lets go of the committee's name", async ({ v2, expect }) => {
  const slug = unique("full");
  const project = await v2.createProject({ slug });
  for (let n = 0; n < 100; n++) {
    const name = `x${"!".repeat(n)}`.slice(0, 100);
    expect((await create(v2, { name, public: true }, project)).status).toBe(201);
  }
  expect((await create(v2, { name: "X", public: true }, project)).status).toBe(500);
  expect((await create(v2, { name: "X" }, project)).status).toBe(201);
});

test("row 19: CR7: a new name frees the old one, and makes a new SSO name", async ({ v2, expect }) => {
  const project = await v2.createProject({ slug: unique("renamed") });
  const name = unique("Before");
  const uid = await v2.createCommittee(project, { name, sso_group_enabled: true });
  const after = await update(v2, uid, committeeBody(project, { name: "After", sso_group_enabled: true }));
  expect(after.body["sso_group_name"]).toMatch(/-after$/);
  await v2.lfx.settled();
  expect((await create(v2, { name }, project)).status).toBe(201);
  const off = await update(v2, uid, committeeBody(project, { name: "Third" }));
  expect(off.body["sso_group_name"]).toBe(after.body["sso_group_name"]);
  const late = await v2.createCommittee(project, { name: "Late" });
  const on = await update(v2, late, committeeBody(project, { name: "Late", public: true }));
  expect(on.body["sso_group_name"]).toMatch(/-late$/);
});

test("row 19: CR6: a name that is taken is refused on PUT", async ({ v2, expect }) => {
  const project = await v2.createProject();
  await v2.createCommittee(project, { name: "First" });
  const uid = await v2.createCommittee(project);
  expect((await update(v2, uid, committeeBody(project, { name: "First" }))).status).toBe(409);
});

test("row 20: CR8: a moved committee leaves its name behind, locked", async ({ v2, expect }) => {
  const [from, to] = [await v2.createProject(), await v2.createProject()];
  const uid = await v2.createCommittee(from, { name: "Moved" });
  expect((await update(v2, uid, committeeBody(to, { name: "Moved" }))).status).toBe(200);
  await v2.lfx.settled();
  expect((await create(v2, { name: "Moved" }, from)).status).toBe(409);
  expect((await create(v2, { name: "Moved" }, to)).status).toBe(201);
});

test("row 20: CR9: members survive their committee, out of reach of GET", async ({ v2, expect }) => {
  const project = await v2.createProject();
  const uid = await v2.createCommittee(project, { name: "Gone", public: true });
  const member = await v2.createMember(uid);
  await v2.lfx.settled();
  const path = `/committees/${uid}`;
  const memberPath = `${path}/members/${member}?v=1`;
  const memberTag = await v2.etag("committee", memberPath);
  const ifMatch = await v2.etag("committee", path);
  expect((await v2.call("committee", "DELETE", path, { ifMatch })).status).toBe(204);
  expect((await v2.call("committee", "GET", `${path}/settings`)).status).toBe(404);
  expect((await v2.call("committee", "GET", memberPath)).status).toBe(404);
  expect(v2.lfx.model.membersOf(uid)).toHaveLength(1);
  expect((await v2.call("committee", "DELETE", memberPath, { ifMatch: memberTag })).status).toBe(204);
  expect((await create(v2, { name: "Gone", public: true }, project)).status).toBe(201);
});

test("row 22: a member that comes or goes changes its committee's revision, a moment later", async ({
  expect,
}) => {
  await using v2 = await setup({ backgroundMs: 50 });
  const uid = await v2.createCommittee(await v2.createProject());
  const path = `/committees/${uid}`;
  const before = await v2.etag("committee", path);
  const member = await v2.createMember(uid);
  expect(await v2.etag("committee", path)).toBe(before);
  await v2.lfx.settled();
  const counted = await v2.call("committee", "GET", path);
  expect([counted.headers["etag"], counted.body["total_members"]]).toEqual([String(Number(before) + 1), 1]);
  const memberPath = `${path}/members/${member}?v=1`;
  const ifMatch = await v2.etag("committee", memberPath);
  expect((await v2.call("committee", "DELETE", memberPath, { ifMatch })).status).toBe(204);
  await v2.lfx.settled();
  const after = await v2.call("committee", "GET", path);
  expect(after.body).not.toHaveProperty("total_members");
  expect(Number(after.headers["etag"])).toBe(Number(before) + 2);
});

test.for([["name"], ["category"], ["project_uid"]] as const)(
  "row 22: a new %s of a committee changes its members",
  async ([field], { v2, expect }) => {
    const project = await v2.createProject();
    const uid = await v2.createCommittee(project, { name: "Before" });
    const member = `/committees/${uid}/members/${await v2.createMember(uid)}?v=1`;
    await v2.lfx.settled();
    const before = await v2.etag("committee", member);
    const same = committeeBody(project, { name: "Before" });
    await update(v2, uid, { ...same, description: "new" });
    await v2.lfx.settled();
    expect(await v2.etag("committee", member)).toBe(before);
    const changes = { name: "After", category: "Other", project_uid: await v2.createProject() };
    await update(v2, uid, { ...same, [field]: changes[field] });
    await v2.lfx.settled();
    const after = await v2.call("committee", "GET", member);
    expect(Number(after.headers["etag"])).toBeGreaterThan(Number(before));
    if (field === "name") expect(after.body["committee_name"]).toBe("After");
    if (field === "category") expect(after.body["committee_category"]).toBe("Other");
  },
);

test("row 23: a lost race for a committee or its settings is 500, with a revision that did change", async ({
  expect,
}) => {
  await using v2 = await setup({ latency: 30 });
  const project = await v2.createProject();
  const uid = await v2.createCommittee(project, { name: "Raced" });
  const paths = [
    [`/committees/${uid}`, committeeBody(project, { name: "Raced" })],
    [`/committees/${uid}/settings`, { business_email_required: true }],
  ] as const;
  for (const [path, body] of paths) {
    const ifMatch = await v2.etag("committee", path);
    const put = () => v2.call("committee", "PUT", path, { body, ifMatch });
    const answers = await Promise.all(Array.from({ length: 6 }, put));
    expect(statusesOf(answers)).toEqual([200, 500, 500, 500, 500, 500]);
    const lost = answers.find(({ status }) => status === 500);
    expect(String(lost?.body["message"])).toContain("wrong last sequence");
    expect(Number(await v2.etag("committee", path))).toBeGreaterThan(Number(ifMatch));
  }
});

test("row 23: a rename that loses the race gives the new name back", async ({ expect }) => {
  await using v2 = await setup();
  const project = await v2.createProject();
  const uid = await v2.createCommittee(project);
  v2.lfx.faults.next({ kind: "stale", shape: "native" }, ({ operation }) => operation === "update-committee");
  const lost = await update(v2, uid, committeeBody(project, { name: "Wanted", public: true }));
  expect([lost.status, String(lost.body["message"])]).toEqual([
    500,
    expect.stringContaining("wrong last sequence"),
  ]);
  const { status, body } = await create(v2, { name: "Wanted", public: true }, project);
  expect([status, body["sso_group_name"]]).toEqual([201, expect.stringMatching(/-wanted$/)]);
});

test("row 24: X-Sync without an indexer: creates and updates are fine, a delete is 503 after it", async ({
  expect,
}) => {
  await using v2 = await setup();
  v2.lfx.faults.indexer = "absent";
  const headers = { "x-sync": "1" };
  const project = await v2.createProject();
  const body = committeeBody(project);
  const created = await v2.call("committee", "POST", "/committees", { body, headers });
  expect(created.status).toBe(201);
  const uid = String(created.body["uid"]);
  expect((await update(v2, uid, committeeBody(project), headers)).status).toBe(200);
  const ifMatch = await v2.etag("committee", `/committees/${uid}`);
  const removed = await v2.call("committee", "DELETE", `/committees/${uid}`, { ifMatch, headers });
  expect([removed.status, removed.headers["goa-error"]]).toEqual([503, "ServiceUnavailable"]);
  expect((await v2.call("committee", "GET", `/committees/${uid}`)).status).toBe(404);
});

test("row 25: a deleted committee is gone, and its name is free", async ({ v2, expect }) => {
  const project = await v2.createProject();
  const uid = await v2.createCommittee(project, { name: "Deleted" });
  const ifMatch = await v2.etag("committee", `/committees/${uid}`);
  expect((await v2.call("committee", "DELETE", `/committees/${uid}`, { ifMatch })).status).toBe(204);
  expect((await v2.call("committee", "DELETE", `/committees/${uid}`, { ifMatch })).status).toBe(404);
  expect((await create(v2, { name: "Deleted" }, project)).status).toBe(201);
});
