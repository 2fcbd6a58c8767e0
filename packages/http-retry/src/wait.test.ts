// SPDX-License-Identifier: Apache-2.0
import { getEventListeners } from "node:events";
import { test } from "vitest";
import { createVirtualClock } from "./testing.ts";
import { LimitPassed, waitMs, waitUnder, withinLimit } from "./wait.ts";

const listeners = (signal: AbortSignal) => getEventListeners(signal, "abort").length;

test("ends when its time has passed, and not before", async ({ expect }) => {
  const clock = createVirtualClock();
  let isOver = false;
  const waiting = waitMs(1000, undefined, clock).then(() => {
    isOver = true;
  });
  clock.advance(999);
  await Promise.resolve();
  expect(isOver).toBe(false);
  clock.advance(1);
  await waiting;
  expect(isOver).toBe(true);
});

test("ends at once with the signal's reason, leaving no timer and no listener", async ({ expect }) => {
  const clock = createVirtualClock();
  const controller = new AbortController();
  const waiting = waitMs(1000, controller.signal, clock);
  expect(listeners(controller.signal)).toBe(1);
  const reason = new Error("stop");
  controller.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  expect(clock.pending).toBe(0);
  expect(listeners(controller.signal)).toBe(0);
});

test("leaves no listener after a wait that ended by itself", async ({ expect }) => {
  const clock = createVirtualClock();
  const { signal } = new AbortController();
  const waiting = waitMs(5, signal, clock);
  clock.advance(5);
  await waiting;
  expect(listeners(signal)).toBe(0);
});

test("does not begin under a signal that has aborted", async ({ expect }) => {
  const clock = createVirtualClock();
  await expect(waitMs(5, AbortSignal.abort("late"), clock)).rejects.toThrow(/aborted/);
  expect(clock.pending).toBe(0);
});

test("waits longer than one timer can", async ({ expect }) => {
  const clock = createVirtualClock();
  const days = 60 * 24 * 3_600_000;
  const waiting = waitMs(days, undefined, clock);
  clock.advance(days - 1);
  expect(clock.pending).toBe(1);
  clock.advance(1);
  await waiting;
  expect(clock.now()).toBe(days);
});

test("waits for ever when told to, until the signal", async ({ expect }) => {
  const clock = createVirtualClock();
  const controller = new AbortController();
  const waiting = waitMs(Infinity, controller.signal, clock);
  for (let times = 0; times < 10; times++) expect(clock.fireNext()).toBe(true);
  controller.abort(new Error("enough"));
  await expect(waiting).rejects.toThrow("enough");
});

test("waits under several signals, and leaves nothing with the one that did not abort", async ({
  expect,
}) => {
  const clock = createVirtualClock();
  const [one, other] = [new AbortController(), new AbortController()];
  const waiting = waitUnder([one.signal, undefined, other.signal], 5, clock);
  other.abort(new Error("other"));
  await expect(waiting).rejects.toThrow("other");
  expect([clock.pending, listeners(one.signal), listeners(other.signal)]).toEqual([0, 0, 0]);
});

test("gives the promise's own end when that comes first, and cleans up", async ({ expect }) => {
  const clock = createVirtualClock();
  const { signal } = new AbortController();
  await expect(withinLimit(Promise.resolve(7), [signal], 100, clock)).resolves.toBe(7);
  await expect(withinLimit(Promise.reject(new Error("own")), [signal], 100, clock)).rejects.toThrow("own");
  expect([clock.pending, listeners(signal)]).toEqual([0, 0]);
});

test("does not wait for a promise that never ends", async ({ expect }) => {
  const clock = createVirtualClock();
  const controller = new AbortController();
  const never = new Promise<never>(() => undefined);
  const limited = withinLimit(never, [controller.signal], 100, clock);
  clock.advance(100);
  await expect(limited).rejects.toThrow(LimitPassed);
  const aborted = withinLimit(never, [undefined, controller.signal], Infinity, clock);
  controller.abort(new Error("stop"));
  await expect(aborted).rejects.toThrow("stop");
  await expect(withinLimit(never, [controller.signal], 100, clock)).rejects.toThrow("stop");
  expect([clock.pending, listeners(controller.signal)]).toEqual([0, 0]);
});
