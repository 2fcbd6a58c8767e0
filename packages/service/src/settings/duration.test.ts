// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { test } from "vitest";
import { formatDuration, parseDuration } from "./duration.ts";

test("every whole number of milliseconds survives being written and read", ({ expect }) => {
  fc.assert(
    fc.property(fc.nat({ max: 2 ** 31 }), (durationMs) => {
      expect(parseDuration(formatDuration(durationMs))).toBe(durationMs);
    }),
  );
});

test.for([
  [0, "0"],
  [250, "250ms"],
  [90_000, "1m30s"],
  [3_300_000, "55m"],
  [90_061_001, "1d1h1m1s1ms"],
] as const)("writes %i as %s", ([durationMs, text], { expect }) => {
  expect(formatDuration(durationMs)).toBe(text);
});

test.for(["", "5", "s", "1x", "1.s", "1h-1m", "1e3s", "9999999999999999d"])(
  "does not read %j",
  (text, { expect }) => {
    expect(parseDuration(text)).toBeUndefined();
  },
);
