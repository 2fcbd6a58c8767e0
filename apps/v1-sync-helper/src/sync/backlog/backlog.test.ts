// SPDX-License-Identifier: MIT
import fc from "fast-check";
import { test } from "vitest";
import type { MappingKey } from "../../mappings/mapping-key.ts";
import type { ObjectState } from "../../state/object-state.ts";
import { FakeClock } from "../../testing/fake-clock.ts";
import { createBacklog } from "./backlog.ts";
import { DueHeap } from "./due-heap.ts";

const reason = { code: "service_unavailable", message: "no" } as const;
const othersDelayMs = 2000;

function setUp(mapped: ReadonlySet<MappingKey> = new Set()) {
  const clock = new FakeClock();
  const unreadable: string[] = [];
  const backlog = createBacklog({
    clock,
    random: () => 0,
    claimMs: 60_000,
    othersDelayMs,
    isMapped: async (key) => mapped.has(key),
    onUnreadable: (key) => unreadable.push(key),
  });
  const at = (ms: number): string => new Date(clock.epochMs() + ms).toISOString();
  const state = (status: ObjectState["status"], more: Partial<ObjectState> = {}): ObjectState => ({
    status,
    revision: 1,
    attempts: 1,
    since: at(0),
    lastAt: at(0),
    reason,
    ...more,
  });
  const note = (key: string, version: number, noted: ObjectState | undefined): void =>
    backlog.note({ key, version, isDone: noted?.status === "done", state: () => noted });
  const due = (): string[] => backlog.takeDue(100).map(({ key }) => key);
  return { clock, backlog, at, state, note, due, unreadable };
}

test("gives out what this instance recorded at its time, and what others did a little later", async ({
  expect,
}) => {
  const { clock, backlog, at, state, note, due } = setUp();
  backlog.noteState("own", 1, state("retry", { nextAt: at(1000) }), "own");
  note("theirs", 2, state("retry", { nextAt: at(1000) }));
  expect(due()).toEqual([]);
  await clock.advance(1000);
  expect(due()).toEqual(["own"]);
  await clock.advance(othersDelayMs);
  expect(due()).toEqual(["theirs"]);
});

test("forgets what changed, whichever of two tellings comes first", async ({ expect }) => {
  const { clock, backlog, at, state, note, due } = setUp();
  const retry = state("retry", { nextAt: at(0) });
  backlog.noteState("a", 3, retry, "own");
  // The watch is behind.
  note("a", 2, state("claimed", { owner: "one" }));
  note("a", 3, retry);
  expect(backlog.counts()).toMatchObject({ claimed: 0, retry: 1 });
  note("a", 4, state("done"));
  note("a", 3, retry);
  note("b", 5, retry);
  note("b", 6, undefined);
  await clock.advance(60_000);
  expect(due()).toEqual(["a"]);
  backlog.noteState("a", 4, state("done"), "read");
  expect(backlog.counts()).toEqual({ claimed: 0, retry: 0, parked: 0, held: 0, dead: 0 });
});

test("gives out again what was taken and never changed", async ({ expect }) => {
  const { clock, backlog, at, state, due } = setUp();
  backlog.noteState("a", 1, state("retry", { nextAt: at(0) }), "own");
  expect(due()).toEqual(["a"]);
  expect(due()).toEqual([]);
  await clock.advance(120_000);
  expect(due()).toEqual(["a"]);
});

test("a claim runs out when the same version was the newest for longer than claims hold", async ({
  expect,
}) => {
  const { clock, backlog, state, note, due } = setUp();
  note("a", 1, state("claimed", { owner: "one" }));
  await clock.advance(50_000);
  note("a", 2, state("claimed", { owner: "one" }));
  note("b", 3, state("claimed", { owner: "two" }));
  await clock.advance(60_000);
  expect(backlog.hasExpired("a", 2)).toBe(false);
  expect(due()).toEqual([]);
  await clock.advance(2000);
  expect(backlog.hasExpired("a", 1)).toBe(false);
  expect(backlog.hasExpired("a", 2)).toBe(true);
  expect(due()).toEqual(["a", "b"]);
  expect(due()).toEqual([]);
});

test("releases what waits for a mapping, also when the mapping came before", async ({ expect }) => {
  const parent: MappingKey = "project.sfid.p";
  const early: MappingKey = "project.sfid.q";
  const { clock, backlog, at, state, due } = setUp(new Set([early]));
  const nextAt = at(600_000);
  backlog.noteState("a", 1, state("parked", { nextAt, waitsFor: [parent] }), "own");
  backlog.noteState("b", 2, state("parked", { nextAt, waitsFor: [early] }), "own");
  await clock.advance(0);
  expect(due()).toEqual(["b"]);
  backlog.mapped(parent);
  expect(due()).toEqual(["a"]);
  backlog.mapped(parent);
  expect(due()).toEqual([]);
});

test("looks soon after a start at what waits for a setting, and not each time it is parked", async ({
  expect,
}) => {
  const { clock, backlog, at, state, note, due } = setUp();
  const parked = state("parked", { nextAt: at(3_600_000), waitsFor: [] });
  note("a", 1, parked);
  backlog.caughtUp();
  backlog.noteState("b", 2, parked, "own");
  await clock.advance(60_000);
  expect(due()).toEqual(["a"]);
});

test("a record that cannot be read is told of and does not stop the others", ({ expect }) => {
  const { backlog, unreadable } = setUp();
  const broken = (): never => {
    throw new Error("broken");
  };
  backlog.note({ key: "a", version: 1, isDone: false, state: broken });
  expect(unreadable).toEqual(["a"]);
});

test("the machine's clock may be set without moving what is due", async ({ expect }) => {
  const { clock, backlog, at, state, due } = setUp();
  backlog.noteState("a", 1, state("retry", { nextAt: at(10_000) }), "own");
  clock.setEpochMs(0);
  await clock.advance(10_000);
  expect(due()).toEqual(["a"]);
});

test("a heap gives what is due first, whatever was put in", ({ expect }) => {
  const items = fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 60 });
  const order = fc.property(items, fc.integer({ min: 0, max: 50 }), (dues, wanted) => {
    const heap = new DueHeap();
    for (const [version, dueMs] of dues.entries()) heap.push({ key: `${version}`, version, dueMs });
    heap.prune(({ dueMs }) => dueMs !== wanted);
    heap.push({ key: "100", version: 100, dueMs: wanted });
    const given: number[] = [];
    for (let item = heap.pop(); item !== undefined; item = heap.pop()) given.push(item.dueMs);
    const kept = [...dues.filter((due) => due !== wanted), wanted];
    expect(given).toEqual(kept.toSorted((a, b) => a - b));
  });
  expect(() => fc.assert(order)).not.toThrow();
});

test("forgets all when the records are others, and takes in those that count from 1 again", async ({
  expect,
}) => {
  const { clock, backlog, at, state, note, due } = setUp();
  note("parked", 900, state("parked", { waitsFor: ["project.sfid.x"], nextAt: at(1000) }));
  note("claimed", 901, state("claimed"));
  backlog.clear();
  expect(backlog.counts()).toEqual({ claimed: 0, retry: 0, parked: 0, held: 0, dead: 0 });
  expect(backlog.waitingFor()).toEqual({ project: 0, committee: 0 });
  expect(backlog.hasExpired("claimed", 901)).toBe(false);
  note("parked", 1, state("retry", { nextAt: at(0) }));
  await clock.advance(othersDelayMs);
  expect(due()).toEqual(["parked"]);
  await clock.advance(600_000);
  expect(due()).toEqual(["parked"]);
});
