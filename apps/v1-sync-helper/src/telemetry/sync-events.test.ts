// SPDX-License-Identifier: MIT
import { captureLogs } from "@repo/logging/testing";
import { createRecorders } from "@repo/telemetry";
import { recordedValue } from "@repo/telemetry/testing";
import { test } from "vitest";
import type { ObjectEvent } from "../sync/events.ts";
import { instruments } from "./instruments.ts";
import { createSyncEvents } from "./sync-events.ts";

const created: ObjectEvent = {
  key: "salesforce-project__c.a0941000002wBz4AAE",
  kind: "project",
  sfid: "a0941000002wBz4AAE",
  operation: "PUT",
  revision: 7,
  attempt: 1,
  outcome: "applied",
  action: "created",
  slug: "example",
  projectUid: "11111111-1111-4111-8111-111111111111",
  username: "jdoe",
  durationMs: 41.4,
  lagMs: 2000,
};

const refused: ObjectEvent = {
  ...created,
  outcome: "dead",
  reason: { code: "refused_by_service", message: "slug is too long", status: 400, call: "POST /projects" },
};

function setUp(level: "debug" | "info") {
  const logs = captureLogs({ level });
  const metrics = createRecorders(instruments);
  return { logs, metrics, events: createSyncEvents(logs.logger, metrics) };
}

test("an object that was created is one line with the brief's fields, and counted", ({ expect }) => {
  const { logs, metrics, events } = setUp("info");
  events.object(created);
  expect(logs.records).toHaveLength(1);
  expect(logs.records[0]).toMatchObject({
    level: "info",
    key: created.key,
    operation: "PUT",
    sfid: created.sfid,
    slug: "example",
    project_uid: created.projectUid,
    revision: 7,
    attempt: 1,
    outcome: "applied",
    action: "created",
    duration_ms: 41,
    msg: "project created",
  });
  expect(logs.text).not.toContain("jdoe");
  expect(recordedValue(metrics, "outcomes", { type: "project", outcome: "created" })).toBe(1);
  expect(recordedValue(metrics, "lag", { type: "project" })).toBe(1);
  expect(recordedValue(metrics, "duration", { type: "project" })).toBe(1);
});

test("a user name stands in a line at debug only", ({ expect }) => {
  const { logs, events } = setUp("debug");
  events.object(created);
  expect(logs.records[0]).toMatchObject({ username: "jdoe" });
});

test("what could not be carried through is an error with the reason under error", ({ expect }) => {
  const { logs, metrics, events } = setUp("info");
  events.object(refused);
  expect(logs.records[0]).toMatchObject({
    level: "error",
    reason: "refused_by_service",
    error: "slug is too long",
    status: 400,
    call: "POST /projects",
  });
  expect(recordedValue(metrics, "dead", { reason: "refused_by_service" })).toBe(1);
  expect(recordedValue(metrics, "outcomes", { type: "project", outcome: "dead" })).toBe(1);
});

test("a first retry is no warning, a second one is", ({ expect }) => {
  const { logs, metrics, events } = setUp("info");
  events.object({ ...refused, outcome: "retry", attempt: 1 });
  events.object({ ...refused, outcome: "retry", attempt: 2 });
  expect(logs.records.map(({ level }) => level)).toEqual(["info", "warn"]);
  expect(recordedValue(metrics, "retries", { reason: "refused_by_service" })).toBe(2);
});

test("messages that needed nothing are neither counted as outcomes nor said", ({ expect }) => {
  const { logs, metrics, events } = setUp("info");
  for (const outcome of ["recorded", "handed over"] as const)
    events.object({ ...created, outcome, attempt: 0 });
  expect(logs.records).toEqual([]);
  expect(recordedValue(metrics, "outcomes", { type: "project", outcome: "created" })).toBe(0);
});

test("a defect keeps its stack under error", ({ expect }) => {
  const { logs, events } = setUp("info");
  events.defect(new TypeError("no such thing"), { key: created.key, doing: "PUT /projects" });
  expect(logs.records[0]).toMatchObject({
    level: "error",
    key: created.key,
    error: { type: "TypeError", message: "no such thing", stack: expect.stringContaining("sync-events") },
  });
});
