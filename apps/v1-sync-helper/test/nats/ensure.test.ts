// SPDX-License-Identifier: MIT
import { jetstreamManager } from "@nats-io/jetstream";
import { createInbox, type NatsConnection, nanos } from "@nats-io/transport-node";
import { waitFor } from "@repo/testkit";
import { startNats, startRestartableNats } from "@repo/testkit/nats";
import { withServers } from "@repo/testkit/vitest";
import { type BucketSettings, ensureBuckets, ensureConsumer } from "../../src/nats/ensure.ts";
import { advisoriesStream, advisoriesSubject, consumerName, objectsStream } from "../../src/nats/names.ts";
import type { NatsLink } from "../../src/nats/nats-link.ts";
import { openBucket } from "../../src/nats/open-bucket.ts";
import { UnavailableError } from "../../src/unavailable-error.ts";
import { linkTo } from "../support/nats-tools.ts";

const test = withServers({ nats: () => startNats(), restartable: () => startRestartableNats() });

const mebibyte = 1024 * 1024;
const small: BucketSettings = {
  objectsMaxBytes: 8 * mebibyte,
  mappingsMaxBytes: 8 * mebibyte,
  stateMaxBytes: 4 * mebibyte,
  usersMaxBytes: mebibyte,
  userMaxAgeMs: 21_600_000,
  canCreate: true,
};
/** The same in all tests, as the server's own limit is not changed. */
const payloadWarning = /max_payload of 1048576 bytes is below the 10485760/;
const consumer = { maxInFlight: 100 };
const fine = { problems: [], warnings: [] };

interface Setup {
  readonly link: NatsLink;
  readonly manager: Awaited<ReturnType<typeof jetstreamManager>>;
}

/** A link and a manager on a server without streams. */
async function setUp(
  server: { readonly url: string; readonly connect: () => Promise<NatsConnection> },
  onTestFinished: (close: () => Promise<void>) => void,
): Promise<Setup> {
  const connection = await server.connect();
  onTestFinished(() => connection.close());
  const manager = await jetstreamManager(connection);
  for await (const { config } of manager.streams.list()) await manager.streams.delete(config.name);
  return { link: await linkTo(server.url, onTestFinished), manager };
}

test("makes what is missing with the original's settings, once", async ({ nats, expect, onTestFinished }) => {
  const { link, manager } = await setUp(nats, onTestFinished);
  const first = await ensureBuckets(link, small);
  expect(first).toEqual({ problems: [], warnings: [expect.stringMatching(payloadWarning)] });
  const config = async (name: string): Promise<object> => (await manager.streams.info(name)).config;
  const shared = { max_msgs_per_subject: 20, storage: "file", max_msg_size: 10_485_760, compression: "s2" };
  expect(await config("KV_v1-objects")).toMatchObject({
    ...shared,
    subjects: ["$KV.v1-objects.>"],
    max_bytes: 8 * mebibyte,
    max_age: 0,
    discard: "new",
    allow_direct: true,
    allow_rollup_hdrs: true,
    deny_delete: true,
    deny_purge: false,
  });
  expect(await config("KV_v1-mappings")).toMatchObject({ ...shared, subjects: ["$KV.v1-mappings.>"] });
  expect(await config("KV_v1-sync-state")).toMatchObject({ max_msgs_per_subject: 1, max_age: 0 });
  expect(await config("KV_v1-sync-users")).toMatchObject({
    max_msgs_per_subject: 1,
    max_age: nanos(21_600_000),
  });
  expect(await config(advisoriesStream)).toMatchObject({ subjects: [advisoriesSubject] });
  expect(await ensureBuckets(link, small)).toEqual(first);
  // Other sizes do not matter once they are there.
  expect(await ensureBuckets(link, { ...small, objectsMaxBytes: mebibyte })).toEqual(first);

  const bucket = openBucket(link, "v1-mappings");
  await bucket.purge("k", await bucket.create("k", "v"));
  expect(await bucket.get("k")).toBeUndefined();
});

test("lets several instances begin at once, and makes what is deleted later again", async ({
  nats,
  expect,
  onTestFinished,
}) => {
  const { link, manager } = await setUp(nats, onTestFinished);
  const other = { ...small, objectsMaxBytes: 6 * mebibyte, mappingsMaxBytes: 6 * mebibyte };
  const results = await Promise.all(
    [small, other, small, other].map((settings) => ensureBuckets(link, settings)),
  );
  expect(results.flatMap(({ problems }) => problems)).toEqual([]);
  const consumers = await Promise.all([1, 2, 3].map(() => ensureConsumer(link, consumer)));
  expect(consumers).toEqual([fine, fine, fine]);
  await manager.streams.delete(objectsStream);
  expect((await ensureConsumer(link, consumer)).problems).toEqual([
    `The consumer ${consumerName} cannot be created: the bucket v1-objects is missing.`,
  ]);
  await ensureBuckets(link, small);
  expect(await ensureConsumer(link, consumer)).toEqual(fine);
});

test("says which buckets are missing where it may not create them", async ({
  nats,
  expect,
  onTestFinished,
}) => {
  const { link, manager } = await setUp(nats, onTestFinished);
  await ensureBuckets(link, small);
  await manager.streams.delete("KV_v1-mappings");
  await manager.streams.delete(advisoriesStream);
  const { problems } = await ensureBuckets(link, { ...small, canCreate: false });
  expect(problems).toEqual([
    "The bucket v1-mappings is missing, and CREATE_BUCKETS forbids to create it; create it.",
    "The stream v1-sync-advisories is missing, and CREATE_BUCKETS forbids to create it; create it.",
  ]);
  await expect(manager.streams.info("KV_v1-mappings")).rejects.toThrow(/not found/);
});

test("takes buckets as they are, and warns of what may hurt", async ({ nats, expect, onTestFinished }) => {
  const { link, manager } = await setUp(nats, onTestFinished);
  const kv = (bucket: string, more: object) => ({
    name: `KV_${bucket}`,
    subjects: [`$KV.${bucket}.>`],
    max_bytes: mebibyte,
    allow_rollup_hdrs: true,
    allow_direct: true,
    discard: "new" as const,
    max_msgs_per_subject: 5,
    ...more,
  });
  await manager.streams.add(
    kv("v1-objects", { storage: "memory", max_msgs_per_subject: -1, max_msg_size: 4_096 }),
  );
  await manager.streams.add(kv("v1-mappings", { max_age: nanos(60_000), discard: "old" }));
  await manager.streams.add(kv("v1-sync-state", { allow_rollup_hdrs: false, allow_direct: false }));
  await manager.streams.add(kv("v1-sync-users", { max_age: nanos(3_600_000) }));
  await manager.streams.add({
    name: advisoriesStream,
    subjects: ["$JS.EVENT.ADVISORY.>"],
    max_bytes: mebibyte,
  });
  const { problems, warnings } = await ensureBuckets(link, small);
  expect(problems).toEqual([]);
  expect(warnings).toEqual([
    expect.stringMatching(payloadWarning),
    "The bucket v1-objects is kept in memory and lost when the server restarts.",
    "The bucket v1-objects keeps every revision of every key (history without a limit).",
    "The bucket v1-objects takes values of 4096 bytes at most.",
    "The bucket v1-mappings loses entries after 60 s (max_age).",
    "The bucket v1-mappings loses its oldest entries when it is full (discard old).",
    "The bucket v1-sync-state gives no direct answers (allow_direct), so reads are slower.",
    "The bucket v1-sync-state does not let keys be purged.",
    "The bucket v1-sync-users forgets entries after 3600 s in place of 21600 s.",
  ]);
});

test("says what cannot be used or made", async ({ nats, expect, onTestFinished }) => {
  const { link, manager } = await setUp(nats, onTestFinished);
  await manager.streams.add({ name: "KV_v1-objects", subjects: ["elsewhere"], max_bytes: mebibyte });
  await manager.streams.add({ name: "other", subjects: ["$KV.v1-mappings.x"], max_bytes: mebibyte });
  await manager.streams.add({ name: "origin", subjects: ["origin"], max_bytes: mebibyte });
  await manager.streams.add({ name: "KV_v1-sync-state", mirror: { name: "origin" }, max_bytes: mebibyte });
  const huge = { ...small, usersMaxBytes: 2 ** 52 };
  const { problems } = await ensureBuckets(link, huge);
  expect(problems).toEqual([
    "The bucket v1-objects cannot be used: it does not take the subject $KV.v1-objects.>.",
    expect.stringMatching(/^The bucket v1-mappings is missing and cannot be created: subjects overlap/),
    "The bucket v1-sync-state cannot be used: it is a mirror, which takes no writes.",
    expect.stringMatching(
      /^The bucket v1-sync-users is missing and cannot be created: .*resources.*give JetStream more room/,
    ),
  ]);
});

test("says that JetStream is not there, and throws while NATS is not", async ({
  restartable,
  expect,
  onTestFinished,
}) => {
  await restartable.stop();
  const link = await linkTo(restartable.url, onTestFinished, { requestTimeoutMs: 100 });
  await expect(ensureBuckets(link, small)).rejects.toThrow(UnavailableError);
  await expect(ensureConsumer(link, consumer)).rejects.toThrow(/nobody listens/);
  await restartable.start({
    config: "accounts { plain { users: [{ user: a, password: b }] } }\nno_auth_user: a",
  });
  await link.connection();
  expect(await ensureBuckets(link, small)).toEqual({
    problems: ["JetStream is not enabled for this account of NATS; enable it."],
    warnings: [],
  });
});

test("makes the consumer of the original, and takes it from then on", async ({
  nats,
  expect,
  onTestFinished,
}) => {
  const { link, manager } = await setUp(nats, onTestFinished);
  await ensureBuckets(link, small);
  expect(await ensureConsumer(link, consumer)).toEqual(fine);
  expect((await manager.consumers.info(objectsStream, consumerName)).config).toMatchObject({
    durable_name: consumerName,
    filter_subject: "$KV.v1-objects.>",
    ack_policy: "explicit",
    deliver_policy: "last_per_subject",
    max_deliver: 3,
    ack_wait: nanos(30_000),
    max_ack_pending: 1_000,
  });
  expect(await ensureConsumer(link, consumer)).toEqual(fine);
  await manager.consumers.delete(objectsStream, consumerName);
  expect(await ensureConsumer(link, consumer)).toEqual(fine);
  await manager.consumers.info(objectsStream, consumerName);
});

test.for([
  ["an older one that delivers all", { config: { deliver_policy: "all" } }, [], [/every revision/]],
  ["one that begins now", { config: { deliver_policy: "new" } }, [], [/never have offered/]],
  [
    "an older one without a filter",
    { filters: {}, config: { deliver_policy: "all" } },
    [],
    [/every revision/],
  ],
  ["one with the filter in a list", { filters: { filter_subjects: ["$KV.v1-objects.>"] } }, [], []],
  [
    "one with other numbers",
    { config: { max_deliver: 5, ack_wait: nanos(5_000), max_ack_pending: 10 } },
    [],
    [/5 times at most/, /again after 5 s/, /10 updates at a time/],
  ],
  [
    "one of other keys",
    { filters: { filter_subject: "$KV.v1-objects.a.*" } },
    [/its filter is .*delete it/],
    [],
  ],
  [
    "one without acks",
    { config: { ack_policy: "none", max_deliver: -1 } },
    [/ack policy is none/],
    [/-1 times/],
  ],
  ["a push consumer", { config: { deliver_subject: "somewhere" } }, [/push consumer/], []],
  ["one without values", { config: { headers_only: true } }, [/headers only/], []],
] as const)("judges %s", async ([, other, problems, warnings], { nats, expect, onTestFinished }) => {
  const { link, manager } = await setUp(nats, onTestFinished);
  await ensureBuckets(link, small);
  await manager.consumers.add(objectsStream, {
    durable_name: consumerName,
    ...("filters" in other ? other.filters : { filter_subject: "$KV.v1-objects.>" }),
    ack_policy: "explicit",
    deliver_policy: "last_per_subject",
    max_deliver: 3,
    ...("config" in other ? other.config : {}),
  });
  const found = await ensureConsumer(link, consumer);
  expect(found.problems).toEqual(problems.map((pattern) => expect.stringMatching(pattern)));
  expect(found.warnings).toEqual(warnings.map((pattern) => expect.stringMatching(pattern)));
});

test("keeps the advisory of a message that was given up", async ({ nats, expect, onTestFinished }) => {
  const { link, manager } = await setUp(nats, onTestFinished);
  await ensureBuckets(link, small);
  await ensureConsumer(link, consumer);
  await manager.consumers.update(objectsStream, consumerName, { max_deliver: 1, ack_wait: nanos(100) });
  const revision = await openBucket(link, "v1-objects").put("salesforce-project__c.a", "{}");
  const connection = await link.connection();
  const reply = createInbox();
  // Nothing is delivered to where nobody listens.
  connection.subscribe(reply, { callback: () => {} });
  const pull = (): void => {
    const body = JSON.stringify({ batch: 1, no_wait: true });
    connection.publish(`$JS.API.CONSUMER.MSG.NEXT.${objectsStream}.${consumerName}`, body, { reply });
  };
  const advisory = await waitFor(
    () => {
      // The server gives a message up when it would have to deliver it once more.
      pull();
      return manager.streams.getMessage(advisoriesStream, { last_by_subj: advisoriesSubject });
    },
    { what: "the advisory" },
  );
  expect(advisory.json()).toMatchObject({ stream_seq: revision, consumer: consumerName });
});
