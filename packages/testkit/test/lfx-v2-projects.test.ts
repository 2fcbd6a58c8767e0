// SPDX-License-Identifier: Apache-2.0
import { withServers } from "@repo/testkit/vitest";
import { projectBody, type Setup, setup, statusesOf, unique } from "./support/lfx-v2.ts";

const people = {
  "ada@example.org": { username: "ada", name: "Ada Lovelace", picture: "https://example.org/ada.png" },
};
const test = withServers({ v2: () => setup({ people }) });
const nobody = "00000000-0000-4000-8000-000000000000";

function create(v2: Setup, fields: object = {}) {
  return v2.call("project", "POST", "/projects", { body: projectBody(v2.lfx, fields) });
}

const full = {
  public: true,
  is_foundation: true,
  autojoin_enabled: true,
  stage: "Active",
  category: "TAC",
  funding: "Funded",
  funding_model: ["Crowdfunding", "Membership", "Membership"],
  legal_entity_type: "Series LLC",
  legal_entity_name: "An LLC",
  legal_parent_uid: nobody,
  entity_dissolution_date: "2024-02-29",
  formation_date: "2020-01-31",
  charter_url: "https://example.org/a b",
  entity_formation_document_url: "/relative",
  logo_url: "mailto:x",
  repository_url: "https://example.org:8080/x?y#z",
  website_url: "https://example.org",
};

test.for([
  ["slug", ["X", "1ab", "a", "a.b", "Ab", "ab-", "ROOT", ""], "invalid_pattern"],
  ["stage", ["active", ""], "invalid_enum_value"],
  ["category", ["Other"], "invalid_enum_value"],
  ["funding", ["None"], "invalid_enum_value"],
  ["funding_model", [["Crowdfunding", "Free"], [""]], "invalid_enum_value"],
  ["legal_entity_type", ["LLC"], "invalid_enum_value"],
  ["legal_parent_uid", ["x", ""], "invalid_format"],
  [
    "formation_date",
    ["2023-02-29", "2022-02-29", "1900-02-29", "2024-04-31", "2020-1-1", "2020-01-01T00:00:00Z", ""],
    "invalid_format",
  ],
  ["website_url", ["example.org", "", "https://a b/", "https://x:port/", "a/b", "/%zz"], "invalid_format"],
  ["executive_director", [{ email: "a@b" }, { avatar: "no-scheme" }], "invalid_pattern"],
  ["writers", [[{ email: "A <a@b.org>" }]], "invalid_pattern"],
  ["announcement_date", ["soon"], "invalid_format"],
] as const)("row 4: refuses a bad %s of a project", async ([field, values, name], { v2, expect }) => {
  for (const value of values) {
    const { status, body, headers } = await create(v2, { [field]: value });
    expect([status, body["name"]], JSON.stringify(value)).toEqual([400, name]);
    expect(headers["goa-error"]).toBeUndefined();
  }
});

test("row 4: takes every field of a project, and gives it back", async ({ v2, expect }) => {
  const { status, body } = await create(v2, full);
  expect(status).toBe(201);
  expect(body).toMatchObject(full);
});

test.for(["slug", "name", "description", "parent_uid"])(
  "row 4: a project needs its %s, which may be empty but for the slug",
  async (field, { v2, expect }) => {
    const { status, body } = await create(v2, { [field]: undefined });
    expect([status, body["name"]]).toEqual([400, "missing_field"]);
    if (field !== "slug") expect((await create(v2, { [field]: "" })).status).toBe(201);
  },
);

test("row 4: tells all that is wrong at once", async ({ v2, expect }) => {
  const { body } = await create(v2, { name: undefined, slug: "X", stage: "x" });
  expect(body["name"]).toBe("missing_field");
  expect(String(body["message"]).split("; ")).toHaveLength(3);
});

test("row 9: gives an ETag on GET only, a bare number that grows with gaps", async ({ v2, expect }) => {
  const created = await create(v2);
  expect(created.headers["etag"]).toBeUndefined();
  const path = `/projects/${String(created.body["uid"])}`;
  const first = Number(await v2.etag("project", path));
  expect(await v2.etag("project", path)).toBe(String(first));
  const other = await v2.createProject();
  expect(await v2.etag("project", path)).toBe(String(first));
  const second = Number(await v2.etag("project", `/projects/${other}`));
  expect(second).toBeGreaterThan(first + 1);
  const put = { body: projectBody(v2.lfx), ifMatch: String(second) };
  const updated = await v2.call("project", "PUT", `/projects/${other}`, put);
  expect([updated.status, updated.headers["etag"]]).toEqual([200, undefined]);
  const settings = Number(await v2.etag("project", `/projects/${other}/settings`));
  expect(settings).toBeLessThan(second);
});

test("row 10: refuses a stale revision of a project and of its settings with 409", async ({ v2, expect }) => {
  const uid = await v2.createProject({ funding_model: ["Crowdfunding"] });
  const path = `/projects/${uid}`;
  const stale = await v2.etag("project", path);
  v2.lfx.model.edit("project", uid, { name: "By another" });
  const staleSettings = await v2.etag("project", `${path}/settings`);
  v2.lfx.model.edit("project-settings", uid);
  const answers = [
    await v2.call("project", "PUT", path, { body: projectBody(v2.lfx), ifMatch: stale }),
    await v2.call("project", "DELETE", path, { ifMatch: stale }),
    await v2.call("project", "PUT", `${path}/settings`, { body: {}, ifMatch: staleSettings }),
  ];
  for (const { status, body } of answers)
    expect([status, body]).toEqual([409, { code: "409", message: "revision mismatch" }]);
  expect((await v2.call("project", "GET", path)).body["name"]).toBe("By another");
});

test("row 10: eight updates by one revision: one wins, seven get 409", async ({ expect }) => {
  await using v2 = await setup({ latency: 30 });
  const path = `/projects/${await v2.createProject()}`;
  const ifMatch = await v2.etag("project", path);
  const put = () => v2.call("project", "PUT", path, { body: projectBody(v2.lfx), ifMatch });
  const answers = await Promise.all(Array.from({ length: 8 }, put));
  expect(statusesOf(answers)).toEqual([200, ...Array<number>(7).fill(409)]);
});

test("row 11: a project's PUT replaces, and keeps what is read-only", async ({ v2, expect }) => {
  const created = await create(v2, full);
  const path = `/projects/${String(created.body["uid"])}`;
  const sent = projectBody(v2.lfx, { uid: nobody, created_at: "2001-01-01T00:00:00Z", public: true });
  const put = { body: sent, ifMatch: await v2.etag("project", path) };
  expect((await v2.call("project", "PUT", path, put)).status).toBe(200);
  const { body } = await v2.call("project", "GET", path);
  expect(body).toEqual({
    uid: created.body["uid"],
    slug: sent.slug,
    name: "A project",
    parent_uid: v2.lfx.rootUid,
    public: true,
    is_foundation: false,
    autojoin_enabled: false,
    created_at: created.body["created_at"],
    updated_at: expect.any(String),
  });
});

test("row 11: the PUT of a project's settings clears what is left out", async ({ v2, expect }) => {
  const uid = await v2.createProject({
    mission_statement: "To be",
    announcement_date: "2024-01-01",
    writers: [{ username: "w" }],
    program_manager: { username: "p" },
  });
  const path = `/projects/${uid}/settings`;
  const before = await v2.call("project", "GET", path);
  expect(before.body).toMatchObject({ mission_statement: "To be", program_manager: { username: "p" } });
  const put = { body: { auditors: [] }, ifMatch: String(before.headers["etag"]) };
  expect((await v2.call("project", "PUT", path, put)).status).toBe(200);
  const { body } = await v2.call("project", "GET", path);
  expect(Object.keys(body).toSorted()).toEqual(["created_at", "uid", "updated_at"]);
});

test("row 12: an identical PUT makes a new revision, and keeps the time of creation", async ({
  v2,
  expect,
}) => {
  const { uid, ...created } = (await create(v2, full)).body;
  const path = `/projects/${String(uid)}`;
  const ifMatch = await v2.etag("project", path);
  const body = { ...created, description: "" };
  expect((await v2.call("project", "PUT", path, { body, ifMatch })).status).toBe(200);
  const after = await v2.call("project", "GET", path);
  expect(Number(after.headers["etag"])).toBeGreaterThan(Number(ifMatch));
  expect(after.body["created_at"]).toBe(created["created_at"]);
});

test("row 13: leaves out what is empty, and gives users whole on GET only", async ({ v2, expect }) => {
  const created = await create(v2, {
    writers: [{ username: "w", invite: { uid: "x" } }, null],
    funding_model: [],
  });
  expect(created.body).not.toHaveProperty("description");
  expect(created.body).not.toHaveProperty("funding_model");
  expect(created.body["writers"]).toEqual([{ username: "w" }, {}]);
  const path = `/projects/${String(created.body["uid"])}`;
  expect((await v2.call("project", "GET", path)).body).not.toHaveProperty("writers");
  const { body } = await v2.call("project", "GET", `${path}/settings`);
  const empty = { name: "", email: "", username: "", avatar: "" };
  expect(body["writers"]).toEqual([{ ...empty, username: "w" }, empty]);
  const list = await v2.call("project", "GET", "/projects");
  const projects: readonly unknown[] = Array.isArray(list.body["projects"]) ? list.body["projects"] : [];
  expect(projects).toContainEqual(created.body);
});

test("row 14: PR1: an archived project needs the date of its end", async ({ v2, expect }) => {
  const archived = await create(v2, { stage: "Archived" });
  expect([archived.status, archived.body["code"]]).toEqual([400, "400"]);
  const stored = await v2.createProject();
  const path = `/projects/${stored}`;
  const body = projectBody(v2.lfx, { stage: "Archived" });
  expect((await v2.call("project", "PUT", path, { body, ifMatch: "1" })).status).toBe(400);
  expect((await create(v2, { stage: "Archived", entity_dissolution_date: "2024-01-01" })).status).toBe(201);
});

test("row 14: PR2: a slug is one project's", async ({ v2, expect }) => {
  const slug = unique("taken");
  const first = await v2.createProject({ slug });
  const second = await create(v2, { slug });
  expect([second.status, second.body["message"]]).toEqual([409, "project slug already exists"]);
  const other = `/projects/${await v2.createProject()}`;
  const taken = { body: projectBody(v2.lfx, { slug }), ifMatch: await v2.etag("project", other) };
  expect((await v2.call("project", "PUT", other, taken)).status).toBe(409);
  const own = {
    body: projectBody(v2.lfx, { slug }),
    ifMatch: await v2.etag("project", `/projects/${first}`),
  };
  expect((await v2.call("project", "PUT", `/projects/${first}`, own)).status).toBe(200);
});

test("row 14: PR4: a parent is a uid of a project, or nothing; the slug comes first", async ({
  v2,
  expect,
}) => {
  const slug = unique("taken");
  await v2.createProject({ slug });
  const of = async (fields: object) => {
    const { status, body } = await create(v2, fields);
    return [status, body["message"]];
  };
  expect(await of({ parent_uid: "x" })).toEqual([400, "validation failed"]);
  expect(await of({ parent_uid: nobody })).toEqual([400, "invalid parent project"]);
  expect(await of({ parent_uid: nobody, slug })).toEqual([409, "project slug already exists"]);
  const uid = await v2.createProject({ parent_uid: "" });
  const put = {
    body: projectBody(v2.lfx, { parent_uid: uid }),
    ifMatch: await v2.etag("project", `/projects/${uid}`),
  };
  expect((await v2.call("project", "PUT", `/projects/${uid}`, put)).status).toBe(200);
});

test("row 14: PR8: only a project of crowdfunding alone can be deleted", async ({ v2, expect }) => {
  for (const funding_model of [undefined, [], ["Membership"], ["Crowdfunding", "Crowdfunding"]]) {
    const uid = await v2.createProject({ funding_model });
    const { status, body } = await v2.call("project", "DELETE", `/projects/${uid}`, { ifMatch: "1" });
    expect([status, body["code"]], JSON.stringify(funding_model)).toEqual([400, "400"]);
  }
});

test("row 15: creates of one slug that race all succeed, and the index names the last", async ({
  expect,
}) => {
  await using v2 = await setup({ latency: 50 });
  const slug = "raced";
  const answers = await Promise.all(Array.from({ length: 8 }, () => create(v2, { slug })));
  expect(answers.map(({ status }) => status)).toEqual(Array<number>(8).fill(201));
  expect(v2.lfx.model.list("project").filter(({ data }) => data["slug"] === slug)).toHaveLength(8);
  expect(v2.lfx.model.uidOfSlug(slug)).toBe(v2.lfx.record.writes.at(-1)?.uid);
  expect((await create(v2, { slug })).status).toBe(409);
});

test("row 16: a new slug with a stale revision is refused, and the index moved", async ({ v2, expect }) => {
  const [oldSlug, newSlug] = [unique("old"), unique("new")];
  const uid = await v2.createProject({ slug: oldSlug });
  const stale = await v2.etag("project", `/projects/${uid}`);
  v2.lfx.model.edit("project", uid);
  const put = { body: projectBody(v2.lfx, { slug: newSlug }), ifMatch: stale };
  expect((await v2.call("project", "PUT", `/projects/${uid}`, put)).status).toBe(409);
  expect(v2.lfx.model.uidOfSlug(newSlug)).toBe(uid);
  expect(v2.lfx.model.uidOfSlug(oldSlug)).toBeUndefined();
  expect(v2.lfx.model.get("project", uid)?.data["slug"]).toBe(oldSlug);
});

test("row 17: holds ROOT from the start", async ({ v2, expect }) => {
  const { status, body } = await v2.call("project", "GET", `/projects/${v2.lfx.rootUid}`);
  expect([status, body["slug"]]).toEqual([200, "ROOT"]);
  expect(v2.lfx.model.uidOfSlug("ROOT")).toBe(v2.lfx.rootUid);
});

test("row 18: replaces what is said of users by what the directory knows", async ({ v2, expect }) => {
  const created = await create(v2, {
    writers: [
      { email: " ADA@example.org".trim(), username: "liar", name: "Somebody" },
      { email: "nobody@example.org", username: "liar" },
      { username: "kept" },
    ],
  });
  expect(created.body["writers"]).toEqual([
    {
      email: "ADA@example.org",
      username: "ada",
      name: "Ada Lovelace",
      avatar: "https://example.org/ada.png",
    },
    { email: "nobody@example.org" },
    { username: "kept" },
  ]);
});

test("row 18: without the directory nothing is written", async ({ expect }) => {
  await using v2 = await setup();
  const uid = await v2.createProject();
  v2.lfx.faults.directory = "down";
  const writes = v2.lfx.record.writeCount;
  const user = { email: "ada@example.org" };
  expect((await create(v2, { program_manager: user })).status).toBe(500);
  const ifMatch = await v2.etag("project", `/projects/${uid}/settings`);
  const put = { body: { writers: [user] }, ifMatch };
  expect((await v2.call("project", "PUT", `/projects/${uid}/settings`, put)).status).toBe(500);
  expect(v2.lfx.record.writeCount).toBe(writes);
  expect((await create(v2, { program_manager: { username: "ada" } })).status).toBe(201);
});

test("row 24: X-Sync without an indexer is 500 after the write", async ({ expect }) => {
  await using v2 = await setup();
  v2.lfx.faults.indexer = "absent";
  const headers = { "x-sync": "true" };
  const body = projectBody(v2.lfx, { funding_model: ["Crowdfunding"] });
  expect((await v2.call("project", "POST", "/projects", { body, headers })).status).toBe(500);
  const uid = v2.lfx.model.uidOfSlug(body.slug);
  const path = `/projects/${uid}`;
  const put = { body: { ...body, name: "Changed" }, headers, ifMatch: await v2.etag("project", path) };
  expect((await v2.call("project", "PUT", path, put)).status).toBe(500);
  const after = await v2.call("project", "GET", path);
  expect(after.body["name"]).toBe("Changed");
  const remove = { headers, ifMatch: String(after.headers["etag"]) };
  expect((await v2.call("project", "DELETE", path, remove)).status).toBe(500);
  expect((await v2.call("project", "GET", path)).status).toBe(404);
  expect((await create(v2)).status).toBe(201);
});

test("row 25: a deleted project is gone with its settings, and its slug is free", async ({ v2, expect }) => {
  const slug = unique("deleted");
  const uid = await v2.createProject({ slug, funding_model: ["Crowdfunding"] });
  const path = `/projects/${uid}`;
  const ifMatch = await v2.etag("project", path);
  const first = await v2.call("project", "DELETE", path, { ifMatch });
  expect([first.status, first.text]).toEqual([204, ""]);
  expect((await v2.call("project", "DELETE", path, { ifMatch })).status).toBe(404);
  expect((await v2.call("project", "GET", `${path}/settings`)).status).toBe(404);
  expect(v2.lfx.model.get("project-settings", uid)).toBeUndefined();
  expect((await create(v2, { slug })).status).toBe(201);
});

test("row 25: a twin's deletion takes the slug of the one that is left", async ({ expect }) => {
  await using v2 = await setup({ latency: 50 });
  const fields = { slug: "twins", funding_model: ["Crowdfunding"] };
  const [first] = await Promise.all([v2.createProject(fields), v2.createProject(fields)]);
  const path = `/projects/${first}`;
  const remove = { ifMatch: await v2.etag("project", path) };
  expect((await v2.call("project", "DELETE", path, remove)).status).toBe(204);
  expect(v2.lfx.model.uidOfSlug("twins")).toBeUndefined();
});
