// SPDX-License-Identifier: MIT
import { test } from "vitest";
import type { Plan, WriteCall } from "../objects/plan.ts";
import { objectKey } from "../records/object-key.ts";
import type { ObjectState } from "../state/object-state.ts";
import { claimed } from "../state/transition.ts";
import { createClaims } from "./claims.ts";
import { type Arrival, createProcessor } from "./process.ts";
import { MemoryPorts, rules } from "./testing/memory-ports.ts";
import { MemoryStates } from "./testing/memory-states.ts";

const key = objectKey("project", "a");
const claimMs = 60_000;
const call: WriteCall = { service: "project", method: "PUT", path: "/projects/u", changes: [] };
const update: Plan = { action: "update", uid: "u", calls: [call], sent: "", notes: [] };
const unchanged: Plan = { action: "unchanged", uid: "u", sent: "", notes: [] };
const missing: Plan = { action: "refuse", reason: { code: "missing_in_v2", message: "It is gone." } };
const value = Buffer.from('{"sfid":"a","name":"A"}');

function setUp() {
  const ports = new MemoryPorts();
  const { clock, random } = ports;
  const states = new MemoryStates();
  const answers: string[] = [];
  const instance = (owner: string, hasExpired = false) => {
    const claims = createClaims({
      states,
      clock,
      random,
      owner,
      claimMs,
      hasExpired: () => hasExpired,
      isBefore: async () => false,
      newestRevision: async () => ports.stored?.revision,
      onSeen: () => {},
    });
    const { signal } = new AbortController();
    return createProcessor({ ports, rules, owner, claims, onWritten: () => {}, signal });
  };
  const arrival = (revision: number): Arrival => ({
    revision,
    value,
    deliveries: 1,
    writtenMs: clock.epochMs(),
    ack: () => answers.push(`ack ${revision}, ${states.state(key.text)?.status}`),
    giveBack: () => answers.push("nak"),
    letGo: () => answers.push("nothing"),
  });
  const due = async (state: Partial<ObjectState>) => {
    const start = claimed(undefined, { revision: 5, owner: "gone", nowMs: clock.epochMs() });
    const { owner: _owner, ...open } = start;
    const reason = { code: "internal", message: "before" } as const;
    const version = await states.write(key.text, { ...open, status: "retry", reason, ...state }, 0);
    return { key, dueVersion: version };
  };
  return { ports, clock, states, answers, instance, arrival, due, state: () => states.state(key.text) };
}

test("a message is acknowledged when its outcome is on record, and not before", async ({ expect }) => {
  const { ports, answers, instance, arrival, state } = setUp();
  ports.mapping = { state: "mapped", uid: "u" };
  ports.plans.push(update);
  await instance("one")({ key, arrival: arrival(5) });
  expect(ports.sent).toEqual([call]);
  expect(answers).toEqual(["ack 5, done"]);
  expect(state()).toMatchObject({ applied: { revision: 5, action: "updated" } });
  expect(ports.told).toMatchObject([
    { key: key.text, operation: "PUT", revision: 5, attempt: 1, outcome: "applied" },
  ]);
});

test("nothing is sent by an instance that was busy until its claim was another's", async ({ expect }) => {
  const { ports, clock, answers, states, instance, arrival } = setUp();
  ports.mapping = { state: "mapped", uid: "u" };
  ports.plans.push(update);
  let calls = 0;
  const authorOf = ports.authors.authorOf;
  ports.authors.authorOf = async () => {
    calls += 1;
    if (calls > 1) return authorOf();
    // The machine slept, and another instance has done all of it since.
    clock.jump(2 * claimMs);
    await instance("two", true)({ key, dueVersion: states.version(key.text) });
    expect(ports.sent).toHaveLength(1);
    return authorOf();
  };
  ports.stored = { revision: 5, value };
  await instance("one")({ key, arrival: arrival(5) });
  expect(ports.sent).toHaveLength(1);
  // The next delivery finds it done.
  expect(answers).toEqual(["nak"]);
  expect(ports.told.map(({ outcome }) => outcome)).toEqual(["applied", "lost"]);
});

test("a mapping in memory that has become a tombstone is not taken for an object that v2 lost", async ({
  expect,
}) => {
  const { ports, instance, arrival, state } = setUp();
  ports.remembered = { state: "mapped", uid: "u" };
  ports.mapping = { state: "deleted" };
  ports.plans.push(missing);
  await instance("one")({ key, arrival: arrival(5) });
  expect(state()).toMatchObject({ status: "done", reason: { code: "deleted_in_v2" } });
});

test("an answer of the bucket that is older than what is wanted is not believed", async ({ expect }) => {
  const { ports, instance, due, state } = setUp();
  ports.mapping = { state: "mapped", uid: "u" };
  ports.plans.push(update);
  ports.stored = { revision: 4, value };
  await instance("one")(await due({}));
  expect(ports.sent).toEqual([]);
  expect(state()).toMatchObject({ status: "retry", revision: 5, reason: { code: "service_unavailable" } });
});

test("a newer revision than was wanted begins its own count of attempts", async ({ expect }) => {
  const { ports, instance, due, state } = setUp();
  ports.mapping = { state: "mapped", uid: "u" };
  ports.plans.push(update);
  ports.stored = { revision: 9, value };
  await instance("one")(await due({ attempts: 11 }));
  expect(state()).toMatchObject({ status: "done", attempts: 1, applied: { revision: 9 } });
});

test("a record that is gone without a delete mark deletes nothing", async ({ expect }) => {
  const { ports, instance, due, state } = setUp();
  ports.mapping = { state: "mapped", uid: "u" };
  await instance("one")(await due({}));
  expect(ports.sent).toEqual([]);
  expect(state()).toMatchObject({ status: "dead", reason: { code: "vanished" } });
});

test.for<[string, Plan]>([
  ["refused", { action: "refuse", reason: { code: "unusable_record", message: "No name." } }],
  ["ignored", { action: "ignore", reason: { code: "not_allowlisted", message: "Not allowed." } }],
  [
    "parked",
    { action: "park", waitsFor: ["project.sfid.p"], reason: { code: "parent_unmapped", message: "Waits." } },
  ],
])("an object is not %s while its create may still be carried out", async ([, plan], { expect }) => {
  const { ports, clock, instance, due, state } = setUp();
  ports.plans.push(plan);
  ports.stored = { revision: 5, value };
  const at = new Date(clock.epochMs() - 10_000).toISOString();
  const intents = [{ naturalKey: { kind: "project", slug: "a" }, at }] as const;
  await instance("one")(await due({ intents }));
  expect(state()).toMatchObject({
    status: "retry",
    intents,
    reason: { code: "create_settling" },
    attempts: 0,
  });
  await clock.advance(60_000);
  await instance("one")({ key, dueVersion: 2 + 1 });
  expect(state()?.intents).toBeUndefined();
  expect(state()?.reason).toEqual("reason" in plan ? plan.reason : undefined);
});

test("a plan that does not write where it must is a defect, not a success", async ({ expect }) => {
  const { ports, instance, due, state } = setUp();
  ports.mapping = { state: "mapped", uid: "u" };
  ports.plans.push(unchanged);
  ports.stored = { revision: 5, value };
  await instance("one")(await due({ unsettled: true }));
  expect(state()).toMatchObject({ status: "retry", unsettled: true, reason: { code: "internal" } });
  expect(ports.defects).toHaveLength(1);
});

test("while NATS does not answer a task waits for it", async ({ expect }) => {
  const { ports, clock, states, answers, instance, arrival } = setUp();
  ports.mapping = { state: "mapped", uid: "u" };
  ports.plans.push(unchanged);
  states.unreadable = 3;
  const done = instance("one")({ key, arrival: arrival(5) });
  await clock.advance(0);
  expect(answers).toEqual([]);
  await clock.advance(10_000);
  await done;
  expect(answers).toEqual(["ack 5, done"]);
});
