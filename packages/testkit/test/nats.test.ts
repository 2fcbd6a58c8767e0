// SPDX-License-Identifier: Apache-2.0
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { startNats } from "@repo/testkit/nats";
import { withServers } from "@repo/testkit/vitest";
import { vi } from "vitest";

const test = withServers({ nats: () => startNats() });

/** Buckets reserve their size of the disk. */
const small = { max_bytes: 1024 * 1024, storage: "file" } as const;

test("keeps a value in a bucket and tells a watcher of each change", async ({ nats, expect }) => {
  const connection = await nats.connect();
  try {
    const bucket = await new Kvm(connection).create("watched", small);
    await bucket.put("key", "first");
    const watch = await bucket.watch({ key: "key" });
    await bucket.put("key", "second");
    await bucket.delete("key");
    const seen: [string, string][] = [];
    for await (const entry of watch) {
      seen.push([entry.operation, entry.string()]);
      if (entry.operation === "DEL") break;
    }
    expect(seen.at(-1)).toEqual(["DEL", ""]);
    expect(seen).toContainEqual(["PUT", "second"]);
    expect((await bucket.get("key"))?.operation).toBe("DEL");
  } finally {
    await connection.close();
  }
});

test("refuses a write that is based on an old revision", async ({ nats, expect }) => {
  const connection = await nats.connect();
  try {
    const bucket = await new Kvm(connection).create("revisions", small);
    const revision = await bucket.put("key", "first");
    await bucket.update("key", "second", revision);
    await expect(bucket.update("key", "third", revision)).rejects.toThrow(/wrong last sequence/);
  } finally {
    await connection.close();
  }
});

test("hands a message out again that was not acknowledged", async ({ nats, expect }) => {
  const connection = await nats.connect();
  try {
    const manager = await jetstreamManager(connection);
    await manager.streams.add({ name: "work", subjects: ["work.>"], ...small });
    await manager.consumers.add("work", { durable_name: "worker", ack_policy: "explicit" });
    await jetstream(connection).publish("work.one", "payload");
    const consumer = await jetstream(connection).consumers.get("work", "worker");
    const first = await consumer.next();
    first?.nak();
    const second = await consumer.next();
    expect([second?.string(), second?.info.deliveryCount]).toEqual(["payload", 2]);
  } finally {
    await connection.close();
  }
});

test("tells its state over its monitoring port", async ({ nats, expect }) => {
  const answer = await fetch(new URL("/varz", nats.monitoringUrl));
  expect(await answer.json()).toMatchObject({ jetstream: { config: { store_dir: expect.any(String) } } });
});

test("uses the server that NATS_URL names, and leaves it running", async ({
  nats,
  expect,
  onTestFinished,
}) => {
  onTestFinished(() => void vi.unstubAllEnvs());
  vi.stubEnv("NATS_URL", nats.url);
  const own = await startNats();
  expect(own.url).toBe(nats.url);
  await own[Symbol.asyncDispose]();
  await (await nats.connect()).close();
});
