// SPDX-License-Identifier: MIT
import { jetstreamManager } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { startNats } from "@repo/testkit/nats";
import { withServers } from "@repo/testkit/vitest";
import { RevisionConflictError } from "../../src/nats/bucket.ts";
import { IllegalKeyError } from "../../src/nats/key.ts";
import { openBucket } from "../../src/nats/open-bucket.ts";
import { UnavailableError } from "../../src/unavailable-error.ts";
import { linkTo, makeBucket } from "../support/nats-tools.ts";

const test = withServers({ nats: () => startNats() });

const text = (value: Uint8Array | undefined): string => Buffer.from(value ?? []).toString();

test.for([
  ["direct gets", true],
  ["gets from the leader", false],
] as const)("writes and reads by %s", async ([, allow_direct], { nats, expect, onTestFinished }) => {
  const name = `rw-${allow_direct}`;
  await makeBucket(nats.url, name, { allow_direct });
  const bucket = openBucket(await linkTo(nats.url, onTestFinished), name);

  expect(await bucket.get("a.b")).toBeUndefined();
  const first = await bucket.create("a.b", "one");
  await expect(bucket.create("a.b", "other")).rejects.toThrow(RevisionConflictError);
  const second = await bucket.update("a.b", new TextEncoder().encode("two"), first);
  await expect(bucket.update("a.b", "other", first)).rejects.toThrow(RevisionConflictError);
  await expect(bucket.update("new", "other", 7)).rejects.toThrow(RevisionConflictError);

  const entry = await bucket.get("a.b");
  expect([entry?.key, text(entry?.value), entry?.revision]).toEqual(["a.b", "two", second]);
  expect(Math.abs(Date.now() - (entry?.createdAt.getTime() ?? 0))).toBeLessThan(60_000);

  const third = await bucket.put("a.b", "three");
  await expect(bucket.purge("a.b", second)).rejects.toThrow(RevisionConflictError);
  expect(text((await bucket.get("a.b"))?.value)).toBe("three");
  await bucket.purge("a.b", third);
  expect(await bucket.get("a.b")).toBeUndefined();
  const again = await bucket.create("a.b", "");
  const empty = await bucket.get("a.b");
  expect([empty?.revision, empty?.value.length]).toEqual([again, 0]);
});

test.for([true, false])(
  "agrees with other clients on what is deleted (direct: %s)",
  async (allow_direct, { nats, expect, onTestFinished }) => {
    const name = `others-${allow_direct}`;
    await makeBucket(nats.url, name, { allow_direct });
    const bucket = openBucket(await linkTo(nats.url, onTestFinished), name);
    const connection = await nats.connect();
    onTestFinished(() => connection.close());
    const other = await new Kvm(connection).open(name);

    await other.put("k", "theirs");
    expect(text((await bucket.get("k"))?.value)).toBe("theirs");
    await other.delete("k");
    expect(await bucket.get("k")).toBeUndefined();
    await bucket.create("k", "ours");
    expect((await other.get("k"))?.string()).toBe("ours");
    await bucket.purge("k");
    expect((await other.get("k"))?.operation).toBe("PURGE");
    const history = [];
    for await (const entry of await other.history({ key: "k" })) history.push(entry.operation);
    expect(history).toEqual(["PURGE"]);
  },
);

test("lets one of many that create the same key at once succeed, also over a marker", async ({
  nats,
  expect,
  onTestFinished,
}) => {
  await makeBucket(nats.url, "race");
  const bucket = openBucket(await linkTo(nats.url, onTestFinished), "race");
  for (const round of ["absent", "marker"]) {
    const tries = await Promise.allSettled(Array.from({ length: 20 }, (_, i) => bucket.create("k", `${i}`)));
    const won = tries.flatMap((result, i) => (result.status === "fulfilled" ? [String(i)] : []));
    expect(won, round).toHaveLength(1);
    expect(text((await bucket.get("k"))?.value)).toBe(won[0]);
    for (const result of tries) {
      if (result.status === "rejected") expect(result.reason).toBeInstanceOf(RevisionConflictError);
    }
    await bucket.purge("k");
  }
});

test("says that a bucket is not there, for reads and writes, and uses it once it is", async ({
  nats,
  expect,
  onTestFinished,
}) => {
  const bucket = openBucket(await linkTo(nats.url, onTestFinished), "later");
  await expect(bucket.get("k")).rejects.toThrow(UnavailableError);
  await expect(bucket.get("k")).rejects.toThrow(/no bucket later/);
  await expect(bucket.put("k", "v")).rejects.toThrow(UnavailableError);
  await expect(bucket.create("k", "v")).rejects.toThrow(/no bucket later/);
  await makeBucket(nats.url, "later");
  await bucket.put("k", "v");
  expect(text((await bucket.get("k"))?.value)).toBe("v");
});

test("rejects keys that a bucket cannot hold before it asks", async ({ nats, expect, onTestFinished }) => {
  const bucket = openBucket(await linkTo(nats.url, onTestFinished), "any");
  for (const act of [
    bucket.get("a b"),
    bucket.put("a..b", "v"),
    bucket.create("*", "v"),
    bucket.purge("."),
  ]) {
    await expect(act).rejects.toThrow(IllegalKeyError);
  }
});

test("tells a value that is too large from a bucket that is full", async ({
  nats,
  expect,
  onTestFinished,
}) => {
  await makeBucket(nats.url, "tight", { max_bytes: 4_096, maxValueSize: 2_048, history: 1 });
  const bucket = openBucket(await linkTo(nats.url, onTestFinished), "tight");
  await expect(bucket.put("k", "x".repeat(3_000))).rejects.toThrow(RangeError);
  await expect(bucket.put("k", "x".repeat(2_000_000))).rejects.toThrow(/max_payload/);
  await bucket.put("a", "x".repeat(1_800));
  await bucket.put("b", "x".repeat(1_800));
  const full = bucket.put("c", "x".repeat(1_800));
  await expect(full).rejects.toThrow(UnavailableError);
  await expect(full).rejects.toThrow(/tight refuses a write: maximum bytes exceeded/);
});

test("reads at the leader while direct gets are off, and directly again later", async ({
  nats,
  expect,
  onTestFinished,
}) => {
  await makeBucket(nats.url, "switch");
  const bucket = openBucket(await linkTo(nats.url, onTestFinished), "switch");
  await bucket.put("k", "v");
  const connection = await nats.connect();
  onTestFinished(() => connection.close());
  const manager = await jetstreamManager(connection);
  await manager.streams.update("KV_switch", { allow_direct: false });
  expect(text((await bucket.get("k"))?.value)).toBe("v");
  expect(await bucket.get("absent")).toBeUndefined();
});
