// SPDX-License-Identifier: MIT
import { test } from "vitest";
import { FakeClock } from "../../testing/fake-clock.ts";
import { RecentAnswers } from "./recent-answers.ts";

test("drops what was used longest ago", ({ expect }) => {
  const clock = new FakeClock();
  const recent = new RecentAnswers(2, clock);
  const answer = { attributes: undefined, fetchedAtMs: clock.epochMs() };
  recent.set("a", answer);
  recent.set("b", answer);
  recent.get("a");
  recent.set("c", answer);
  expect(["a", "b", "c"].map((id) => recent.get(id) !== undefined)).toEqual([true, false, true]);
});

test("counts ages by the monotonic clock", ({ expect }) => {
  const clock = new FakeClock();
  const recent = new RecentAnswers(2, clock);
  recent.set("a", { attributes: undefined, fetchedAtMs: clock.epochMs() - 5_000 });
  clock.jump(1_000);
  clock.setEpochMs(0);
  expect(recent.get("a")?.ageMs).toBe(6_000);
});

test("rests after a refresh that failed, until there is another answer", ({ expect }) => {
  const clock = new FakeClock();
  const recent = new RecentAnswers(2, clock);
  const answer = { attributes: undefined, fetchedAtMs: clock.epochMs() };
  recent.rest("a", 1_000);
  expect(recent.get("a")).toBeUndefined();
  recent.set("a", answer);
  recent.rest("a", 1_000);
  clock.jump(999);
  expect(recent.get("a")?.isResting).toBe(true);
  clock.jump(1);
  expect(recent.get("a")?.isResting).toBe(false);
  recent.rest("a", 1_000);
  recent.set("a", answer);
  expect(recent.get("a")?.isResting).toBe(false);
});
