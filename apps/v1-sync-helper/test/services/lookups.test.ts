// SPDX-License-Identifier: MIT
import { Kvm } from "@nats-io/kv";
import type { NatsConnection } from "@nats-io/transport-node";
import { type RestartableNats, startRestartableNats } from "@repo/testkit/nats";
import { afterAll, beforeAll, type TestContext, test } from "vitest";
import { openBucket } from "../../src/nats/open-bucket.ts";
import { committeeLookupKey, memberLookupKey } from "../../src/services/lookup-keys.ts";
import { committeePath, memberPath, projectPath } from "../../src/services/service-paths.ts";
import { FakeClock } from "../../src/testing/fake-clock.ts";
import { linkTo, makeBucket } from "../support/nats-tools.ts";
import { answer } from "./raw-service.ts";
import { memberUid, scriptedServices, uid, unavailableOf } from "./scripted-services.ts";

const otherUid = "0b6a54b1-7a4f-4a43-9a6a-0ab1f2f3c4d5";

// Of its own: the subjects are fixed names, on which nobody else may answer.
let nats: RestartableNats;
let connection: NatsConnection;
let spaces = 0;

beforeAll(async () => {
  nats = await startRestartableNats();
  connection = await nats.connect();
});
afterAll(async () => {
  await connection?.close();
  await nats?.[Symbol.asyncDispose]();
});

type OnFinished = TestContext["onTestFinished"];

interface Scene {
  /** What GET gives, by path. */
  readonly objects?: Readonly<Record<string, object>>;
  /** What is answered on a subject of NATS, by subject. */
  readonly replies?: Readonly<Record<string, (payload: string) => string>>;
  /** Entries of the committee service's buckets; a bucket that is left out does not exist. */
  readonly committees?: Readonly<Record<string, string>>;
  readonly members?: Readonly<Record<string, string>>;
}

async function stage(scene: Scene, onTestFinished: OnFinished) {
  spaces += 1;
  const link = await linkTo(nats.url, onTestFinished);
  const asked: string[] = [];
  for (const [subject, reply] of Object.entries(scene.replies ?? {})) {
    const subscription = connection.subscribe(subject, {
      callback: (_error, message) => {
        asked.push(`${subject} ${message.string()}`);
        message.respond(reply(message.string()));
      },
    });
    onTestFinished(() => subscription.unsubscribe());
  }
  await connection.flush();
  const bucket = async (name: string, entries: Scene["committees"]) => {
    const own = `${name}-${spaces}`;
    const opened = openBucket(link, own);
    if (entries === undefined) return opened;
    await makeBucket(nats.url, own);
    for (const [key, value] of Object.entries(entries)) await opened.put(key, value);
    return opened;
  };
  const clock = new FakeClock();
  const { services, server } = await scriptedServices(
    (socket, { line }) => {
      const body = scene.objects?.[line.split(" ")[1] ?? ""];
      socket.write(
        body === undefined ? answer(404, { message: "not found" }) : answer(200, body, { etag: "1" }),
      );
    },
    onTestFinished,
    {
      link,
      committees: await bucket("committees", scene.committees),
      committeeMembers: await bucket("committee-members", scene.members),
      clock,
    },
  );
  return { services, server, asked, clock };
}

const slugToUid = "lfx.projects-api.slug_to_uid";
const getSlug = "lfx.projects-api.get_slug";
const listMembers = "lfx.committee-api.list_members";

test("finds ROOT, and asks for it again after a minute only", async ({ expect, onTestFinished }) => {
  const { services, asked, clock } = await stage({ replies: { [slugToUid]: () => uid } }, onTestFinished);
  expect(await Promise.all([services.rootUid(), services.rootUid()])).toEqual([uid, uid]);
  clock.jump(59_999);
  await services.rootUid();
  expect(asked).toEqual([`${slugToUid} ROOT`]);
  clock.jump(1);
  expect(await services.rootUid()).toBe(uid);
  expect(asked).toHaveLength(2);
});

test("does not remember that ROOT could not be found", async ({ expect, onTestFinished }) => {
  const replies = ["", "no uid at all", uid];
  const { services } = await stage({ replies: { [slugToUid]: () => replies.shift() ?? "" } }, onTestFinished);
  expect((await unavailableOf(services.rootUid())).message).toContain("no project ROOT");
  expect((await unavailableOf(services.rootUid())).message).toContain("something that is no uid");
  expect(await services.rootUid()).toBe(uid);
});

test("says that nobody answers on NATS", async ({ expect, onTestFinished }) => {
  const { services } = await stage({}, onTestFinished);
  for (const asking of [
    services.rootUid(),
    services.slugOf(uid),
    services.find({ kind: "project", slug: "a" }),
  ]) {
    const error = await unavailableOf(asking);
    expect(error.reason.code).toBe("nats_unavailable");
    expect(error.message).toMatch(/Nobody at NATS listens on lfx\.projects-api\./);
  }
});

test("asks the service itself when the slug comes back empty, as it does after any failure", async ({
  expect,
  onTestFinished,
}) => {
  const { services } = await stage(
    {
      replies: { [getSlug]: (of) => (of === otherUid ? "other" : "") },
      objects: { [projectPath(uid)]: { uid, slug: "one" } },
    },
    onTestFinished,
  );
  expect(await services.slugOf(otherUid)).toBe("other");
  expect(await services.slugOf(uid)).toBe("one");
  expect(await services.slugOf(memberUid)).toBeUndefined();
});

test.for([
  ["the project with this slug", { uid, slug: "one" }, uid, uid],
  ["none, where the index leads to a project that took another slug", { uid, slug: "two" }, undefined, uid],
  ["none, where the index leads to a project that is gone", undefined, undefined, uid],
  ["none, where there is none", undefined, undefined, ""],
] as const)("finds %s", async ([, project, expected, reply], { expect, onTestFinished }) => {
  const objects = project === undefined ? {} : { [projectPath(uid)]: project };
  const { services, asked } = await stage({ replies: { [slugToUid]: () => reply }, objects }, onTestFinished);
  expect(await services.find({ kind: "project", slug: "one" })).toBe(expected);
  expect(await services.uidOfSlug("one")).toBe(reply === "" ? undefined : uid);
  expect(asked).toEqual([`${slugToUid} one`, `${slugToUid} one`]);
});

const committee = { kind: "committee", projectUid: uid, name: "TSC" } as const;

test.for([
  ["the committee of this name", { project_uid: uid, name: "TSC" }, otherUid],
  [
    "none, where it has gone to another project and left its name locked",
    { project_uid: memberUid, name: "TSC" },
    undefined,
  ],
  ["none, where it has another name by now", { project_uid: uid, name: "TOC" }, undefined],
  ["none, where it is gone", undefined, undefined],
] as const)("finds %s", async ([, object, expected], { expect, onTestFinished }) => {
  const objects = object === undefined ? {} : { [committeePath(otherUid)]: { uid: otherUid, ...object } };
  const committees = { [committeeLookupKey(uid, "TSC")]: otherUid };
  const { services } = await stage({ committees, objects }, onTestFinished);
  expect(await services.find(committee)).toBe(expected);
  expect(await services.find({ ...committee, name: "tsc" })).toBeUndefined();
});

test("says that the committee service's bucket is missing, or holds something else", async ({
  expect,
  onTestFinished,
}) => {
  const { services } = await stage({}, onTestFinished);
  const missing = await unavailableOf(services.find(committee));
  expect(missing.message).toMatch(
    /^The bucket committees-\d+ of the committee service cannot be read, .*There is no bucket/,
  );
  const committees = { [committeeLookupKey(uid, "TSC")]: "!del" };
  const odd = await stage({ committees }, onTestFinished);
  expect((await unavailableOf(odd.services.find(committee))).message).toContain(
    "holds no uid under lookup/committees/",
  );
});

const member = { kind: "member", committeeUid: uid, email: " Jane@Example.org" } as const;
const jane = { [memberPath(uid, memberUid)]: { uid: memberUid, email: "jane@example.ORG" } };

test.for([
  ["the member of this address", jane, memberUid],
  [
    "none, where the member has another by now",
    { [memberPath(uid, memberUid)]: { email: "joe@example.org" } },
    undefined,
  ],
  ["none, where the member is gone", {}, undefined],
] as const)("finds %s", async ([, objects, expected], { expect, onTestFinished }) => {
  const members = { [memberLookupKey(uid, "jane@example.org")]: memberUid };
  const { services, server } = await stage({ members, objects }, onTestFinished);
  expect(await services.find(member)).toBe(expected);
  expect(server.requests.map(({ line }) => line)).toEqual([`GET ${memberPath(uid, memberUid)} HTTP/1.1`]);
  expect(await services.find({ ...member, email: "joe@example.org" })).toBeUndefined();
});

test("finds a member by the list where the bucket cannot be read", async ({ expect, onTestFinished }) => {
  const list = JSON.stringify([
    { uid: otherUid, email: "joe@example.org" },
    { email: 5 },
    null,
    { uid: memberUid, email: "JANE@example.org" },
  ]);
  const { services, asked } = await stage(
    { replies: { [listMembers]: () => list }, objects: jane },
    onTestFinished,
  );
  expect(await services.find(member)).toBe(memberUid);
  expect(await services.find({ ...member, email: "nobody@example.org" })).toBeUndefined();
  expect(asked).toEqual([`${listMembers} ${uid}`, `${listMembers} ${uid}`]);
});

test.for([
  ["no member, of a committee that is gone", '{"error":"committee "x" not found"}', {}, undefined],
  [
    "nothing, of a committee that is there",
    '{"error":"storage "x" failed"}',
    { [committeePath(uid)]: {} },
    /cannot be read/,
  ],
  ["nothing, where the list is none", "[{", {}, /no list of members/],
  ["nothing, where the list is an object", "{}", {}, /no list of members/],
] as const)("knows of %s", async ([, reply, objects, problem], { expect, onTestFinished }) => {
  const { services } = await stage({ replies: { [listMembers]: () => reply }, objects }, onTestFinished);
  if (problem === undefined) expect(await services.find(member)).toBeUndefined();
  else expect((await unavailableOf(services.find(member))).message).toMatch(problem);
});

test("says which bucket cannot be read when the list cannot be had either", async ({
  expect,
  onTestFinished,
}) => {
  const { services } = await stage({}, onTestFinished);
  expect((await unavailableOf(services.find(member))).message).toMatch(
    /^The bucket committee-members-\d+ .*cannot be read/,
  );
});

test("says that a bucket may not be read", async ({ expect, onTestFinished }) => {
  const config = `authorization { users: [
    { user: owner, password: owner }
    { user: helper, password: helper, permissions: { publish: { deny: "$JS.API.>" } } }
  ] }`;
  const server = await startRestartableNats({ config });
  onTestFinished(() => server[Symbol.asyncDispose]());
  const owner = await server.connect({ user: "owner", pass: "owner" });
  onTestFinished(() => owner.close());
  await new Kvm(owner).create("committees", { max_bytes: 1024 * 1024 });
  const link = await linkTo(server.url.replace("//", "//helper:helper@"), onTestFinished);
  const { services } = await scriptedServices(() => undefined, onTestFinished, {
    link,
    committees: openBucket(link, "committees"),
  });
  const error = await unavailableOf(services.find(committee));
  expect(error.message).toMatch(
    /^The bucket committees of the committee service cannot be read, .*(?:permission|allow|refuse)/i,
  );
});
