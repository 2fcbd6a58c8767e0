// SPDX-License-Identifier: MIT
import { test } from "vitest";
import type { ObjectState } from "../../state/object-state.ts";
import type { StateChange } from "../../state/object-states.ts";
import { type ConsumerSample, consumerRate } from "./consumer-rate.ts";
import { fitScreen } from "./screen.ts";
import { StateTally } from "./state-tally.ts";
import { type StatusReport, statusText } from "./status-view.ts";

const sample = (changes: Partial<ConsumerSample>): ConsumerSample => ({
  atMs: 0,
  pending: 1000,
  ackPending: 0,
  redelivered: 0,
  lastSequence: 5000,
  ...changes,
});

test.for([
  ["a queue that goes down", { atMs: 2000, pending: 800 }, { perSecond: 100, etaMs: 8000 }],
  [
    "what comes in meanwhile",
    { atMs: 2000, pending: 900, lastSequence: 5100 },
    { perSecond: 100, etaMs: 18_000 },
  ],
  ["a queue that stands still", { atMs: 2000, lastSequence: 5200 }, { perSecond: 100, etaMs: undefined }],
  [
    "a queue that grows",
    { atMs: 2000, pending: 1400, lastSequence: 5400 },
    { perSecond: 0, etaMs: undefined },
  ],
  ["what is in hand", { atMs: 2000, pending: 900, ackPending: 100 }, { perSecond: 0, etaMs: undefined }],
  ["an empty queue", { atMs: 2000, pending: 0 }, { perSecond: 500, etaMs: 0 }],
  ["the same moment", {}, { perSecond: 0, etaMs: undefined }],
] as const)("the rate sees %s", ([, now, rate], { expect }) => {
  expect(consumerRate(sample({}), sample(now))).toEqual(rate);
});

const base: ObjectState = {
  status: "parked",
  revision: 1,
  attempts: 1,
  since: "2026-11-21T10:00:00.000Z",
  lastAt: "2026-11-21T10:00:00.000Z",
};

function change(key: string, state: ObjectState | undefined): StateChange {
  return { key, version: 1, isDone: state?.status === "done", state: () => state };
}

const project = "salesforce-project__c.a";
const committee = "platform-collaboration__c.b";

test("the tally follows an object from status to status, and forgets one that is removed", ({ expect }) => {
  const tally = new StateTally();
  const reason = { code: "parent_unmapped", message: "Its parent is not there." } as const;
  tally.take(change(project, { ...base, reason, waitsFor: ["project.sfid.x"] }));
  tally.take(change(committee, { ...base, status: "claimed", owner: "pod-1.a" }));
  expect(tally.snapshot()).toMatchObject({
    objects: { project: { parked: 1 }, committee: { claimed: 1 } },
    reasons: [{ reason: "parent_unmapped", count: 1 }],
    oldestParked: { key: project, waitsFor: "project.sfid.x" },
    instances: [{ instance: "pod-1.a", claims: 1 }],
  });
  tally.take(change(project, { ...base, status: "done" }));
  tally.take(change(committee, undefined));
  expect(tally.snapshot()).toMatchObject({
    objects: { project: { parked: 0, done: 1 }, committee: { claimed: 0 } },
    reasons: [],
    oldestParked: undefined,
    instances: [],
  });
});

test("the tally shows a record that cannot be read", ({ expect }) => {
  const tally = new StateTally();
  const unreadable = (): never => {
    throw new Error("not JSON");
  };
  tally.take({ key: project, version: 1, isDone: false, state: unreadable });
  expect(tally.snapshot()).toMatchObject({ unreadable: [project] });
});

test("a report says how long it still takes, and what an instance lacks", ({ expect }) => {
  const report: StatusReport = {
    consumer: { ...sample({ pending: 12_345, ackPending: 100 }), perSecond: 812.4, etaMs: 15_300 },
    tally: new StateTally().snapshot(),
    health: { url: "http://127.0.0.1:8080", state: "not ready", detail: "nats failed: nobody listens there" },
  };
  const text = statusText(report, 0);
  expect(text).toContain("12,345 pending, 100 in hand, 0 delivered again, 812/s; nothing left in about 15s");
  expect(text).toContain("Instance at http://127.0.0.1:8080: not ready (nats failed: nobody listens there)");
});

test("a screen shows what fits, at the end and at the right", ({ expect }) => {
  expect(fitScreen("one\ntwo\n", { rows: 10, columns: 80 })).toBe("one\ntwo");
  expect(fitScreen("1\n2\n3\n4\n5", { rows: 4, columns: 80 })).toBe("1\n2\n…");
  expect(fitScreen("a long line", { rows: 10, columns: 5 })).toBe("a lo…");
});
