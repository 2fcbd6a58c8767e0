// SPDX-License-Identifier: Apache-2.0
import { withServers } from "@repo/testkit/vitest";
import { committeeBody, memberBody, projectBody, setup, token } from "./support/lfx-v2.ts";

const test = withServers({ v2: () => setup() });
const nobody = "00000000-0000-4000-8000-000000000000";

test.for([
  ["project", "GET", "/projects", 200],
  ["project", "POST", "/projects", 400],
  ["project", "GET", `/projects/${nobody}`, 404],
  ["project", "PUT", `/projects/${nobody}`, 400],
  ["project", "DELETE", `/projects/${nobody}`, 400],
  ["project", "GET", `/projects/${nobody}/settings`, 404],
  ["project", "PUT", `/projects/${nobody}/settings`, 400],
  ["committee", "POST", "/committees", 400],
  ["committee", "GET", `/committees/${nobody}`, 404],
  ["committee", "PUT", `/committees/${nobody}`, 400],
  ["committee", "DELETE", `/committees/${nobody}`, 400],
  ["committee", "GET", `/committees/${nobody}/settings`, 404],
  ["committee", "PUT", `/committees/${nobody}/settings`, 400],
  ["committee", "POST", `/committees/${nobody}/members?v=1`, 400],
  ["committee", "GET", `/committees/${nobody}/members/${nobody}?v=1`, 404],
  ["committee", "PUT", `/committees/${nobody}/members/${nobody}?v=1`, 400],
  ["committee", "DELETE", `/committees/${nobody}/members/${nobody}?v=1`, 400],
] as const)("row 1: serves %s %s %s", async ([service, method, path, status], { v2, expect }) => {
  expect((await v2.call(service, method, path)).status).toBe(status);
});

test("row 1: is healthy", async ({ v2, expect }) => {
  for (const service of ["project", "committee"] as const) {
    for (const path of ["/livez", "/readyz"]) {
      const { status, text } = await v2.call(service, "GET", path);
      expect([status, text]).toEqual([200, "OK\n"]);
    }
  }
});

test.for([
  ["project", "PATCH", `/projects/${nobody}`, "GET, PUT, DELETE"],
  ["project", "DELETE", "/projects", "GET, POST"],
  ["project", "POST", "/livez", "GET"],
  ["committee", "GET", "/committees", "POST"],
  ["committee", "GET", `/committees/${nobody}/members?v=1`, "POST"],
] as const)("row 1: has no %s %s %s", async ([service, method, path, allow], { v2, expect }) => {
  const { status, text, headers } = await v2.call(service, method, path);
  expect([status, text, headers["allow"]]).toEqual([405, "", allow]);
});

test.for([
  ["project", "/"],
  ["project", "/projects/"],
  ["project", "/committees"],
  ["project", `/projects/${nobody}/`],
  ["project", `/projects/${nobody}/folders/x/y`],
  ["committee", "/projects"],
  ["committee", `/committees/${nobody}/members/`],
] as const)("row 1: does not know %s %s", async ([service, path], { v2, expect }) => {
  const { status, body, headers } = await v2.call(service, "GET", path);
  expect(status).toBe(404);
  expect(body).toMatchObject({ name: "fault", fault: true, temporary: false, timeout: false });
  expect(body["id"]).toMatch(/^[\w-]{8}$/);
  expect(headers["goa-error"]).toBeUndefined();
});

const badToken = { authorization: "Bearer none" };

test("row 2: looks at body, parameters, token and rules, in this order", async ({ v2, expect }) => {
  const bad = { ...projectBody(v2.lfx), slug: "X" };
  const path = `/projects/${nobody}?v=2`;
  const answers = [
    await v2.call("project", "PUT", path, { body: "{", headers: badToken }),
    await v2.call("project", "PUT", path, { body: bad, headers: badToken }),
    await v2.call("project", "PUT", path, { body: projectBody(v2.lfx), headers: badToken }),
    await v2.call("project", "PUT", `/projects/${nobody}`, { body: projectBody(v2.lfx), headers: badToken }),
    await v2.call("project", "PUT", `/projects/${nobody}`, { body: projectBody(v2.lfx) }),
    await v2.call("project", "PUT", `/projects/${nobody}`, { body: projectBody(v2.lfx), ifMatch: "1" }),
  ];
  expect(answers.map(({ status, body }) => [status, body["name"] ?? body["message"]])).toEqual([
    [400, "decode_payload"],
    [400, "invalid_pattern"],
    [400, "invalid_enum_value"],
    [500, "fault"],
    [400, "validation failed"],
    [404, "project not found"],
  ]);
});

test("row 3: ignores what it does not know, and records it", async ({ v2, expect }) => {
  const committee = await v2.createCommittee(await v2.createProject());
  const body = { ...memberBody(), shoe_size: 43, organization: { name: "ACME", size: "L" } };
  const created = await v2.call("committee", "POST", `/committees/${committee}/members?v=1`, { body });
  expect(created.status).toBe(201);
  expect(created.body).not.toHaveProperty("shoe_size");
  expect(v2.lfx.record.writes.at(-1)?.unknown).toEqual({ shoe_size: 43, "organization.size": "L" });
  expect(v2.lfx.record.writes.at(-1)?.body).toEqual(body);
});

test("row 3: takes null for absent", async ({ v2, expect }) => {
  const optional = { ...projectBody(v2.lfx), stage: null, funding_model: null, writers: null };
  expect((await v2.call("project", "POST", "/projects", { body: optional })).status).toBe(201);
  const required = { ...projectBody(v2.lfx), slug: null };
  const { status, body } = await v2.call("project", "POST", "/projects", { body: required });
  expect([status, body["name"]]).toEqual([400, "missing_field"]);
});

test("row 3: takes names whatever their case", async ({ v2, expect }) => {
  const { slug, ...rest } = projectBody(v2.lfx);
  const { status, body } = await v2.call("project", "POST", "/projects", { body: { ...rest, Slug: slug } });
  expect([status, body["slug"]]).toEqual([201, slug]);
});

test.for([
  ["a number for a text", { name: 7 }],
  ["a text for a flag", { public: "yes" }],
  ["a text for a list", { funding_model: "Crowdfunding" }],
  ["a number in a list", { funding_model: [1] }],
  ["a list for an object", { executive_director: [] }],
] as const)("row 3: refuses %s", async ([, fields], { v2, expect }) => {
  const { status, body, headers } = await v2.call("project", "POST", "/projects", {
    body: projectBody(v2.lfx, fields),
  });
  expect([status, body["name"], headers["goa-error"]]).toEqual([400, "decode_payload", undefined]);
});

test.for([
  ["nothing", "", {}, 400, "missing_payload"],
  ["what is no JSON", "{", {}, 400, "decode_payload"],
  ["a list", "[]", {}, 400, "decode_payload"],
  ["a null", "null", {}, 400, "missing_field"],
  ["plain text", "{}", { "content-type": "text/plain" }, 400, "decode_payload"],
  ["an unknown type", "{}", { "content-type": "application/x-yaml" }, 415, "unsupported_media_type"],
  ["JSON with a charset", "{}", { "content-type": "application/json; charset=utf-8" }, 400, "missing_field"],
] as const)("row 3: answers a body of %s", async ([, text, headers, status, name], { v2, expect }) => {
  const answer = await v2.call("project", "POST", "/projects", { body: text, headers });
  expect([answer.status, answer.body["name"]]).toEqual([status, name]);
});

test("row 3: the project service takes 11 MiB and no more", async ({ v2, expect }) => {
  const fits = projectBody(v2.lfx, { description: "x".repeat(11 * 1024 * 1024 - 1_000) });
  expect((await v2.call("project", "POST", "/projects", { body: fits })).status).toBe(201);
  const large = projectBody(v2.lfx, { description: "x".repeat(11 * 1024 * 1024) });
  expect((await v2.call("project", "POST", "/projects", { body: large })).body["name"]).toBe(
    "decode_payload",
  );
});

test("row 5: knows version 1 only, and needs it for members", async ({ v2, expect }) => {
  const committee = await v2.createCommittee(await v2.createProject());
  const member = await v2.createMember(committee);
  const statusOf = async (service: "project" | "committee", path: string) =>
    (await v2.call(service, "GET", path)).status;
  const root = `/projects/${v2.lfx.rootUid}`;
  for (const path of [root, `${root}?v=1`, `${root}?v=`])
    expect(await statusOf("project", path), path).toBe(200);
  expect(await statusOf("project", `${root}?v=2`)).toBe(400);
  expect(await statusOf("committee", `/committees/${committee}`)).toBe(200);
  const path = `/committees/${committee}/members/${member}`;
  expect(await statusOf("committee", `${path}?v=1`)).toBe(200);
  for (const query of ["", "?v=", "?v=2"]) expect(await statusOf("committee", path + query), query).toBe(400);
});

test("row 6: takes Go's words for flags in headers and ignores X-On-Behalf-Of", async ({ v2, expect }) => {
  const create = (headers: Readonly<Record<string, string>>) =>
    v2.call("project", "POST", "/projects", { body: projectBody(v2.lfx), headers });
  for (const word of ["1", "t", "T", "true", "TRUE", "True", "0", "f", "F", "false", "FALSE", "False"])
    expect((await create({ "x-sync": word })).status, word).toBe(201);
  for (const word of ["yes", "tRUE", "2"])
    expect((await create({ "x-sync": word })).body["name"], word).toBe("invalid_field_type");
  expect((await create({ "x-on-behalf-of": "someone" })).status).toBe(201);
  expect(v2.lfx.record.writes.at(-1)).toMatchObject({
    onBehalfOf: "someone",
    principal: "jdoe",
    sub: "jdoe",
  });
});

test("row 6: members know two flags more, each on its own calls", async ({ v2, expect }) => {
  const committee = await v2.createCommittee(await v2.createProject());
  const path = `/committees/${committee}/members`;
  const create = (headers: Readonly<Record<string, string>>) =>
    v2.call("committee", "POST", `${path}?v=1`, { body: memberBody(), headers });
  expect((await create({ "x-skip-notification": "perhaps" })).status).toBe(400);
  expect((await create({ "x-skip-enrichment": "perhaps" })).status).toBe(400);
  expect((await create({ "x-skip-notification": "1", "x-skip-enrichment": "T" })).status).toBe(201);
  const member = await v2.createMember(committee);
  const put = { body: memberBody(), headers: { "x-skip-notification": "perhaps" }, ifMatch: "1" };
  expect((await v2.call("committee", "PUT", `${path}/${member}?v=1`, put)).status).toBe(409);
});

test("row 8: each service has its own body of errors", async ({ v2, expect }) => {
  const project = await v2.call("project", "GET", `/projects/${nobody}`);
  expect(project.body).toEqual({ code: "404", message: "project not found" });
  expect(project.headers["goa-error"]).toBe("NotFound");
  const committee = await v2.call("committee", "DELETE", `/committees/${nobody}`, { ifMatch: '"1"' });
  expect(Object.keys(committee.body)).toEqual(["message"]);
  expect(committee.headers["goa-error"]).toBe("BadRequest");
});

test("row 10: checks the syntax of If-Match before it looks for the object", async ({ v2, expect }) => {
  const paths = [
    ["project", `/projects/${nobody}`, projectBody(v2.lfx)],
    ["project", `/projects/${nobody}/settings`, {}],
    ["committee", `/committees/${nobody}`, committeeBody(nobody)],
    ["committee", `/committees/${nobody}/settings`, { business_email_required: false }],
    ["committee", `/committees/${nobody}/members/${nobody}?v=1`, memberBody()],
  ] as const;
  const bad = ["", '"14"', 'W/"14"', "*", "-1", "1.0", "0x1", "18446744073709551616"];
  for (const [service, path, body] of paths) {
    expect((await v2.call(service, "PUT", path, { body })).status, path).toBe(400);
    for (const ifMatch of bad)
      expect((await v2.call(service, "PUT", path, { body, ifMatch })).status, `${path} ${ifMatch}`).toBe(400);
    expect((await v2.call(service, "PUT", path, { body, ifMatch: "18446744073709551615" })).status).toBe(404);
    if (path.includes("settings")) continue;
    expect((await v2.call(service, "DELETE", path)).status, path).toBe(400);
    expect((await v2.call(service, "DELETE", path, { ifMatch: "007" })).status, path).toBe(404);
  }
});

test("row 27: gives back a request's id, or one of its own", async ({ v2, expect }) => {
  const given = { "x-request-id": "my-own" };
  const paths = [`/projects/${v2.lfx.rootUid}`, "/nothing", "/livez"];
  for (const path of paths) {
    const echoed = await v2.call("project", "GET", path, { headers: given });
    expect(echoed.headers["x-request-id"], path).toBe("my-own");
    const own = await v2.call("project", "GET", path);
    expect(own.headers["x-request-id"], path).toMatch(/^[0-9a-f-]{36}$/);
  }
  expect((await v2.call("project", "PATCH", "/projects")).headers["x-request-id"]).toMatch(/^[0-9a-f-]{36}$/);
});

test("row 29: keys are in lower case", async ({ v2, expect }) => {
  const project = await v2.createProject();
  expect((await v2.call("project", "GET", `/projects/${project.toUpperCase()}`)).status).toBe(404);
  expect((await v2.call("project", "GET", `/projects/${project.replaceAll("-", "")}`)).status).toBe(404);
  expect((await v2.call("project", "GET", `/projects/urn:uuid:${project}`)).status).toBe(500);
  const { status, body } = await v2.call("project", "GET", "/projects/not-a-uid");
  expect([status, body["name"]]).toEqual([400, "invalid_format"]);
});

test("keeps times in whole seconds, in UTC", async ({ v2, expect }) => {
  const { body } = await v2.call("project", "POST", "/projects", { body: projectBody(v2.lfx) });
  expect(body["created_at"]).toMatch(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/);
});

test("row 7: tells the two services' tokens apart", async ({ v2, expect }) => {
  const headers = { authorization: `Bearer ${await token("committee")}` };
  expect((await v2.call("project", "GET", `/projects/${v2.lfx.rootUid}`, { headers })).status).toBe(500);
});
