// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { test } from "vitest";
import { formatGoDuration, parseGoDuration } from "./go-duration.ts";

test.for([
  ["0", 0],
  ["90s", 90_000],
  ["1h30m", 5_400_000],
  ["1.5h", 5_400_000],
  [".5s", 500],
  ["-5m", -300_000],
  ["+1s", 1_000],
  ["1us", 0.001],
  ["1µs", 0.001],
  ["100ms", 100],
] as const)("reads %s", ([text, ms], { expect }) => {
  expect(parseGoDuration(text)).toBe(ms);
});

test.for(["", "5", "1d", "s", "1h 30m", "1,5h", "--1s", "1e3s", "NaN"])("refuses %s", (text, { expect }) => {
  expect(parseGoDuration(text)).toBeUndefined();
});

// What Go's own time.Duration.String gives.
test.for([
  [0, "0s"],
  [1, "1ns"],
  [1_500, "1.5µs"],
  [2_000_000, "2ms"],
  [1_234_567, "1.234567ms"],
  [2_500_000_000, "2.5s"],
  [60_000_000_000, "1m0s"],
  [3_602_000_000_000, "1h0m2s"],
  [-1_000_000_000, "-1s"],
] as const)("writes %i ns as %s", ([nanoseconds, text], { expect }) => {
  expect(formatGoDuration(nanoseconds)).toBe(text);
});

test("reads what it writes", ({ expect }) => {
  fc.assert(
    fc.property(fc.integer({ min: -(10 ** 14), max: 10 ** 14 }), (nanoseconds) => {
      expect(parseGoDuration(formatGoDuration(nanoseconds))).toBeCloseTo(nanoseconds / 1e6, 3);
    }),
  );
});
