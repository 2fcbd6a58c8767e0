// SPDX-License-Identifier: MIT
import { test } from "vitest";
import { columns, harmless } from "./harmless.ts";
import { moment, roughly } from "./times.ts";

test("what records hold cannot act on a terminal", ({ expect }) => {
  expect(harmless("a\u001b[2Jb\u202ec\nd\u2028e")).toBe("a\u{fffd}[2Jb\u{fffd}c d\u{fffd}e");
});

test("columns are as wide as their longest cell", ({ expect }) => {
  expect(columns([["key", "why"], ["a-long-key", "x"], ["b"]])).toBe("key         why\na-long-key  x\nb\n");
  expect(columns([["x".repeat(9), "y"]], 5)).toBe("xxxx…  y\n");
});

test.for([
  [0, "0s"],
  [350, "350ms"],
  [200_000, "3m20s"],
  [90_000_000, "1d1h"],
  [Number.NaN, "0s"],
] as const)("%d ms is roughly %s", ([ms, text], { expect }) => {
  expect(roughly(ms)).toBe(text);
});

test("a moment says how far away it is", ({ expect }) => {
  const now = Date.UTC(2026, 10, 21, 12);
  expect(moment("2026-11-21T11:59:00Z", now)).toBe("2026-11-21 11:59:00Z (1m0s ago)");
  expect(moment(now + 5000, now)).toBe("2026-11-21 12:00:05Z (in 5s)");
  expect(moment("never", now)).toBe("never");
});
