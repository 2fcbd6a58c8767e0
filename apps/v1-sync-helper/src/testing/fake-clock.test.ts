// SPDX-License-Identifier: MIT
import { test } from "vitest";
import { systemClock } from "../clock.ts";
import { FakeClock } from "./fake-clock.ts";

test("ends waits at their time and in their order", async ({ expect }) => {
  const clock = new FakeClock();
  const ended: [string, number][] = [];
  const wait = async (name: string, ms: number): Promise<void> => {
    await clock.wait(ms);
    ended.push([name, clock.monotonicMs()]);
  };
  const all = Promise.all([wait("later", 20), wait("first", 10), wait("at once", 0)]);
  await clock.advance(5);
  expect(ended).toEqual([["at once", 0]]);
  expect(clock.nextMs).toBe(5);
  await clock.advance(100);
  await all;
  expect(ended).toEqual([
    ["at once", 0],
    ["first", 10],
    ["later", 20],
  ]);
  expect(clock.monotonicMs()).toBe(105);
  expect(clock.waiting).toBe(0);
});

test("sets the machine's clock without letting time pass", ({ expect }) => {
  const clock = new FakeClock(1_000);
  clock.setEpochMs(500);
  expect([clock.epochMs(), clock.monotonicMs()]).toEqual([500, 0]);
});

test.for([
  ["the fake", () => new FakeClock()],
  ["the system's", () => systemClock],
] as const)("%s clock ends a wait with the reason of the signal", async ([, create], { expect }) => {
  const clock = create();
  const { signal, abort } = controller();
  const waiting = clock.wait(3_000_000_000, signal);
  abort(new Error("enough"));
  await expect(waiting).rejects.toThrow("enough");
  await expect(clock.wait(1, signal)).rejects.toThrow("enough");
});

test("the system's clock waits no shorter than asked for", async ({ expect }) => {
  const before = systemClock.monotonicMs();
  await systemClock.wait(3);
  expect(systemClock.monotonicMs() - before).toBeGreaterThanOrEqual(3);
});

function controller(): { readonly signal: AbortSignal; readonly abort: (reason: Error) => void } {
  const own = new AbortController();
  return { signal: own.signal, abort: (reason) => own.abort(reason) };
}
