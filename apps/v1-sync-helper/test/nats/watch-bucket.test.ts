// SPDX-License-Identifier: MIT
import { jetstreamManager } from "@nats-io/jetstream";
import { waitFor } from "@repo/testkit";
import { startFaultProxy } from "@repo/testkit/fault-proxy";
import { startNats, startRestartableNats } from "@repo/testkit/nats";
import { withServers } from "@repo/testkit/vitest";
import type { Bucket, Change } from "../../src/nats/bucket.ts";
import { openBucket } from "../../src/nats/open-bucket.ts";
import { linkTo, makeBucket } from "../support/nats-tools.ts";

const test = withServers({ nats: () => startNats(), restartable: () => startRestartableNats() });

/** What a watch has told, and what follows from it. */
function follow(bucket: Bucket, filters: readonly string[], onTestFinished: (stop: () => void) => void) {
  const controller = new AbortController();
  onTestFinished(() => controller.abort());
  const changes: Change[] = [];
  const values = new Map<string, string>();
  const seen = { changes, values, caughtUp: 0, restarts: 0, stop: () => controller.abort() };
  bucket.watch(filters, {
    signal: controller.signal,
    onChange(change) {
      changes.push(change);
      if (change.value === undefined) values.delete(change.key);
      else values.set(change.key, Buffer.from(change.value).toString());
    },
    onCaughtUp: () => void seen.caughtUp++,
    onRestart() {
      values.clear();
      seen.restarts++;
    },
  });
  return seen;
}

test("tells the newest values, that it caught up, and each change after, in order", async ({
  nats,
  expect,
  onTestFinished,
}) => {
  await makeBucket(nats.url, "plain");
  const bucket = openBucket(await linkTo(nats.url, onTestFinished), "plain");
  await bucket.put("project.a", "old");
  await bucket.put("project.a", "new");
  await bucket.put("committee.b", "1");
  await bucket.put("other.c", "1");
  await bucket.put("project.gone", "1");
  await bucket.purge("project.gone");
  const seen = follow(bucket, ["project.>", "committee.*"], onTestFinished);
  await waitFor(() => seen.caughtUp === 1, { what: "the beginning" });
  expect(seen.changes.map(({ key, value }) => [key, value && Buffer.from(value).toString()])).toEqual([
    ["project.a", "new"],
    ["committee.b", "1"],
    ["project.gone", undefined],
  ]);
  const revision = await bucket.put("project.d", "");
  await bucket.purge("project.a");
  await waitFor(() => seen.changes.length === 5, { what: "the changes" });
  expect(seen.changes[3]).toMatchObject({ key: "project.d", revision });
  expect(seen.changes[3]?.value).toHaveLength(0);
  expect(seen.changes[4]).toMatchObject({ key: "project.a", value: undefined });
  expect(seen.caughtUp).toBe(1);

  seen.stop();
  await bucket.put("project.a", "unseen");
  await bucket.get("project.a");
  expect(seen.changes).toHaveLength(5);
});

test("catches up at once with an empty bucket, and waits for one that is not there yet", async ({
  nats,
  expect,
  onTestFinished,
}) => {
  const bucket = openBucket(await linkTo(nats.url, onTestFinished), "comes");
  const seen = follow(bucket, [">"], onTestFinished);
  await makeBucket(nats.url, "comes");
  await waitFor(() => seen.caughtUp === 1, { what: "the bucket" });
  await bucket.put("k", "v");
  await waitFor(() => seen.values.get("k") === "v", { what: "the value" });
  expect(seen.restarts).toBe(0);
});

test("goes on when a change is not taken in", async ({ nats, expect, onTestFinished }) => {
  await makeBucket(nats.url, "throws");
  const bucket = openBucket(await linkTo(nats.url, onTestFinished), "throws");
  const controller = new AbortController();
  onTestFinished(() => controller.abort());
  const seen: string[] = [];
  bucket.watch([">"], {
    signal: controller.signal,
    onChange({ key }) {
      seen.push(key);
      throw new Error("a defect");
    },
  });
  await bucket.put("a", "1");
  await bucket.put("b", "1");
  await waitFor(() => seen.length === 2, { what: "both" });
  expect(seen).toEqual(["a", "b"]);
});

test.for(["in-order", "crash"] as const)(
  "survives a server that is away for a while: %s",
  async (how, { restartable, expect, onTestFinished }) => {
    const name = `away-${how}`;
    await makeBucket(restartable.url, name);
    const bucket = openBucket(await linkTo(restartable.url, onTestFinished), name);
    const seen = follow(bucket, [">"], onTestFinished);
    await bucket.put("a", "1");
    await waitFor(() => seen.values.get("a") === "1", { what: "the first" });
    await restartable.stop(how);
    await restartable.start();
    await waitFor(() => bucket.put("b", "2").then(() => true), { what: "a write" });
    await waitFor(() => seen.values.get("b") === "2", { what: "the change after the restart" });
    expect(seen.restarts).toBe(0);
  },
);

// These wait for heartbeats that do not come: together.

test.concurrent("leaves no change out while its connection is cut over and over", async ({
  nats,
  expect,
  onTestFinished,
}) => {
  await makeBucket(nats.url, "cuts");
  await using proxy = await startFaultProxy({ target: nats.url });
  const writer = openBucket(await linkTo(nats.url, onTestFinished), "cuts");
  for (let i = 0; i < 2_000; i++) await writer.put(`k.${i}`, "first");
  const seen = follow(openBucket(await linkTo(proxy.url, onTestFinished), "cuts"), ["k.>"], onTestFinished);
  for (let round = 0; round < 4; round++) {
    // In the middle of what is on its way.
    proxy.setFaults({ kind: "reset", direction: "down", afterBytes: 15_000 });
    await Promise.all(Array.from({ length: 400 }, (_, i) => writer.put(`k.${i}`, `round ${round}`)));
    await waitFor(() => proxy.connections.length > round + 1, { what: "a cut" });
    proxy.setFaults();
    await waitFor(() => seen.values.get("k.399") === `round ${round}`, { what: "the round" });
  }
  await waitFor(() => seen.values.size === 2_000, { what: "all keys" });
  expect(seen.values.get("k.0")).toBe("round 3");
  expect(seen.values.get("k.1999")).toBe("first");
  // Every revision of a key was told in its order.
  const last = new Map<string, number>();
  for (const { key, revision } of seen.changes) {
    expect(revision).toBeGreaterThan(last.get(key) ?? 0);
    last.set(key, revision);
  }
  expect(seen.restarts).toBe(0);
});

test.concurrent("reads a bucket anew that was deleted and made again", async ({
  nats,
  expect,
  onTestFinished,
}) => {
  await makeBucket(nats.url, "again");
  const bucket = openBucket(await linkTo(nats.url, onTestFinished), "again");
  const seen = follow(bucket, [">"], onTestFinished);
  for (const key of ["a", "b", "c"]) await bucket.put(key, "old");
  await waitFor(() => seen.values.size === 3, { what: "the old values" });
  const connection = await nats.connect();
  onTestFinished(() => connection.close());
  const manager = await jetstreamManager(connection);
  await manager.streams.delete("KV_again");
  await makeBucket(nats.url, "again");
  // More than the old one ever held, so that sequences do not tell them apart.
  for (const key of ["a", "b", "b", "b", "b"]) await bucket.put(key, "new");
  await waitFor(() => seen.restarts === 1 && seen.values.get("b") === "new", {
    what: "the new bucket",
    deadlineMs: 40_000,
  });
  expect([...seen.values]).toEqual([
    ["a", "new"],
    ["b", "new"],
  ]);
});

test.concurrent("goes on when its consumer is deleted", async ({ nats, expect, onTestFinished }) => {
  await makeBucket(nats.url, "consumerless");
  const bucket = openBucket(await linkTo(nats.url, onTestFinished), "consumerless");
  const seen = follow(bucket, [">"], onTestFinished);
  await waitFor(() => seen.caughtUp === 1, { what: "the beginning" });
  const connection = await nats.connect();
  onTestFinished(() => connection.close());
  const manager = await jetstreamManager(connection);
  for await (const { name } of manager.consumers.list("KV_consumerless")) {
    await manager.consumers.delete("KV_consumerless", name);
  }
  await bucket.put("k", "v");
  await waitFor(() => seen.values.get("k") === "v", { what: "the change", deadlineMs: 40_000 });
  expect(seen.caughtUp).toBe(1);
});

test.concurrent("keeps no consumer behind when it is stopped", async ({ nats, expect, onTestFinished }) => {
  await makeBucket(nats.url, "tidy");
  const bucket = openBucket(await linkTo(nats.url, onTestFinished), "tidy");
  const seen = follow(bucket, [">"], onTestFinished);
  await waitFor(() => seen.caughtUp === 1, { what: "the beginning" });
  seen.stop();
  const connection = await nats.connect();
  onTestFinished(() => connection.close());
  const manager = await jetstreamManager(connection);
  await waitFor(async () => (await manager.streams.info("KV_tidy")).state.consumer_count === 0, {
    what: "the consumer to go",
  });
  expect(seen.caughtUp).toBe(1);
});
