// SPDX-License-Identifier: MIT
import { test } from "vitest";
import { transition } from "../state/transition.ts";
import { FakeClock } from "../testing/fake-clock.ts";
import { type Claim, ClaimLostError } from "./claim.ts";
import { createClaims, type Taken, type Wish } from "./claims.ts";
import { MemoryStates } from "./testing/memory-states.ts";

const key = "salesforce-project__c.a";
const claimMs = 60_000;
const reason = { code: "service_unavailable", message: "no" } as const;

function setUp() {
  const clock = new FakeClock();
  const states = new MemoryStates();
  const expired = new Set<number>();
  const stream: { last: number; newest: number | undefined } = { last: 1000, newest: 1000 };
  const instance = (owner: string) => {
    const claims = createClaims({
      states,
      clock,
      random: () => 0.5,
      owner,
      claimMs,
      hasExpired: (_, version) => expired.has(version),
      isBefore: async (revision) => revision > stream.last,
      newestRevision: async () => stream.newest,
      onSeen: () => {},
    });
    const take = (wish: Omit<Wish, "key">): Promise<Taken> => claims.take({ key, ...wish });
    const claim = async (wish: Omit<Wish, "key">): Promise<Claim> => {
      const taken = await take(wish);
      if (taken.result !== "claimed") throw new Error(`not claimed but ${taken.result}`);
      return taken.claim;
    };
    return { ...claims, take, claim };
  };
  const context = () => ({ nowMs: clock.epochMs(), random: () => 0.5 });
  const finish = (claim: Claim, outcome: Parameters<typeof transition>[1]) =>
    claim.finish((state) => transition(state, outcome, context()));
  const apply = (claim: Claim) =>
    finish(claim, { kind: "applied", applied: { action: "updated", uid: "u" } });
  return { clock, states, stream, expired, instance, finish, apply };
}

test("an update costs a read and two writes", async ({ expect }) => {
  const { states, instance, apply } = setUp();
  await apply(await instance("one").claim({ revision: 5 }));
  expect(states).toMatchObject({ reads: 1, writes: 2 });
  expect(states.state(key)).toMatchObject({ status: "done", applied: { revision: 5 } });
});

test("an older revision, or the same again, is superseded without a write", async ({ expect }) => {
  const { states, instance, apply } = setUp();
  const one = instance("one");
  await apply(await one.claim({ revision: 5 }));
  expect(await one.take({ revision: 5 })).toEqual({ result: "superseded", by: 5 });
  expect(await one.take({ revision: 4 })).toEqual({ result: "superseded", by: 5 });
  expect(states.writes).toBe(2);
});

test("a revision that waits on record is not begun by its message again", async ({ expect }) => {
  const { instance, finish } = setUp();
  const one = instance("one");
  await finish(await one.claim({ revision: 5 }), { kind: "retry", reason, countsAsAttempt: true });
  expect(await one.take({ revision: 5 })).toMatchObject({ result: "recorded" });
  expect(await one.take({ revision: 3 })).toEqual({ result: "superseded", by: 5 });
});

test("what is due is claimed at the version that was seen, by one instance", async ({ expect }) => {
  const { states, instance, finish } = setUp();
  const one = instance("one");
  await finish(await one.claim({ revision: 5 }), { kind: "retry", reason, countsAsAttempt: true });
  const dueVersion = states.version(key);
  const results = await Promise.all([one.take({ dueVersion }), instance("two").take({ dueVersion })]);
  expect(results.map(({ result }) => result).toSorted((a, b) => a.localeCompare(b))).toEqual([
    "claimed",
    "not due",
  ]);
});

test("another instance's object is left to it, and so is a newer revision", async ({ expect }) => {
  const { states, instance, apply } = setUp();
  const claim = await instance("one").claim({ revision: 5 });
  const two = instance("two");
  expect(await two.take({ revision: 5 })).toMatchObject({ result: "recorded" });
  expect(await two.take({ revision: 7 })).toEqual({ result: "handed over", to: "one" });
  expect(await apply(claim)).toMatchObject({ result: "go on", state: { applied: { revision: 5 } } });
  expect(claim.state).toMatchObject({ status: "claimed", revision: 7, attempts: 0 });
  expect(await apply(claim)).toMatchObject({ result: "written" });
  expect(states.state(key)).toMatchObject({ status: "done", applied: { revision: 7 } });
});

test("a failure of the older revision does not stand in the way of the newer one", async ({ expect }) => {
  const { instance, finish } = setUp();
  const claim = await instance("one").claim({ revision: 5 });
  claim.amend((state) => ({ ...state, unsettled: true }));
  await instance("two").take({ revision: 7 });
  const ended = await finish(claim, { kind: "retry", reason, countsAsAttempt: true });
  expect(ended.result).toBe("go on");
  expect(claim.state).toMatchObject({ status: "claimed", revision: 7, attempts: 0, unsettled: true });
  expect(claim.state.nextAt).toBeUndefined();
});

test("a renewal keeps what another instance wants", async ({ expect }) => {
  const { clock, states, instance } = setUp();
  const one = instance("one");
  const claim = await one.claim({ revision: 5 });
  await instance("two").take({ revision: 7 });
  clock.jump(claimMs / 2);
  one.renew();
  await clock.advance(0);
  expect(states.state(key)).toMatchObject({ status: "claimed", owner: "one", revision: 7 });
  expect(claim.leftMs).toBe(claimMs);
});

test("a claim is renewed after a third of its time, and not before", async ({ expect }) => {
  const { clock, states, instance } = setUp();
  const one = instance("one");
  await one.claim({ revision: 5 });
  clock.jump(claimMs / 3 - 1);
  one.renew();
  await clock.advance(0);
  expect(states.writes).toBe(1);
  clock.jump(1);
  one.renew();
  await clock.advance(0);
  expect(states.writes).toBe(2);
});

test("nothing may be sent for a claim that is another's, nor for one that cannot be renewed", async ({
  expect,
}) => {
  const { clock, states, expired, instance } = setUp();
  const claim = await instance("one").claim({ revision: 5 });
  clock.jump(claimMs - 1000);
  expired.add(states.version(key));
  const other = await instance("two").claim({ dueVersion: states.version(key) });
  await expect(claim.ensure(2000)).rejects.toThrow(ClaimLostError);
  expect(other.state).toMatchObject({ owner: "two", unsettled: true, crashes: 1 });
});

test("the time of a claim counts from before its write", async ({ expect }) => {
  const { clock, states, instance } = setUp();
  const claim = await instance("one").claim({ revision: 5 });
  clock.jump(50_000);
  states.before = async () => clock.jump(30_000);
  await expect(claim.ensure(40_000)).rejects.toThrow(/could not be renewed in time/);
});

test("who lost an object does not write its outcome", async ({ expect }) => {
  const { states, expired, instance, apply } = setUp();
  const claim = await instance("one").claim({ revision: 5 });
  expired.add(states.version(key));
  const other = await instance("two").claim({ dueVersion: states.version(key) });
  expect(await apply(claim)).toEqual({ result: "lost" });
  expect(states.state(key)).toMatchObject({ status: "claimed", owner: "two" });
  expect(await apply(other)).toMatchObject({ result: "written" });
});

test("who was frozen while it wrote the outcome finds that the object is another's", async ({ expect }) => {
  const { clock, states, expired, instance, apply } = setUp();
  const claim = await instance("one").claim({ revision: 5 });
  states.before = async () => {
    expired.add(states.version(key));
    await instance("two").claim({ dueVersion: states.version(key) });
    clock.jump(2 * claimMs);
  };
  expect(await apply(claim)).toEqual({ result: "lost" });
  expect(states.state(key)).toMatchObject({ status: "claimed", owner: "two" });
});

test.for(["after", "before"] as const)(
  "an outcome whose write was not answered (carried out: lost %s) is written once",
  async (lost, { expect }) => {
    const { states, instance, apply } = setUp();
    const claim = await instance("one").claim({ revision: 5 });
    states.lost.push(lost);
    expect(await apply(claim)).toMatchObject({ result: "written" });
    expect(states.state(key)).toMatchObject({ status: "done", attempts: 1 });
  },
);

test("an outcome waits for NATS as long as its claim is good for", async ({ expect }) => {
  const { clock, states, instance, apply } = setUp();
  const claim = await instance("one").claim({ revision: 5 });
  states.lost.push("before");
  states.unreadable = 1000;
  const ending = apply(claim);
  const failure = expect(ending).rejects.toThrow("NATS did not answer");
  await clock.advance(claimMs + 1000);
  await failure;
  expect(states.state(key)).toMatchObject({ status: "claimed", owner: "one" });
});

test("an instance that gets its own claim back does not know what it sent", async ({ expect }) => {
  const { states, instance } = setUp();
  const one = instance("one");
  states.lost.push("after");
  await expect(one.take({ revision: 5 })).rejects.toThrow("NATS did not answer");
  const claim = await one.claim({ revision: 5 });
  expect(claim.state).toMatchObject({ unsettled: true, revision: 5 });
  expect(claim.state.crashes).toBeUndefined();
});

test("the third process that ends over an object is the last for a while", async ({ expect }) => {
  const { states, expired, instance } = setUp();
  await instance("one").claim({ revision: 5 });
  for (const owner of ["two", "three"]) {
    expired.add(states.version(key));
    await instance(owner).claim({ dueVersion: states.version(key) });
  }
  expired.add(states.version(key));
  const taken = await instance("four").take({ dueVersion: states.version(key) });
  expect(taken).toMatchObject({ result: "crashed", state: { status: "dead", crashes: 3 } });
});

test("in a bucket that was made anew old revisions count for nothing", async ({ expect }) => {
  const { states, stream, instance, finish, apply } = setUp();
  const one = instance("one");
  await apply(await one.claim({ revision: 500 }));
  stream.last = 3;
  const claim = await one.claim({ revision: 2 });
  expect(claim.state).toMatchObject({ revision: 2, applied: { revision: 0, uid: "u" } });
  // Its own revisions are ordered as ever.
  await finish(claim, { kind: "retry", reason, countsAsAttempt: true });
  expect(await one.take({ revision: 1 })).toEqual({ result: "superseded", by: 2 });
  await apply(await one.claim({ revision: 3 }));
  expect(states.state(key)).toMatchObject({ status: "done", applied: { revision: 3 } });
});

test("a message of a new bucket waits for the work that is under way for the old one", async ({ expect }) => {
  const { stream, instance } = setUp();
  await instance("one").claim({ revision: 500 });
  stream.last = 3;
  await expect(instance("two").take({ revision: 2 })).rejects.toThrow(/bucket v1-objects that is gone/);
});

test("the same revision of a bucket that was made again is done, however like the old one it is", async ({
  expect,
}) => {
  const { clock, states, instance, finish, apply } = setUp();
  const one = instance("one");
  const firstMs = clock.epochMs();
  await apply(await one.claim({ revision: 5, writtenMs: firstMs }));
  await clock.advance(60_000);
  // Delivered again.
  expect(await one.take({ revision: 5, writtenMs: firstMs })).toEqual({ result: "superseded", by: 5 });
  const claim = await one.claim({ revision: 5, writtenMs: clock.epochMs() });
  await finish(claim, { kind: "retry", reason, countsAsAttempt: true });
  expect(states.state(key)).toMatchObject({
    status: "retry",
    revision: 5,
    attempts: 1,
    applied: { revision: 0 },
  });
});

test("an older revision is of another bucket when that has no newer one, whatever clocks say", async ({
  expect,
}) => {
  const { clock, stream, instance, apply } = setUp();
  const one = instance("one");
  await apply(await one.claim({ revision: 5, writtenMs: clock.epochMs() }));
  const laterMs = clock.epochMs() + 60_000;
  stream.newest = 5;
  expect(await one.take({ revision: 3, writtenMs: laterMs })).toEqual({ result: "superseded", by: 5 });
  stream.newest = undefined;
  expect(await one.take({ revision: 3, writtenMs: laterMs })).toEqual({ result: "superseded", by: 5 });
  stream.newest = 3;
  const claim = await one.claim({ revision: 3, writtenMs: laterMs });
  expect(claim.state).toMatchObject({ revision: 3, attempts: 0 });
});

test("a record that is gone while its object is worked on is written again, with what was sent", async ({
  expect,
}) => {
  const { clock, states, instance, apply } = setUp();
  const one = instance("one");
  const claim = await one.claim({ revision: 5 });
  const intents = [
    { naturalKey: { kind: "project", slug: "a" }, at: new Date(clock.epochMs()).toISOString() },
  ] as const;
  claim.amend((state) => ({ ...state, intents }));
  states.forget(key);
  await claim.save();
  expect(states.state(key)).toMatchObject({ status: "claimed", owner: "one", intents });
  states.forget(key);
  expect(await apply(claim)).toMatchObject({ result: "written" });
  expect(states.state(key)).toMatchObject({ status: "done", applied: { revision: 5 } });
});

test("a record that is gone and claimed by another meanwhile is theirs", async ({ expect }) => {
  const { states, instance, apply } = setUp();
  const claim = await instance("one").claim({ revision: 5 });
  states.forget(key);
  await instance("two").claim({ revision: 6 });
  expect(await apply(claim)).toEqual({ result: "lost" });
  expect(states.state(key)).toMatchObject({ status: "claimed", owner: "two" });
});
