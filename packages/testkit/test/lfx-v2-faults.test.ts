// SPDX-License-Identifier: Apache-2.0
import { waitFor } from "@repo/testkit";
import { type Fault, type FaultRequest, seededFaults } from "@repo/testkit/lfx-v2";
import { expect, test } from "vitest";
import { committeeBody, GaveUpError, memberBody, projectBody, type Setup, setup } from "./support/lfx-v2.ts";

const isCreate = ({ operation }: FaultRequest) => operation.startsWith("create-");
const isUpdate = ({ operation }: FaultRequest) => operation.startsWith("update-");

/** A create with one fault: what the client saw, and how many projects there are besides ROOT then. */
async function createWith(v2: Setup, fault: Fault, givesUpWhen?: () => boolean) {
  v2.lfx.faults.next(fault, isCreate);
  const body = projectBody(v2.lfx);
  const answer =
    givesUpWhen === undefined
      ? await v2.call("project", "POST", "/projects", { body }).catch((error: unknown) => error)
      : await v2.giveUp("project", "POST", "/projects", { body }, givesUpWhen);
  return { answer, slug: body.slug, projects: v2.lfx.model.list("project").length - 1 };
}

const gaveUp = expect.any(GaveUpError);

test.for([429, 500, 502, 503, 504])("row 26: answers %i before acting", async (status, { expect }) => {
  await using v2 = await setup();
  const { answer, projects } = await createWith(v2, { kind: "status", status });
  expect(answer).toMatchObject({ status });
  expect(projects).toBe(0);
});

test("says when to come again, in seconds or as a date", async ({ expect }) => {
  await using v2 = await setup();
  const retryAfter = new Date("2026-01-01T00:00:00Z");
  const seconds = await createWith(v2, { kind: "status", status: 429, retryAfter: 7 });
  expect(seconds.answer).toMatchObject({ headers: { "retry-after": "7" } });
  const date = await createWith(v2, { kind: "status", status: 503, retryAfter });
  expect(date.answer).toMatchObject({ headers: { "retry-after": "Thu, 01 Jan 2026 00:00:00 GMT" } });
});

test("answers with a proxy's page, or with nothing", async ({ expect }) => {
  await using v2 = await setup();
  const page = await createWith(v2, { kind: "status", status: 502, body: "html" });
  expect(page.answer).toMatchObject({
    headers: { "content-type": "text/html" },
    text: expect.stringContaining("<html>"),
  });
  const nothing = await createWith(v2, { kind: "status", status: 500, body: "empty" });
  expect(nothing.answer).toMatchObject({ text: "" });
});

test("row 26: resets before acting, or after the commit", async ({ expect }) => {
  await using v2 = await setup();
  const before = await createWith(v2, { kind: "reset-before" });
  expect([before.answer, before.projects]).toEqual([expect.objectContaining({ code: "ECONNRESET" }), 0]);
  const after = await createWith(v2, { kind: "reset-after" });
  expect([after.answer, after.projects]).toEqual([expect.objectContaining({ code: "ECONNRESET" }), 1]);
  expect(v2.lfx.record.writes.at(-1)).toMatchObject({ method: "POST", wasAnswered: false });
});

test("row 26: hangs before acting, or after the commit, until the client gives up", async ({ expect }) => {
  await using v2 = await setup();
  const before = await createWith(v2, { kind: "hang-before" }, () => true);
  expect([before.answer, before.projects]).toEqual([gaveUp, 0]);
  const after = await createWith(v2, { kind: "lost" }, () => v2.lfx.record.writeCount === 1);
  expect([after.answer, after.projects]).toEqual([gaveUp, 1]);
});

test("row 26: hangs, then closes", async ({ expect }) => {
  await using v2 = await setup();
  const before = await createWith(v2, { kind: "hang-before", closeAfterMs: 20 });
  expect(before).toMatchObject({ answer: { code: "UND_ERR_SOCKET" }, projects: 0 });
  const after = await createWith(v2, { kind: "lost", closeAfterMs: 20 });
  expect(after).toMatchObject({ answer: { code: "UND_ERR_SOCKET" }, projects: 1 });
});

test("row 26: the store fails, with nothing written", async ({ expect }) => {
  await using v2 = await setup();
  const { answer, projects } = await createWith(v2, { kind: "storage-error" });
  expect([answer, projects]).toEqual([expect.objectContaining({ status: 500 }), 0]);
});

test("breaks off in the middle of the answer", async ({ expect }) => {
  await using v2 = await setup();
  const { answer, projects } = await createWith(v2, { kind: "truncated" });
  expect([answer, projects]).toEqual([expect.any(Error), 1]);
});

test("trickles the answer", async ({ expect }) => {
  await using v2 = await setup();
  const { answer, projects } = await createWith(v2, { kind: "trickle", overMs: 100 });
  expect([answer, projects]).toEqual([expect.objectContaining({ status: 201 }), 1]);
  expect(v2.lfx.record.writes.at(-1)?.wasAnswered).toBe(true);
  const late = await createWith(
    v2,
    { kind: "trickle", overMs: 60_000 },
    () => v2.lfx.record.writeCount === 2,
  );
  expect([late.answer, late.projects]).toEqual([gaveUp, 2]);
  expect(v2.lfx.record.writes.at(-1)?.wasAnswered).toBe(false);
});

test.for(["object", "empty", "html", "text"] as const)("gives no uid, but %s", async (body, { expect }) => {
  await using v2 = await setup();
  const { answer, projects } = await createWith(v2, { kind: "no-uid", body });
  expect([answer, projects]).toEqual([expect.objectContaining({ status: 201 }), 1]);
  expect(answer).not.toMatchObject({ body: { uid: expect.anything() } });
});

test("refuses a token once", async ({ expect }) => {
  await using v2 = await setup();
  const own = await createWith(v2, { kind: "token-refused" });
  expect(own.answer).toMatchObject({ status: 500, body: { fault: true } });
  const gateway = await createWith(v2, { kind: "token-refused", status: 401 });
  expect(gateway).toMatchObject({ answer: { status: 401, text: "" }, projects: 0 });
  await v2.createProject();
});

test("takes the directory from one request", async ({ expect }) => {
  await using v2 = await setup();
  v2.lfx.faults.next({ kind: "directory-down" });
  const body = projectBody(v2.lfx, { writers: [{ email: "a@example.org" }] });
  const statuses = [
    await v2.call("project", "POST", "/projects", { body }),
    await v2.call("project", "POST", "/projects", { body }),
  ].map(({ status }) => status);
  expect(statuses).toEqual([500, 201]);
});

test.for([
  ["native", 409, 500, 409],
  ["400", 400, 400, 400],
  ["409", 409, 409, 409],
  ["412", 412, 412, 412],
  ["500", 500, 500, 500],
] as const)(
  "row 23: someone else changes the object just before the write: %s",
  async ([shape, ...expected], { expect }) => {
    await using v2 = await setup();
    const project = await v2.createProject({ slug: "same" });
    const committee = await v2.createCommittee(project, { name: "Same" });
    const member = await v2.createMember(committee);
    await v2.lfx.settled();
    const targets = [
      ["project", `/projects/${project}`, projectBody(v2.lfx, { slug: "same" })],
      ["committee", `/committees/${committee}`, committeeBody(project, { name: "Same" })],
      ["committee", `/committees/${committee}/members/${member}?v=1`, memberBody()],
    ] as const;
    const statuses: number[] = [];
    for (const [service, path, body] of targets) {
      const ifMatch = await v2.etag(service, path);
      v2.lfx.faults.next({ kind: "stale", shape }, isUpdate);
      const { status, text } = await v2.call(service, "PUT", path, { body, ifMatch });
      statuses.push(status);
      expect(text).toMatch(shape === "500" ? /wrong last sequence/ : /revision|modified|wrong last sequence/);
      const next = await v2.etag(service, path);
      expect(Number(next)).toBeGreaterThan(Number(ifMatch));
      expect((await v2.call(service, "PUT", path, { body, ifMatch: next })).status).toBe(200);
    }
    expect(statuses).toEqual(expected);
  },
);

test("answers every stale revision in the shape of another version", async ({ expect }) => {
  await using v2 = await setup();
  v2.lfx.faults.staleShape = "400";
  const path = `/projects/${await v2.createProject()}`;
  const { status, body } = await v2.call("project", "PUT", path, { body: projectBody(v2.lfx), ifMatch: "1" });
  expect([status, body["message"]]).toEqual([400, "revision mismatch"]);
});

test("a late commit of a project comes when it is told to, and makes a twin of what came between", async ({
  expect,
}) => {
  await using v2 = await setup();
  const fault = { kind: "late", commitAfterMs: "told" } as const;
  const { answer, slug, projects } = await createWith(v2, fault, () => v2.lfx.faults.late.length === 1);
  expect([answer, projects]).toEqual([gaveUp, 0]);
  expect(v2.lfx.faults.late).toMatchObject([{ request: { operation: "create-project" } }]);
  const second = await v2.createProject({ slug });
  v2.lfx.faults.commitLate();
  const twins = await waitFor(() => {
    const found = v2.lfx.model.list("project").filter(({ data }) => data["slug"] === slug);
    return found.length === 2 && found;
  });
  expect(v2.lfx.model.uidOfSlug(slug)).toBe(twins.find(({ uid }) => uid !== second)?.uid);
  expect(v2.lfx.record.writes.at(-1)).toMatchObject({ isLate: true, wasAnswered: false });
  expect(v2.lfx.faults.late).toEqual([]);
});

test("a late commit comes after its time, whatever the client saw", async ({ expect }) => {
  await using v2 = await setup();
  const closed = await createWith(v2, { kind: "late", commitAfterMs: 50, closeAfterMs: 10 });
  expect(closed).toMatchObject({ answer: { code: "UND_ERR_SOCKET" }, projects: 0 });
  const told = await createWith(v2, { kind: "late", commitAfterMs: 50, client: "504" });
  expect(told.answer).toMatchObject({ status: 504 });
  await waitFor(() => v2.lfx.model.uidOfSlug(closed.slug) !== undefined && v2.lfx.model.uidOfSlug(told.slug));
  expect(v2.lfx.record.writes.map(({ wasAnswered }) => wasAnswered)).toEqual([false, false]);
});

test("a late commit is not told to a client that still waits", async ({ expect }) => {
  await using v2 = await setup();
  const { answer, projects } = await createWith(v2, { kind: "late", commitAfterMs: "told" }, () => {
    v2.lfx.faults.commitLate();
    return v2.lfx.record.writeCount === 1;
  });
  expect([answer, projects]).toEqual([gaveUp, 1]);
});

test("a late commit of an update is refused when its revision was spent", async ({ expect }) => {
  await using v2 = await setup();
  const uid = await v2.createProject();
  const path = `/projects/${uid}`;
  const ifMatch = await v2.etag("project", path);
  const put = (name: string) => {
    const body = projectBody(v2.lfx, { name, slug: v2.lfx.model.get("project", uid)?.data["slug"] });
    return { body, ifMatch };
  };
  v2.lfx.faults.next({ kind: "late", commitAfterMs: "told" }, isUpdate);
  const isHeld = () => v2.lfx.faults.late.length === 1;
  expect(await v2.giveUp("project", "PUT", path, put("Older"), isHeld)).toEqual(gaveUp);
  expect((await v2.call("project", "PUT", path, put("Newer"))).status).toBe(200);
  v2.lfx.faults.commitLate();
  const writes = v2.lfx.record.writeCount;
  expect((await v2.call("project", "GET", path)).body["name"]).toBe("Newer");
  expect(v2.lfx.record.writeCount).toBe(writes);
});

test("a late commit of a committee or member finds the name taken, or has taken it already", async ({
  expect,
}) => {
  await using v2 = await setup();
  const project = await v2.createProject();
  const body = committeeBody(project);
  const isHeld = () => v2.lfx.faults.late.length === 1;
  v2.lfx.faults.next({ kind: "late", commitAfterMs: "told" }, isCreate);
  expect(await v2.giveUp("committee", "POST", "/committees", { body }, isHeld)).toEqual(gaveUp);
  const { status, body: created } = await v2.call("committee", "POST", "/committees", { body });
  expect(status).toBe(201);
  v2.lfx.faults.commitLate();
  const committee = String(created["uid"]);
  const path = `/committees/${committee}/members?v=1`;
  const member = { body: { email: "x@example.org" } };
  v2.lfx.faults.next({ kind: "late", commitAfterMs: "told", reservesFirst: true }, isCreate);
  expect(await v2.giveUp("committee", "POST", path, member, isHeld)).toEqual(gaveUp);
  expect((await v2.call("committee", "POST", path, member)).status).toBe(409);
  expect(v2.lfx.model.membersOf(committee)).toEqual([]);
  v2.lfx.faults.commitLate();
  await waitFor(() => v2.lfx.model.membersOf(committee).length === 1);
  expect(v2.lfx.model.list("committee")).toHaveLength(1);
});

test("row 26: an outage of NATS: the project service waits, the committee service breaks for good", async ({
  expect,
}) => {
  await using v2 = await setup();
  const committee = await v2.createCommittee(await v2.createProject());
  v2.lfx.faults.outageMs = 10;
  v2.lfx.faults.nats = "away";
  const statusOf = async (service: "project" | "committee", path: string) =>
    (await v2.call(service, "GET", path)).status;
  const root = `/projects/${v2.lfx.rootUid}`;
  expect(await statusOf("project", root)).toBe(500);
  expect(await statusOf("project", "/readyz")).toBe(200);
  expect(await statusOf("committee", `/committees/${committee}`)).toBe(500);
  expect(await statusOf("committee", "/readyz")).toBe(500);
  v2.lfx.faults.restartCommitteeService();
  expect(await statusOf("committee", "/readyz")).toBe(500);
  v2.lfx.faults.nats = "up";
  expect(await statusOf("project", root)).toBe(200);
  expect(await statusOf("committee", `/committees/${committee}`)).toBe(500);
  v2.lfx.faults.restartCommitteeService();
  expect(await statusOf("committee", `/committees/${committee}`)).toBe(200);
});

test("creates of committees hang while the project service is silent", async ({ expect }) => {
  await using v2 = await setup();
  const project = await v2.createProject();
  v2.lfx.faults.responders = "silent";
  const body = committeeBody(project);
  expect(await v2.giveUp("committee", "POST", "/committees", { body })).toEqual(gaveUp);
  const patient = v2.call("committee", "POST", "/committees", { body: committeeBody(project) });
  await waitFor(() => v2.lfx.record.requestCount === 3);
  v2.lfx.faults.responders = "up";
  expect((await patient).status).toBe(201);
});

test("takes its time, one that is changed as it runs and may depend on the request", async ({ expect }) => {
  await using v2 = await setup();
  const asked: string[] = [];
  v2.lfx.faults.latency = ({ operation }) => {
    asked.push(operation);
    return operation === "get-project" ? 10_000 : 0;
  };
  await v2.createProject();
  const path = `/projects/${v2.lfx.rootUid}`;
  expect(await v2.giveUp("project", "GET", path)).toEqual(gaveUp);
  v2.lfx.faults.latency = 0;
  v2.lfx.faults.next({ kind: "delay", ms: 10_000 });
  expect(await v2.giveUp("project", "GET", path)).toEqual(gaveUp);
  expect((await v2.call("project", "GET", path)).status).toBe(200);
  expect(asked).toEqual(["create-project", "get-project"]);
});

test("chooses faults by the request, its body too, and by a script first", async ({ expect }) => {
  await using v2 = await setup();
  const seen: FaultRequest[] = [];
  v2.lfx.faults.choose = (request) => {
    seen.push(request);
    return typeof request.body === "object" && request.body !== null && "hit" in request.body
      ? { kind: "status", status: 503 }
      : undefined;
  };
  v2.lfx.faults.next(
    [
      { kind: "status", status: 502 },
      { kind: "status", status: 504 },
    ],
    isCreate,
  );
  const statuses: number[] = [];
  for (const fields of [{}, {}, {}, { hit: true }])
    statuses.push(
      (await v2.call("project", "POST", "/projects", { body: projectBody(v2.lfx, fields) })).status,
    );
  expect(statuses).toEqual([502, 504, 201, 503]);
  expect(seen.map(({ sequence }) => sequence)).toEqual([3, 4]);
  expect(v2.lfx.faults.untaken).toBe(0);
  expect(Object.fromEntries(v2.lfx.record.answers)).toMatchObject({
    "create-project 201": 1,
    "create-project 503": 1,
  });
});

test("chooses at random, but the same for the same seed", ({ expect }) => {
  const request = { operation: "get-project" } as FaultRequest;
  const draw = (seed: number) => {
    const choose = seededFaults({
      seed,
      share: 0.5,
      faults: [{ kind: "reset-after" }, { kind: "lost" }],
      where: ({ operation }) => operation !== "list-projects",
    });
    expect(choose({ ...request, operation: "list-projects" })).toBeUndefined();
    return Array.from({ length: 400 }, () => choose(request)?.kind);
  };
  expect(draw(7)).toEqual(draw(7));
  expect(draw(7)).not.toEqual(draw(8));
  for (const kind of ["reset-after", "lost"] as const) {
    const share = draw(7).filter((each) => each === kind).length / 400;
    expect(share).toBeGreaterThan(0.18);
    expect(share).toBeLessThan(0.32);
  }
});

test("records who wrote what, in which order, and forgets what it must not keep", async ({ expect }) => {
  await using v2 = await setup({ record: { maxWrites: 10, bodies: false } });
  const uid = await v2.createProject();
  const path = `/projects/${uid}`;
  for (let n = 0; n < 20; n++) {
    const body = projectBody(v2.lfx, { description: String(n) });
    const put = { body, ifMatch: await v2.etag("project", path), headers: { "x-on-behalf-of": "ada" } };
    expect((await v2.call("project", "PUT", path, put)).status).toBe(200);
  }
  const { writes, writeCount } = v2.lfx.record;
  expect(writeCount).toBe(21);
  expect(writes.length).toBeLessThanOrEqual(11);
  const last = writes.at(-1);
  expect(last).toMatchObject({
    sequence: 21,
    service: "project",
    method: "PUT",
    resource: "project",
    uid,
    principal: "jdoe",
    sub: "jdoe",
    email: "jdoe@example.org",
    onBehalfOf: "ada",
    naturalKey: { kind: "project" },
    body: undefined,
    isLate: false,
    wasAnswered: true,
  });
  expect(last?.revisionAfter).toBe(Number(await v2.etag("project", path)));
  for (const [index, write] of writes.entries())
    if (index > 0) expect(write.revisionBefore).toBe(writes[index - 1]?.revisionAfter);
  v2.lfx.record.clear();
  expect(v2.lfx.record.writes).toEqual([]);
});

test("lets tests make, change and remove objects as others would", async ({ expect }) => {
  await using v2 = await setup();
  const { model } = v2.lfx;
  const project = model.addProject({ slug: "made", name: "Made" });
  const committee = model.addCommittee({ name: "Made", project_uid: project });
  const member = model.addMember({ email: "made@example.org", committee_uid: committee });
  const memberPath = `/committees/${committee}/members/${member}?v=1`;
  expect((await v2.call("project", "GET", `/projects/${project}`)).body).toMatchObject({ slug: "made" });
  expect((await v2.call("committee", "GET", `/committees/${committee}`)).body).toMatchObject({
    name: "Made",
    project_name: "Made",
  });
  const before = await v2.etag("committee", memberPath);
  expect(model.edit("committee-member", member, { job_title: "Editor" })).toBeGreaterThan(Number(before));
  expect((await v2.call("committee", "GET", memberPath)).body).toMatchObject({ job_title: "Editor" });
  for (const [kind, uid] of [
    ["committee-member", member],
    ["committee", committee],
    ["project", project],
  ] as const) {
    expect(model.get(kind, uid)?.uid).toBe(uid);
    expect(model.remove(kind, uid)).toBe(true);
    expect(model.remove(kind, uid)).toBe(false);
  }
  expect(model.uidOfSlug("made")).toBeUndefined();
  const again = await v2.createProject({ slug: "made" });
  await v2.createMember(await v2.createCommittee(again, { name: "Made" }), { email: "made@example.org" });
});

test("ends at once, whatever still waits", async ({ expect }) => {
  const v2 = await setup();
  v2.lfx.faults.next([{ kind: "hang-before" }, { kind: "late", commitAfterMs: 60_000 }]);
  const hanging = [1, 2].map(() => v2.call("project", "POST", "/projects", { body: projectBody(v2.lfx) }));
  await waitFor(() => v2.lfx.record.requestCount === 2);
  const ended = Promise.allSettled(hanging);
  await v2[Symbol.asyncDispose]();
  expect((await ended).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
});
