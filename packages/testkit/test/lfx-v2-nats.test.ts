// SPDX-License-Identifier: Apache-2.0
import { createHash } from "node:crypto";
import { Kvm } from "@nats-io/kv";
import { waitFor } from "@repo/testkit";
import type { LfxV2Options, PublishedMessage } from "@repo/testkit/lfx-v2";
import { type NatsServer, startNats, startRestartableNats } from "@repo/testkit/nats";
import { withServers } from "@repo/testkit/vitest";
import { committeeBody, projectBody, setup } from "./support/lfx-v2.ts";

const test = withServers({ nats: () => startNats() });
const nobody = "00000000-0000-4000-8000-000000000000";
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

async function connected(nats: NatsServer, options: Partial<LfxV2Options> = {}) {
  const stack = new AsyncDisposableStack();
  const connection = stack.adopt(await nats.connect(), (own) => own.close());
  const v2 = stack.use(await setup({ nats: nats.url, ...options }));
  const request = (subject: string, text: string) =>
    connection.request(subject, text, { timeout: 2_000, noMux: true });
  const ask = async (subject: string, text: string) => (await request(subject, text)).string();
  return { v2, connection, ask, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

test("row 17: answers for projects, with nothing where there is none", async ({ nats, expect }) => {
  await using side = await connected(nats);
  const { v2, ask } = side;
  const uid = await v2.createProject({ slug: "asked", name: "Asked", logo_url: "https://x.org/l.png" });
  expect(await ask("lfx.projects-api.slug_to_uid", "ROOT")).toBe(v2.lfx.rootUid);
  expect(await ask("lfx.projects-api.slug_to_uid", "asked")).toBe(uid);
  expect(await ask("lfx.projects-api.slug_to_uid", "unknown")).toBe("");
  for (const [attribute, value] of [
    ["get_slug", "asked"],
    ["get_name", "Asked"],
    ["get_logo", "https://x.org/l.png"],
    ["get_parent_uid", v2.lfx.rootUid],
    ["get_writers", "[]"],
  ] as const) {
    expect(await ask(`lfx.projects-api.${attribute}`, uid)).toBe(value);
    expect(await ask(`lfx.projects-api.${attribute}`, nobody)).toBe("");
  }
});

test("answers for committees, with errors that are no JSON", async ({ nats, expect }) => {
  await using side = await connected(nats);
  const { v2, ask } = side;
  const project = await v2.createProject();
  const committee = await v2.createCommittee(project, { name: "Asked" });
  expect(await ask("lfx.committee-api.get_name", committee)).toBe("Asked");
  expect(await ask("lfx.committee-api.list_members", committee)).toBe("null");
  const member = await v2.createMember(committee, { email: "a@example.org" });
  const listed: unknown = JSON.parse(await ask("lfx.committee-api.list_members", committee));
  expect(listed).toMatchObject([
    { uid: member, email: "a@example.org", project_uid: project, role: { name: "" } },
  ]);
  for (const subject of ["get_name", "list_members"])
    for (const uid of [nobody, "x"])
      expect(await ask(`lfx.committee-api.${subject}`, uid)).toMatch(/^\{"error":/);
  const unknown = await ask("lfx.committee-api.get_name", nobody);
  expect(() => JSON.parse(unknown) as unknown).toThrow(SyntaxError);
  const get = async (uid: string) =>
    JSON.parse(await ask("lfx.committee-api.get_project", JSON.stringify({ committee_uid: uid }))) as unknown;
  expect(await get(committee)).toEqual({ project_uid: project });
  expect(await get(nobody)).toEqual({ error: "not found" });
});

test("shares the look-ups among instances, is silent, and is not there", async ({ nats, expect }) => {
  await using side = await connected(nats);
  await using second = await setup({ nats: side.connection });
  const replies = side.connection.subscribe("replies");
  side.connection.publish("lfx.projects-api.slug_to_uid", "ROOT", { reply: "replies" });
  await side.connection.flush();
  await waitFor(() => replies.getReceived() > 0);
  await side.connection.flush();
  expect(replies.getReceived()).toBe(1);
  for (const { faults } of [side.v2.lfx, second.lfx]) faults.responders = "silent";
  const ask = async (): Promise<string> => {
    const options = { timeout: 200, noMux: true };
    const message = await side.connection.request("lfx.projects-api.slug_to_uid", "ROOT", options);
    return message.string();
  };
  await expect(ask()).rejects.toThrow(/timeout/i);
  for (const { faults } of [side.v2.lfx, second.lfx]) faults.responders = "absent";
  await waitFor(async () => (await ask().catch(String)).includes("no responders"));
  side.v2.lfx.faults.responders = "up";
  await waitFor(async () => (await ask()) === side.v2.lfx.rootUid);
});

test("has the reservation in its bucket when the answer goes out", async ({ nats, expect }) => {
  await using side = await connected(nats, { buckets: true });
  const { v2, connection } = side;
  const kvm = new Kvm(connection);
  const read = async (bucket: string, key: string) => (await (await kvm.open(bucket)).get(key))?.string();
  expect(await read("projects", "slug/ROOT")).toBe(v2.lfx.rootUid);
  const project = await v2.createProject({ slug: "kept" });
  expect(await read("projects", "slug/kept")).toBe(project);
  expect(JSON.parse((await read("projects", project)) ?? "")).toMatchObject({ uid: project, slug: "kept" });
  const committee = await v2.createCommittee(project, { name: "Kept", public: true });
  expect(await read("committees", `lookup/committees/${sha256(`${project}|Kept`)}`)).toBe(committee);
  expect(await read("committees", "lookup/committee-sso-groups/kept-kept")).toBe(committee);
  const member = await v2.createMember(committee, { email: "Kept@Example.org" });
  const emailKey = `lookup/committee-members/${sha256(`${committee}|kept@example.org`)}`;
  expect(await read("committee-members", emailKey)).toBe(member);
  const byCommittee = `lookup/committee-members-by-committee/${committee}.${member}`;
  expect(await read("committee-members", byCommittee)).toBe(member);
  const path = `/committees/${committee}/members/${member}?v=1`;
  const ifMatch = await v2.etag("committee", path);
  expect((await v2.call("committee", "DELETE", path, { ifMatch })).status).toBe(204);
  const bucket = await kvm.open("committee-members");
  expect((await bucket.get(emailKey))?.operation).toBe("DEL");
  await v2.lfx.settled();
  expect(JSON.parse((await read("committees", committee)) ?? "")).toMatchObject({ total_members: 0 });
});

test("keeps a reservation that is ahead of its record, or behind it", async ({ nats, expect }) => {
  await using side = await connected(nats, { buckets: true });
  const { v2, connection } = side;
  const project = await v2.createProject();
  v2.lfx.faults.next({ kind: "late", commitAfterMs: "told", reservesFirst: true, closeAfterMs: 20 });
  const body = committeeBody(project, { name: "Late" });
  await expect(v2.call("committee", "POST", "/committees", { body })).rejects.toThrow();
  const bucket = await new Kvm(connection).open("committees");
  const reserved = await bucket.get(`lookup/committees/${sha256(`${project}|Late`)}`);
  expect((await v2.call("committee", "GET", `/committees/${reserved?.string()}`)).status).toBe(404);
  v2.lfx.faults.commitLate();
  await waitFor(
    async () => (await v2.call("committee", "GET", `/committees/${reserved?.string()}`)).status === 200,
  );
});

test("has in its buckets what was written while NATS was away, once it is back", async ({ expect }) => {
  await using away = await startRestartableNats();
  await using stack = new AsyncDisposableStack();
  const patient = { maxReconnectAttempts: -1, reconnectTimeWait: 50 };
  const connection = stack.adopt(await away.connect(patient), (own) => own.close());
  const v2 = stack.use(await setup({ nats: connection, buckets: true }));
  await away.stop("crash");
  const made = v2.createProject({ slug: "during" });
  await waitFor(() => v2.lfx.model.uidOfSlug("during") !== undefined);
  const uid = v2.lfx.model.uidOfSlug("during") ?? "";
  v2.lfx.model.edit("project", uid, { name: "First" });
  v2.lfx.model.edit("project", uid, { name: "Second" });
  await away.start();
  expect(await made).toBe(uid);
  await v2.lfx.settled();
  const bucket = await new Kvm(connection).open("projects");
  expect((await bucket.get("slug/during"))?.string()).toBe(uid);
  expect(JSON.parse((await bucket.get(uid))?.string() ?? "")).toMatchObject({ name: "Second" });
});

test("row 28: publishes for the index, with the caller's token, for access control and events", async ({
  nats,
  expect,
}) => {
  const told: PublishedMessage[] = [];
  await using side = await connected(nats, {
    publishes: true,
    onMessage: (message) => void told.push(message),
  });
  const { v2, connection } = side;
  const heard: string[] = [];
  for (const subject of ["lfx.index.>", "lfx.fga-sync.>", "lfx.projects-api.*.*", "lfx.committee-api.*.*"])
    connection.subscribe(subject, { callback: (_error, message) => void heard.push(message.subject) });
  await connection.flush();
  const project = await v2.createProject({ funding_model: ["Crowdfunding"] });
  const path = `/projects/${project}`;
  const settings = { body: {}, ifMatch: await v2.etag("project", `${path}/settings`) };
  await v2.call("project", "PUT", `${path}/settings`, settings);
  const put = {
    body: projectBody(v2.lfx, { funding_model: ["Crowdfunding"] }),
    ifMatch: await v2.etag("project", path),
  };
  await v2.call("project", "PUT", path, put);
  const committee = await v2.createCommittee(project);
  const member = `/committees/${committee}/members/${await v2.createMember(committee)}?v=1`;
  await v2.call("committee", "DELETE", member, { ifMatch: await v2.etag("committee", member) });
  await v2.call("project", "DELETE", path, { ifMatch: await v2.etag("project", path) });
  expect(told.map(({ subject }) => subject)).toEqual([
    "lfx.index.project",
    "lfx.index.project_settings",
    "lfx.fga-sync.update_access",
    "lfx.index.project_settings",
    "lfx.fga-sync.update_access",
    "lfx.projects-api.project_settings.updated",
    "lfx.index.project",
    "lfx.fga-sync.update_access",
    "lfx.index.committee",
    "lfx.index.committee_settings",
    "lfx.fga-sync.update_access",
    "lfx.index.committee_member",
    "lfx.committee-api.committee_member.created",
    "lfx.index.committee_member",
    "lfx.committee-api.committee_member.deleted",
    "lfx.index.project",
    "lfx.index.project_settings",
    "lfx.fga-sync.delete_access",
  ]);
  expect(told[0]?.data).toMatchObject({
    action: "created",
    headers: { authorization: expect.stringMatching(/^Bearer ey/), "x-on-behalf-of": "jdoe" },
    data: { uid: project },
  });
  await waitFor(() => heard.length === told.length);
});
