// SPDX-License-Identifier: MIT
import { waitFor } from "@repo/testkit";
import { startNats } from "@repo/testkit/nats";
import { withServers } from "@repo/testkit/vitest";
import { lookupLockMs } from "../../src/identity/v1-api.ts";
import type { Bucket } from "../../src/nats/bucket.ts";
import { FakeClock } from "../../src/testing/fake-clock.ts";
import { startRig } from "./support/rig.ts";

const test = withServers({ nats: () => startNats() });

const minuteMs = 60_000;
const jane = { Username: "jdoe", Email: "jane@example.org", FirstName: "Jane", LastName: "Doe" };
const person = { username: "jdoe", email: "jane@example.org", firstName: "Jane", lastName: "Doe" };

/** The bucket, and the keys that were read from it. */
function watched(bucket: Bucket): { readonly bucket: Bucket; readonly reads: readonly string[] } {
  const reads: string[] = [];
  const get: Bucket["get"] = (key) => {
    reads.push(key);
    return bucket.get(key);
  };
  return { bucket: { ...bucket, get }, reads };
}

/** Lets fake time pass, in small steps, until the promise has settled. */
async function passing<T>(clock: FakeClock, promise: Promise<T>): Promise<T> {
  let isSettled = false;
  const settle = (): void => {
    isSettled = true;
  };
  promise.then(settle, settle);
  await waitFor(
    async () => {
      if (!isSettled) await clock.advance(clock.nextMs ?? 0);
      return isSettled;
    },
    { everyMs: 1, deadlineMs: 30_000 },
  );
  return promise;
}

test("looks a person up once, and keeps the answer in the original's form", async ({ nats, expect }) => {
  const clock = new FakeClock();
  await using rig = await startRig(nats, { clock });
  rig.v1.users.set("0034100001XyZaaAAF", jane);
  const identity = rig.instance();
  expect(await identity.person("0034100001XyZaaAAF")).toEqual(person);
  expect(await identity.authorOf("0034100001XyZaaAAF")).toEqual({
    principal: "jdoe",
    subject: "jdoe",
    email: "jane@example.org",
    onBehalfOf: "jdoe",
    kind: "person",
  });
  expect(await rig.entry("user.0034100001XyZaaAAF")).toEqual({
    ID: "0034100001XyZaaAAF",
    ...jane,
    _last_fetched: new Date(clock.epochMs()).toISOString(),
  });
  expect(await rig.bucket.get("user_lock.0034100001XyZaaAAF")).toBeUndefined();
  expect(rig.v1.requests("user")).toBe(1);
  expect(rig.v1.problems).toEqual([]);
  expect(identity.lookups.map(({ from }) => from)).toEqual(["v1", "memory"]);
});

test("an id may hold anything: it is encoded in the path and in the key", async ({ nats, expect }) => {
  await using rig = await startRig(nats);
  const identity = rig.instance();
  for (const id of ["a b", "a/b?c#d", "münchen", "*.>", "100%", "$JS.API"]) {
    rig.v1.users.set(id, { ...jane, Username: `of-${rig.v1.users.size}` });
    expect(await identity.person(id)).toMatchObject({ username: `of-${rig.v1.users.size - 1}` });
    expect(rig.v1.requests("user", id)).toBe(1);
    // From the bucket, by another instance.
    expect(await rig.instance().person(id)).toMatchObject({ username: `of-${rig.v1.users.size - 1}` });
    expect(rig.v1.requests("user", id)).toBe(1);
  }
  for (const id of ["", "..", "a\u0000b", "\uD800", "x".repeat(129)])
    expect(await identity.person(id)).toBeUndefined();
  expect(rig.v1.requests("user")).toBe(6);
  expect(rig.v1.problems).toEqual([]);
});

test("asks once for all who ask at the same time", async ({ nats, expect }) => {
  await using rig = await startRig(nats);
  rig.v1.users.set("u1", jane);
  const { promise, resolve } = Promise.withResolvers<void>();
  rig.v1.faults.next("user", { kind: "hold", until: promise });
  const identity = rig.instance();
  const answers = Promise.all(Array.from({ length: 50 }, () => identity.person("u1")));
  await waitFor(() => rig.v1.requests("user") === 1);
  const late = identity.person("u1");
  resolve();
  expect(new Set([...(await answers), await late].map((each) => each?.username))).toEqual(new Set(["jdoe"]));
  expect(rig.v1.requests("user")).toBe(1);
  expect(rig.v1.grantedTokens).toBe(1);
});

test("a second instance waits for the first one's answer", async ({ nats, expect }) => {
  await using rig = await startRig(nats);
  rig.v1.users.set("u1", jane);
  const { promise, resolve } = Promise.withResolvers<void>();
  rig.v1.faults.next("user", { kind: "hold", until: promise });
  const first = rig.instance().person("u1");
  await waitFor(() => rig.v1.requests("user") === 1);
  const { bucket, reads } = watched(rig.bucket);
  const second = rig.instance({ bucket }).person("u1");
  await waitFor(() => reads.filter((key) => key === "user_lock.u1").length > 1);
  resolve();
  expect(await Promise.all([first, second])).toEqual([person, person]);
  expect(rig.v1.requests("user")).toBe(1);
});

test("an instance that looked before the first one's answer and locks after it does not ask again", async ({
  nats,
  expect,
}) => {
  await using rig = await startRig(nats);
  rig.v1.users.set("u1", jane);
  const { promise: firstIsDone, resolve } = Promise.withResolvers<void>();
  const looked = Promise.withResolvers<void>();
  const get: Bucket["get"] = async (key) => {
    const entry = await rig.bucket.get(key);
    looked.resolve();
    await firstIsDone;
    return entry;
  };
  const second = rig.instance({ bucket: { ...rig.bucket, get } }).person("u1");
  await looked.promise;
  await rig.instance().person("u1");
  resolve();
  expect(await second).toEqual(person);
  expect(rig.v1.requests("user")).toBe(1);
});

test("instances that ask for the same people at once ask v1 once for each", async ({ nats, expect }) => {
  await using rig = await startRig(nats);
  rig.v1.latencyMs = 5;
  const ids = Array.from({ length: 20 }, (_, index) => `u${index}`);
  for (const id of ids) rig.v1.users.set(id, { ...jane, Username: `name-${id}` });
  const instances = [rig.instance(), rig.instance(), rig.instance()];
  const found = await Promise.all(
    instances.map((each) => Promise.all(ids.map(async (id) => (await each.person(id))?.username))),
  );
  for (const usernames of found) expect(usernames).toEqual(ids.map((id) => `name-${id}`));
  for (const id of ids) expect(rig.v1.requests("user", id)).toBe(1);
});

test("takes over a lock that was left behind, and not earlier", async ({ nats, expect }) => {
  const clock = new FakeClock();
  await using rig = await startRig(nats, { clock });
  rig.v1.users.set("u1", jane);
  await rig.bucket.put("user_lock.u1", "an instance that is gone");
  const startedMs = clock.monotonicMs();
  const startedAt = clock.epochMs();
  expect(await passing(clock, rig.instance().person("u1"))).toEqual(person);
  expect(clock.monotonicMs() - startedMs).toBeGreaterThanOrEqual(lookupLockMs);
  expect(await rig.entry("user.u1")).toMatchObject({
    _last_fetched: expect.toSatisfy((text: string) => Date.parse(text) - startedAt >= lookupLockMs),
  });
  expect(await rig.bucket.get("user_lock.u1")).toBeUndefined();
});

test("a lock whose revision changes is not left behind", async ({ nats, expect }) => {
  const clock = new FakeClock();
  await using rig = await startRig(nats, { clock });
  rig.v1.users.set("u1", jane);
  await rig.bucket.put("user_lock.u1", "one");
  const { bucket, reads } = watched(rig.bucket);
  const asked = rig.instance({ bucket }).person("u1");
  await waitFor(() => reads.includes("user_lock.u1") && clock.nextMs !== undefined);
  clock.jump(lookupLockMs - 1);
  await rig.bucket.put("user_lock.u1", "another");
  const before = reads.length;
  await clock.advance(1_000);
  await waitFor(() => reads.length > before + 1 && clock.nextMs !== undefined);
  expect(rig.v1.requests("user")).toBe(0);
  expect(await passing(clock, asked)).toEqual(person);
});

test("gives up only its own lock", async ({ nats, expect }) => {
  await using rig = await startRig(nats);
  rig.v1.users.set("u1", jane);
  const { promise, resolve } = Promise.withResolvers<void>();
  rig.v1.faults.next("user", { kind: "hold", until: promise });
  const asked = rig.instance().person("u1");
  await waitFor(() => rig.v1.requests("user") === 1);
  await rig.bucket.put("user_lock.u1", "somebody who took it over");
  resolve();
  expect(await asked).toEqual(person);
  expect(await rig.bucket.get("user_lock.u1")).toBeDefined();
});

test("refreshes beside its use after ten minutes, and asks before it answers after six hours", async ({
  nats,
  expect,
}) => {
  const clock = new FakeClock();
  await using rig = await startRig(nats, { clock });
  rig.v1.users.set("u1", jane);
  const { bucket, reads } = watched(rig.bucket);
  const identity = rig.instance({ bucket });
  await identity.person("u1");
  rig.v1.users.set("u1", { ...jane, Username: "jroe" });
  clock.jump(10 * minuteMs - 1);
  // A refresh would begin by reading the bucket.
  const before = reads.length;
  expect(await identity.person("u1")).toMatchObject({ username: "jdoe" });
  expect(reads).toHaveLength(before);
  clock.jump(1);
  expect(await identity.person("u1")).toMatchObject({ username: "jdoe" });
  await waitFor(async () => (await identity.person("u1"))?.username === "jroe");
  expect(rig.v1.requests("user")).toBe(2);
  rig.v1.users.set("u1", { ...jane, Username: "jpoe" });
  clock.jump(360 * minuteMs);
  // The refresh may still hold its lock.
  expect(await passing(clock, identity.person("u1"))).toMatchObject({ username: "jpoe" });
  expect(rig.v1.requests("user")).toBe(3);
});

test("an instance takes over what another one refreshed", async ({ nats, expect }) => {
  const clock = new FakeClock();
  await using rig = await startRig(nats, { clock });
  rig.v1.users.set("u1", jane);
  const { bucket, reads } = watched(rig.bucket);
  const [one, other] = [rig.instance(), rig.instance({ bucket })];
  await one.person("u1");
  await other.person("u1");
  rig.v1.users.set("u1", { ...jane, Username: "jroe" });
  clock.jump(10 * minuteMs);
  await one.person("u1");
  await waitFor(async () => JSON.stringify(await rig.entry("user.u1")).includes("jroe"));
  await waitFor(async () => (await other.person("u1"))?.username === "jroe");
  expect(rig.v1.requests("user")).toBe(2);
  // It had no need of the lock.
  expect(reads).not.toContain("user_lock.u1");
});

test("an instance that starts serves an answer of the bucket and refreshes it", async ({ nats, expect }) => {
  const clock = new FakeClock();
  await using rig = await startRig(nats, { clock });
  rig.v1.users.set("u1", { ...jane, Username: "jroe" });
  const lastFetched = new Date(clock.epochMs() - 11 * minuteMs).toISOString();
  await rig.bucket.put("user.u1", JSON.stringify({ ID: "u1", ...jane, _last_fetched: lastFetched }));
  const identity = rig.instance();
  expect(await identity.person("u1")).toEqual(person);
  await waitFor(async () => JSON.stringify(await rig.entry("user.u1")).includes("jroe"));
  expect(await identity.person("u1")).toMatchObject({ username: "jroe" });
  expect(rig.v1.requests("user")).toBe(1);
});

test("a refresh that fails leaves the former answer until its time is over", async ({ nats, expect }) => {
  const clock = new FakeClock();
  await using rig = await startRig(nats, { clock });
  rig.v1.users.set("u1", jane);
  const { bucket, reads } = watched(rig.bucket);
  const identity = rig.instance({ bucket });
  await identity.person("u1");
  const entry = await rig.entry("user.u1");
  rig.v1.faults.set("user", { kind: "status", status: 503 });
  clock.jump(11 * minuteMs);
  expect(await identity.person("u1")).toEqual(person);
  await waitFor(() => rig.logs.text.includes("could not be refreshed"));
  const requests = rig.v1.requests("user");
  // Not at each use again.
  const before = reads.length;
  for (let use = 0; use < 5; use += 1) expect(await identity.person("u1")).toEqual(person);
  expect(reads).toHaveLength(before);
  clock.jump(30_000);
  expect(await identity.person("u1")).toEqual(person);
  await waitFor(() => rig.v1.requests("user") > requests);
  expect(await rig.entry("user.u1")).toEqual(entry);
  clock.jump(360 * minuteMs);
  await expect(passing(clock, identity.person("u1"))).rejects.toMatchObject({
    reason: { code: "lookup_unavailable" },
  });
  expect(await rig.entry("user.u1")).toEqual(entry);
});

test("a refresh leaves the look-up to the instance that is at it", async ({ nats, expect }) => {
  const clock = new FakeClock();
  await using rig = await startRig(nats, { clock });
  rig.v1.users.set("u1", jane);
  const { bucket, reads } = watched(rig.bucket);
  const identity = rig.instance({ bucket });
  await identity.person("u1");
  await rig.bucket.put("user_lock.u1", "another instance");
  clock.jump(11 * minuteMs);
  const before = reads.length;
  expect(await identity.person("u1")).toEqual(person);
  await waitFor(() => reads.slice(before).includes("user_lock.u1"));
  expect(rig.v1.requests("user")).toBe(1);
  // Unless that one is gone.
  clock.jump(lookupLockMs);
  await waitFor(async () => {
    await identity.person("u1");
    return rig.v1.requests("user") === 2;
  });
});

test.for([
  ["somebody whom v1 does not know", undefined],
  ["somebody without a username", { ...jane, Username: "" }],
  ["somebody with a blank username", { ...jane, Username: "  " }],
] as const)("remembers %s for ten minutes", async ([, user], { nats, expect }) => {
  const clock = new FakeClock();
  await using rig = await startRig(nats, { clock });
  if (user !== undefined) rig.v1.users.set("u1", user);
  const identity = rig.instance();
  expect(await identity.person("u1")).toBeUndefined();
  expect(await rig.entry("user.u1")).toEqual({
    ID: "u1",
    Username: "",
    Email: "",
    FirstName: "",
    LastName: "",
    _last_fetched: new Date(clock.epochMs()).toISOString(),
  });
  rig.v1.users.set("u1", jane);
  clock.jump(10 * minuteMs - 1);
  expect(await identity.authorOf("u1")).toMatchObject({ kind: "fallback", subject: "v1_sync_helper" });
  expect(await rig.instance().person("u1")).toBeUndefined();
  expect(rig.v1.requests("user")).toBe(1);
  clock.jump(1);
  expect(await identity.person("u1")).toEqual(person);
});

test("an entry that cannot be read is fetched anew and written over", async ({ nats, expect }) => {
  await using rig = await startRig(nats);
  rig.v1.users.set("u1", jane);
  await rig.bucket.put("user.u1", "\u0000garbage");
  expect(await rig.instance().person("u1")).toEqual(person);
  expect(await rig.entry("user.u1")).toMatchObject(jane);
});

test("organizations likewise, refreshed after half an hour", async ({ nats, expect }) => {
  const clock = new FakeClock();
  await using rig = await startRig(nats, { clock });
  rig.v1.organizations.set("0014100000Te0OKAAZ", { Name: "Example Inc.", Domains: "example.org" });
  const { bucket, reads } = watched(rig.bucket);
  const identity = rig.instance({ bucket });
  const expected = { id: "0014100000Te0OKAAZ", name: "Example Inc.", domain: "example.org" };
  expect(await identity.organization("0014100000Te0OKAAZ")).toEqual(expected);
  expect(await rig.entry("organization.0014100000Te0OKAAZ")).toEqual({
    ID: "0014100000Te0OKAAZ",
    Name: "Example Inc.",
    Domains: "example.org",
    _last_fetched: new Date(clock.epochMs()).toISOString(),
  });
  rig.v1.organizations.delete("0014100000Te0OKAAZ");
  clock.jump(30 * minuteMs - 1);
  const before = reads.length;
  expect(await identity.organization("0014100000Te0OKAAZ")).toEqual(expected);
  expect(reads).toHaveLength(before);
  clock.jump(1);
  expect(await identity.organization("0014100000Te0OKAAZ")).toEqual(expected);
  await waitFor(async () => (await identity.organization("0014100000Te0OKAAZ")) === undefined);
  expect(rig.v1.requests("organization")).toBe(2);
});

test("whoever waits for another instance is told when the process stops", async ({ nats, expect }) => {
  await using rig = await startRig(nats);
  await rig.bucket.put("user_lock.u1", "another instance");
  const { bucket, reads } = watched(rig.bucket);
  const identity = rig.instance({ bucket });
  const asked = identity.person("u1");
  const outcome = expect(asked).rejects.toMatchObject({
    reason: { code: "lookup_unavailable", message: expect.stringMatching(/being stopped/) },
  });
  await waitFor(() => reads.includes("user_lock.u1"));
  await identity[Symbol.asyncDispose]();
  await outcome;
});
