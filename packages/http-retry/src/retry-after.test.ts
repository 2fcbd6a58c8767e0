// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { test, vi } from "vitest";
import { parseRetryAfter, retryAfterOf } from "./retry-after.ts";

const now = Date.UTC(2026, 10, 21, 12, 0, 0);

test.for([
  ["whole seconds", "120", 120_000],
  ["no wait at all", "0", 0],
  ["a fraction of a second", "1.5", 1500],
  ["spaces around it", " 7 ", 7000],
  ["a date as RFC 9110 wants it", "Sat, 21 Nov 2026 12:00:30 GMT", 30_000],
  ["a date of RFC 850", "Saturday, 21-Nov-26 12:00:30 GMT", 30_000],
  ["a date of asctime, which means UTC on every machine", "Sat Nov 21 12:00:30 2026", 30_000],
  ["more digits than a number has", "9".repeat(400), Number.MAX_SAFE_INTEGER],
  ["a date in the past", "Sat, 21 Nov 2026 11:00:00 GMT", 0],
  ["a negative number", "-5", undefined],
  ["a word", "soon", undefined],
  ["nothing", "", undefined],
  ["a date of another kind", "2026-11-21T12:00:30Z", undefined],
] as const)("reads %s", ([, value, expected], { expect }) => {
  expect(parseRetryAfter(value, now)).toBe(expected);
});

test("takes asctime for UTC where the clocks show another time", ({ expect }) => {
  vi.stubEnv("TZ", "Asia/Tokyo");
  try {
    expect(new Date(now).getHours()).toBe(21);
    expect(parseRetryAfter("Sat Nov 21 12:00:30 2026", now)).toBe(30_000);
  } finally {
    vi.unstubAllEnvs();
  }
});

test("measures a date against the server's own clock where it tells it", ({ expect }) => {
  const headers = { "retry-after": "Sat, 21 Nov 2026 15:00:10 GMT", date: "Sat, 21 Nov 2026 15:00:00 GMT" };
  expect(retryAfterOf(headers, now)).toBe(10_000);
  expect(retryAfterOf({ "retry-after": headers["retry-after"] }, now)).toBe(3 * 3_600_000 + 10_000);
});

test("takes the first of several headers and nothing from none", ({ expect }) => {
  expect(retryAfterOf({ "retry-after": ["3", "9"] }, now)).toBe(3000);
  expect(retryAfterOf({}, now)).toBeUndefined();
});

test("never gives a negative or endless wait, whatever a server sends", ({ expect }) => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.integer().map(String), fc.date().map(String)), (value) => {
      expect(parseRetryAfter(value, now) ?? 0).toBeGreaterThanOrEqual(0);
      expect(Number.isFinite(parseRetryAfter(value, now) ?? 0)).toBe(true);
    }),
  );
});
