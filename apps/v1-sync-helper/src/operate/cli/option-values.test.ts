// SPDX-License-Identifier: MIT
import { InvalidArgumentError } from "commander";
import { test } from "vitest";
import { durationValue, kindValue, reasonValue, sinceValue } from "./option-values.ts";

const now = Date.UTC(2026, 10, 21, 12);

test.for([
  ["2h", "2026-11-21T10:00:00.000Z"],
  ["2026-11-20", "2026-11-20T00:00:00.000Z"],
  ["2026-11-20T10:00:00Z", "2026-11-20T10:00:00.000Z"],
  ["2026-11-20 10:00", "2026-11-20T10:00:00.000Z"],
  ["2026-11-20T10:00:00+02:00", "2026-11-20T08:00:00.000Z"],
] as const)("--since %s is %s", ([text, time], { expect }) => {
  expect(new Date(sinceValue(text, now)).toISOString()).toBe(time);
});

test.for(["yesterday", "", "2026-13-01", "5", "2026-11-20T"])("--since %j is refused", (text, { expect }) => {
  expect(() => sinceValue(text, now)).toThrow(InvalidArgumentError);
});

test("kinds and reasons are known words, in any case and number", ({ expect }) => {
  expect(kindValue("Committees")).toBe("committee");
  expect(() => kindValue("meeting")).toThrow(/project, committee, member/);
  expect(reasonValue("TAKEN")).toBe("taken");
  expect(() => reasonValue("constructor")).toThrow(InvalidArgumentError);
  expect(durationValue(200)("2s")).toBe(2000);
  expect(() => durationValue(200)("100ms")).toThrow(/at least 200 ms/);
});
