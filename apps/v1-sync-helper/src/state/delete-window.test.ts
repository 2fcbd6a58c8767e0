// SPDX-License-Identifier: MIT
import fc from "fast-check";
import { test } from "vitest";
import { FakeClock } from "../testing/fake-clock.ts";
import { type Counts, takeOne, withinHour } from "./delete-window.ts";

const hourMs = 60 * 60_000;

test("never allows more than the limit in any 60 minutes, and what it allows comes again", async ({
  expect,
}) => {
  const steps = fc.array(
    fc.oneof(
      fc.integer({ min: 0, max: 5_000 }),
      fc.integer({ min: 0, max: 20 * 60_000 }),
      fc.constant(hourMs),
    ),
    { maxLength: 60 },
  );
  await fc.assert(
    fc.asyncProperty(fc.nat(5), fc.nat(hourMs), steps, async (limit, startMs, waits) => {
      const clock = new FakeClock(Date.UTC(2026, 10, 21) + startMs);
      let counts: Counts = {};
      const taken: number[] = [];
      for (const ms of waits) {
        clock.jump(ms);
        const now = clock.epochMs();
        const next = takeOne(counts, now, limit);
        const inHour = taken.filter((at) => at > now - hourMs).length;
        const inHourAndMinute = taken.filter((at) => at > now - hourMs - 60_000).length;
        if (next === undefined) {
          // Refused only while the last 61 minutes are full.
          expect(inHourAndMinute).toBeGreaterThanOrEqual(limit);
          continue;
        }
        expect(inHour).toBeLessThan(limit);
        taken.push(now);
        counts = next;
        expect(Object.keys(counts).length).toBeLessThanOrEqual(61);
      }
    }),
  );
});

test.for([
  ["59 minutes later", "11:00:00.000Z", false],
  ["60 minutes later", "11:00:59.999Z", false],
  ["when the minute is over", "11:01:00.000Z", true],
] as const)("gives a delete of 10:00:59.999 back %s: %s", ([, at, isGiven], { expect }) => {
  const counts = takeOne({}, Date.parse("2026-11-21T10:00:59.999Z"), 1) ?? {};
  expect(takeOne(counts, Date.parse(`2026-11-21T${at}`), 1) !== undefined).toBe(isGiven);
});

test("counts what a clock that goes before ours has taken", ({ expect }) => {
  const now = Date.UTC(2026, 10, 21);
  const ahead = takeOne({}, now + 5 * 60_000, 1);
  expect(takeOne(ahead ?? {}, now, 1)).toBeUndefined();
  expect(withinHour(ahead ?? {}, now + 2 * hourMs)).toEqual({});
});
