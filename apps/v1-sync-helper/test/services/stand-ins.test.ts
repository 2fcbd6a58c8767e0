// SPDX-License-Identifier: MIT

import { createLogger } from "@repo/logging";
import { rsaKeys } from "@repo/testkit/lfx-v1";
import { type LfxV2, startLfxV2 } from "@repo/testkit/lfx-v2";
import { type RestartableNats, startRestartableNats } from "@repo/testkit/nats";
import { exportJWK, importSPKI } from "jose";
import { afterAll, beforeAll, beforeEach, test } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { createV2Tokens, type V2Tokens } from "../../src/identity/v2-tokens.ts";
import { connectNats } from "../../src/nats/connect-nats.ts";
import { openBucket } from "../../src/nats/open-bucket.ts";
import type { Author } from "../../src/objects/author.ts";
import type { WriteCall } from "../../src/objects/plan.ts";
import type { JsonObject } from "../../src/records/json.ts";
import { committeePath, memberPath, projectPath } from "../../src/services/service-paths.ts";
import { createV2Services, type V2Services } from "../../src/services/v2-services.ts";
import { unavailableOf } from "./scripted-services.ts";

const helper: Author = { principal: "v1_sync_helper@clients", subject: "v1_sync_helper", kind: "machine" };
const jane: Author = {
  principal: "jane",
  subject: "jane",
  email: "jane@example.org",
  onBehalfOf: "jane",
  kind: "person",
};

let nats: RestartableNats;
let v2: LfxV2;
let tokens: V2Tokens;
let services: V2Services;
let stack: AsyncDisposableStack;

beforeAll(async () => {
  stack = new AsyncDisposableStack();
  const { publicKey, privateKey } = await rsaKeys("heimdall");
  const jwk = await exportJWK(await importSPKI(publicKey, "PS256"));
  const jwks = { keys: [{ ...jwk, kid: "one", alg: "PS256", use: "sig" }] };
  nats = stack.use(await startRestartableNats());
  v2 = stack.use(await startLfxV2({ jwks, nats: nats.url, buckets: true }));
  const link = stack.adopt(await connectNats({ url: nats.url, name: "test" }), (own) => own.drain(2000));
  tokens = stack.use(
    createV2Tokens({
      privateKey,
      keyId: "one",
      jwksUrl: new URL("http://127.0.0.1:9/"),
      clock: systemClock,
      logger: createLogger({ name: "test", version: "0", level: "error" }),
    }),
  );
  services = stack.use(
    createV2Services({
      projectServiceUrl: v2.projectUrl,
      committeeServiceUrl: v2.committeeUrl,
      auth: tokens,
      reader: helper,
      link,
      committees: openBucket(link, "committees"),
      committeeMembers: openBucket(link, "committee-members"),
    }),
  );
});
afterAll(() => stack?.disposeAsync());

let serial = 0;
beforeEach(() => {
  serial += 1;
});

const write = (
  method: WriteCall["method"],
  path: string,
  body?: JsonObject,
  ifMatch?: string,
): WriteCall => ({
  service: path.startsWith("/projects") ? "project" : "committee",
  method,
  path,
  ...(body === undefined ? {} : { body }),
  ...(ifMatch === undefined ? {} : { ifMatch }),
  changes: [],
});

const projectBody = (slug: string): JsonObject => ({
  slug,
  name: "One",
  description: "",
  parent_uid: v2.rootUid,
});

async function create(path: string, body: JsonObject): Promise<string> {
  const answer = await services.send(write("POST", path, body), jane);
  if (answer.result !== "done" || answer.uid === undefined) throw new Error(JSON.stringify(answer));
  return answer.uid;
}

const createProject = () => create("/projects", projectBody(`one-${serial}`));

async function createCommittee(): Promise<{ readonly projectUid: string; readonly uid: string }> {
  const projectUid = await createProject();
  const uid = await create("/committees", { name: "TSC", category: "Other", project_uid: projectUid });
  return { projectUid, uid };
}

test("a project's life", async ({ expect }) => {
  const uid = await createProject();
  const slug = `one-${serial}`;
  expect(await services.rootUid()).toBe(v2.rootUid);
  expect(await services.slugOf(uid)).toBe(slug);
  expect(await services.find({ kind: "project", slug })).toBe(uid);
  expect(await services.find({ kind: "project", slug: `${slug}-not` })).toBeUndefined();
  const read = await services.get("project", projectPath(uid));
  const { body, etag = "" } = read ?? {};
  expect(body).toMatchObject({ uid, slug, name: "One" });
  const changed = { ...body, description: "", name: "Two", funding_model: ["Crowdfunding"] };
  expect(await services.send(write("PUT", projectPath(uid), changed, etag), jane)).toEqual({
    result: "done",
  });
  // The ETag is spent.
  expect(await services.send(write("PUT", projectPath(uid), changed, etag), jane)).toEqual({
    result: "stale",
  });
  expect(await services.send(write("DELETE", projectPath(uid), undefined, etag), jane)).toEqual({
    result: "stale",
  });
  const { etag: newest = "" } = (await services.get("project", projectPath(uid))) ?? {};
  const remove = write("DELETE", projectPath(uid), undefined, newest);
  expect(await services.send(remove, jane)).toEqual({ result: "done" });
  expect(await services.send(remove, jane)).toMatchObject({ result: "gone" });
  expect(await services.get("project", projectPath(uid))).toBeUndefined();
});

test("a committee's and a member's life", async ({ expect }) => {
  const { projectUid, uid } = await createCommittee();
  const body = { email: `Jane-${serial}@example.org` };
  const memberUid = await create(`/committees/${uid}/members?v=1`, body);
  await v2.settled();
  expect(await services.find({ kind: "committee", projectUid, name: "TSC" })).toBe(uid);
  expect(await services.find({ kind: "committee", projectUid, name: "Tsc" })).toBeUndefined();
  const email = `jANE-${serial}@example.org`;
  expect(await services.find({ kind: "member", committeeUid: uid, email })).toBe(memberUid);
  const path = memberPath(uid, memberUid);
  const { etag = "" } = (await services.get("committee", path)) ?? {};
  expect(await services.send(write("PUT", path, { ...body, job_title: "Chair" }, etag), jane)).toEqual({
    result: "done",
  });
  expect(await services.send(write("PUT", path, body, etag), jane)).toEqual({ result: "stale" });
  const { etag: newest = "" } = (await services.get("committee", path)) ?? {};
  expect(await services.send(write("DELETE", path, undefined, newest), jane)).toEqual({ result: "done" });
  expect(await services.find({ kind: "member", committeeUid: uid, email })).toBeUndefined();
  expect(await services.get("committee", committeePath(uid))).toMatchObject({ body: { name: "TSC" } });
});

test("what is taken, unknown to the service, or against its rules", async ({ expect }) => {
  const { projectUid, uid } = await createCommittee();
  const project = write("POST", "/projects", projectBody(`one-${serial}`));
  expect(await services.send(project, jane)).toMatchObject({ result: "taken", reason: { status: 409 } });
  const committee = { name: "TSC", category: "Other", project_uid: projectUid };
  expect(await services.send(write("POST", "/committees", committee), jane)).toMatchObject({
    result: "taken",
  });
  const orphan = write("POST", "/committees", { ...committee, project_uid: uid });
  expect(await services.send(orphan, jane)).toMatchObject({ result: "gone", reason: { status: 404 } });
  const bad = await services.send(
    write("POST", `/committees/${uid}/members?v=1`, { email: "jane.at.home" }),
    jane,
  );
  expect(bad).toMatchObject({ result: "refused", reason: { status: 400 } });
  expect(JSON.stringify(bad)).not.toContain("jane.at.home");
  const { etag = "" } = (await services.get("project", projectPath(projectUid))) ?? {};
  const remove = write("DELETE", projectPath(projectUid), undefined, etag);
  expect(await services.send(remove, jane)).toMatchObject({ result: "refused", reason: { status: 400 } });
});

test.for(["native", "400", "409", "412", "500"] as const)(
  "a revision that is stale in the shape %s",
  async (shape, { expect }) => {
    const { uid } = await createCommittee();
    await v2.settled();
    const { body, etag = "" } = (await services.get("committee", committeePath(uid))) ?? {};
    v2.faults.next({ kind: "stale", shape });
    expect(await services.send(write("PUT", committeePath(uid), body, etag), jane)).toEqual({
      result: "stale",
    });
  },
);

test.for([
  ["reset-after", { kind: "reset-after" }],
  ["truncated", { kind: "truncated" }],
  ["no-uid", { kind: "no-uid", body: "html" }],
] as const)(
  "a create that was carried out and lost its answer (%s) is found again",
  async ([, fault], { expect }) => {
    const slug = `lost-${serial}`;
    v2.faults.next(fault, ({ method }) => method === "POST");
    const answer = await services.send(write("POST", "/projects", projectBody(slug)), jane);
    expect(answer).toMatchObject({ result: "unknown", reason: { code: "outcome_unknown" } });
    const uid = await services.find({ kind: "project", slug });
    expect(uid).toMatch(/^[0-9a-f-]{36}$/);
    expect(v2.faults.untaken).toBe(0);
  },
);

test.for([500, 401] as const)("a token that is refused with %d is replaced", async (status, { expect }) => {
  v2.faults.next({ kind: "token-refused", status });
  expect(await createProject()).toMatch(/^[0-9a-f-]{36}$/);
  v2.faults.next([
    { kind: "token-refused", status },
    { kind: "token-refused", status },
  ]);
  const answer = await services.send(write("POST", "/projects", projectBody(`no-${serial}`)), jane);
  expect(answer).toMatchObject({ result: "unavailable", reason: { status } });
  expect(v2.faults.untaken).toBe(0);
});

test("a read says nothing while the service fails", async ({ expect }) => {
  const { projectUid, uid } = await createCommittee();
  v2.faults.next([{ kind: "status", status: 503 }, { kind: "reset-before" }]);
  expect(await services.get("project", projectPath(projectUid))).toMatchObject({ body: { uid: projectUid } });
  const down = { kind: "status", status: 502, body: "html" } as const;
  v2.faults.next([down, down, down]);
  const error = await unavailableOf(services.get("committee", committeePath(uid)));
  expect(error.reason).toMatchObject({ code: "service_unavailable", status: 502 });
  expect(v2.faults.untaken).toBe(0);
});
