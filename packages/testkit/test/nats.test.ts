// SPDX-License-Identifier: Apache-2.0
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { startNats, startRestartableNats } from "@repo/testkit/nats";
import { withServers } from "@repo/testkit/vitest";
import { vi } from "vitest";

const test = withServers({ nats: () => startNats(), restartable: () => startRestartableNats() });

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

test.for(["in-order", "crash"] as const)(
  "comes back on its port with its streams: %s",
  async (how, { restartable, expect }) => {
    const before = await restartable.connect();
    const bucket = await new Kvm(before).create(`restart-${how}`, small);
    await bucket.put("key", "kept");
    await restartable.stop(how);
    await before.close();
    await expect(restartable.connect({ reconnect: false })).rejects.toThrow(/refused/);
    await restartable.start();
    const after = await restartable.connect();
    const again = await new Kvm(after).open(`restart-${how}`);
    expect((await again.get("key"))?.string()).toBe("kept");
    await after.close();
  },
);

test("takes a configuration, at the start and at a restart", async ({ restartable, expect }) => {
  await restartable.stop();
  await restartable.start({ config: "authorization { user: somebody, password: secret }" });
  await expect(restartable.connect()).rejects.toThrow(/authorization/i);
  await (await restartable.connect({ user: "somebody", pass: "secret" })).close();
  await restartable.stop();
  await restartable.start({});
  await (await restartable.connect()).close();
});
