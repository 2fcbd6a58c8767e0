// SPDX-License-Identifier: MIT
import { waitFor } from "@repo/testkit";
import { startNats } from "@repo/testkit/nats";
import { withServers } from "@repo/testkit/vitest";
import { RevisionConflictError } from "../../src/nats/bucket.ts";
import { openBucket } from "../../src/nats/open-bucket.ts";
import { createDeleteWindow } from "../../src/state/delete-window.ts";
import type { ObjectState } from "../../src/state/object-state.ts";
import { createObjectStates, type StateChange, UnreadableStateError } from "../../src/state/object-states.ts";
import { createSlugLocks } from "../../src/state/slug-locks.ts";
import { FakeClock } from "../../src/testing/fake-clock.ts";
import { linkTo, makeBucket } from "../support/nats-tools.ts";

const test = withServers({ nats: () => startNats() });

const now = "2026-11-21T10:00:00.000Z";
const retrying: ObjectState = { status: "retry", revision: 3, attempts: 1, since: now, lastAt: now };
const claimed: ObjectState = { ...retrying, status: "claimed", owner: "me" };
const done: ObjectState = { ...retrying, status: "done" };
/** A key that a bucket could not hold as it is. */
const oddKey = "salesforce-project__c.ä b..c";

test("reads what it wrote, by compare-and-set only", async ({ nats, expect, onTestFinished }) => {
  await makeBucket(nats.url, "states", { history: 1 });
  const states = createObjectStates(openBucket(await linkTo(nats.url, onTestFinished), "states"));
  expect(await states.read(oddKey)).toEqual({ version: 0 });
  const first = await states.write(oddKey, retrying, 0);
  await expect(states.write(oddKey, done, 0)).rejects.toThrow(RevisionConflictError);
  const second = await states.write(oddKey, claimed, first);
  await expect(states.write(oddKey, done, first)).rejects.toThrow(RevisionConflictError);
  expect(await states.read(oddKey)).toEqual({ state: claimed, version: second });
});

test("does not treat a record as absent that it cannot read", async ({ nats, expect, onTestFinished }) => {
  await makeBucket(nats.url, "damaged", { history: 1 });
  const bucket = openBucket(await linkTo(nats.url, onTestFinished), "damaged");
  const states = createObjectStates(bucket);
  await bucket.put("object.a.1", "not JSON");
  await expect(states.read("a.1")).rejects.toThrow(UnreadableStateError);
  await expect(states.read("a.1")).rejects.toThrow(/The state of a\.1 cannot be read/);
  await expect(states.write("a.1", retrying, 0)).rejects.toThrow(RevisionConflictError);
});

test("tells of all records and of each change, by the keys of v1", async ({
  nats,
  expect,
  onTestFinished,
}) => {
  await makeBucket(nats.url, "watched", { history: 1 });
  const bucket = openBucket(await linkTo(nats.url, onTestFinished), "watched");
  const states = createObjectStates(bucket);
  const version = await states.write(oddKey, retrying, 0);
  await bucket.put("slug.apache", "not an object's");
  const stopped = new AbortController();
  onTestFinished(() => stopped.abort());
  const seen: (Omit<StateChange, "state"> & { readonly state: ObjectState | undefined | "unreadable" })[] =
    [];
  let isCaughtUp = false;
  states.watch({
    signal: stopped.signal,
    onChange: ({ state, ...change }) => void seen.push({ ...change, state: stateOrNot(state) }),
    onCaughtUp: () => {
      isCaughtUp = true;
    },
  });
  await waitFor(() => isCaughtUp, { what: "the beginning" });
  expect(seen).toEqual([{ key: oddKey, version, isDone: false, state: retrying }]);
  const later = await states.write(oddKey, done, version);
  await bucket.put("object.b", "garbage");
  await bucket.purge("object.b");
  await waitFor(() => seen.length === 4, { what: "the changes" });
  expect(seen[1]).toEqual({ key: oddKey, version: later, isDone: true, state: done });
  expect(seen[2]).toMatchObject({ key: "b", state: "unreadable" });
  expect(seen[3]).toMatchObject({ key: "b", isDone: false, state: undefined });
});

function stateOrNot(state: StateChange["state"]): ObjectState | undefined | "unreadable" {
  try {
    return state();
  } catch (error) {
    if (error instanceof UnreadableStateError) return "unreadable";
    throw error;
  }
}

test("gives a slug to one record at a time", async ({ nats, expect, onTestFinished }) => {
  await makeBucket(nats.url, "slugs", { history: 1 });
  const bucket = openBucket(await linkTo(nats.url, onTestFinished), "slugs");
  const states = createObjectStates(bucket);
  const locks = createSlugLocks(bucket, states);
  const [a, b] = ["salesforce-project__c.a", "salesforce-project__c.b"];
  const versionOfA = await states.write(a, claimed, 0);
  await states.write(b, claimed, 0);

  expect(await locks.acquire("apache", a)).toBe(true);
  expect(await locks.acquire("apache", a)).toBe(true);
  expect(await locks.acquire("apache", b)).toBe(false);
  expect(await locks.acquire("other", b)).toBe(true);
  await locks.release("apache", b);
  expect(await locks.acquire("apache", b)).toBe(false);

  // Not claimed any more, but nobody knows what became of its create.
  const intent = { naturalKey: { kind: "project", slug: "apache" } as const, at: now };
  const waiting = await states.write(a, { ...retrying, intents: [intent] }, versionOfA);
  expect(await locks.acquire("apache", b)).toBe(false);
  const elsewhere = { ...intent, naturalKey: { ...intent.naturalKey, slug: "else" } };
  await states.write(a, { ...retrying, intents: [elsewhere] }, waiting);
  expect(await locks.acquire("apache", b)).toBe(true);
  await locks.release("apache", a);
  expect(await locks.acquire("apache", b)).toBe(true);
  await locks.release("apache", b);
  await locks.release("apache", b);
  expect(await locks.acquire("apache", a)).toBe(true);
});

test("gives back no slug that another instance took over", async ({ nats, expect, onTestFinished }) => {
  await makeBucket(nats.url, "taken-over", { history: 1 });
  const bucket = openBucket(await linkTo(nats.url, onTestFinished), "taken-over");
  const states = createObjectStates(bucket);
  const [here, there] = [createSlugLocks(bucket, states), createSlugLocks(bucket, states)];
  const [a, b, c] = ["salesforce-project__c.a", "salesforce-project__c.b", "salesforce-project__c.c"];
  await states.write(b, claimed, 0);
  expect(await here.acquire("apache", a)).toBe(true);
  expect(await there.acquire("apache", b)).toBe(true);
  await here.release("apache", a);
  expect(await here.acquire("apache", c)).toBe(false);
  await there.release("apache", b);
  expect(await here.acquire("apache", c)).toBe(true);
});

test("gives a slug to one of many records that want it at once", async ({ nats, expect, onTestFinished }) => {
  await makeBucket(nats.url, "rush", { history: 1 });
  const bucket = openBucket(await linkTo(nats.url, onTestFinished), "rush");
  const states = createObjectStates(bucket);
  const locks = createSlugLocks(bucket, states);
  const keys = Array.from({ length: 10 }, (_, i) => `salesforce-project__c.${i}`);
  for (const key of keys) await states.write(key, claimed, 0);
  // Left behind by a record that is done, so that all try to take it over.
  await bucket.put("slug.apache", "salesforce-project__c.gone");
  const got = await Promise.all(keys.map((key) => locks.acquire("apache", key)));
  expect(got.filter(Boolean)).toHaveLength(1);
});

test("does not judge a holder that cannot be read", async ({ nats, expect, onTestFinished }) => {
  await makeBucket(nats.url, "unjudged", { history: 1 });
  const bucket = openBucket(await linkTo(nats.url, onTestFinished), "unjudged");
  const locks = createSlugLocks(bucket, createObjectStates(bucket));
  await bucket.put("slug.apache", "holder");
  await bucket.put("object.holder", "garbage");
  await expect(locks.acquire("apache", "b")).rejects.toThrow(/The state of holder cannot be read/);
});

test("counts the deletes of all instances together", async ({ nats, expect, onTestFinished }) => {
  await makeBucket(nats.url, "deletes", { history: 1 });
  const clock = new FakeClock();
  const instances = await Promise.all(
    [1, 2, 3].map(async () => {
      const bucket = openBucket(await linkTo(nats.url, onTestFinished), "deletes");
      return createDeleteWindow(bucket, { maxPerHour: 10, clock });
    }),
  );
  const [first] = instances;
  expect(await first?.used()).toBe(0);
  const taken = await Promise.all(
    instances.flatMap((window) => Array.from({ length: 6 }, () => window.take())),
  );
  expect(taken.filter(Boolean)).toHaveLength(10);
  expect(await first?.used()).toBe(10);
  clock.jump(59 * 60_000);
  expect(await first?.take()).toBe(false);
  clock.jump(2 * 60_000);
  expect(await first?.used()).toBe(0);
  expect(await first?.take()).toBe(true);
});

test("does not take a count of deletes for none that it cannot read", async ({
  nats,
  expect,
  onTestFinished,
}) => {
  await makeBucket(nats.url, "miscounted", { history: 1 });
  const bucket = openBucket(await linkTo(nats.url, onTestFinished), "miscounted");
  await bucket.put("deletes", '{"now":"many"}');
  const window = createDeleteWindow(bucket, { maxPerHour: 10, clock: new FakeClock() });
  await expect(window.take()).rejects.toThrow(/count of deletes cannot be read/);
});
