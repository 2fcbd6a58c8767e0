// SPDX-License-Identifier: Apache-2.0
import { getEventListeners } from "node:events";
import { test } from "vitest";
import { createVirtualClock } from "./testing.ts";
import { abortReason, waitMs } from "./wait.ts";

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
  expect(getEventListeners(controller.signal, "abort")).toHaveLength(1);
  const reason = new Error("stop");
  controller.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  expect(clock.pending).toBe(0);
  expect(getEventListeners(controller.signal, "abort")).toHaveLength(0);
});

test("leaves no listener after a wait that ended by itself", async ({ expect }) => {
  const clock = createVirtualClock();
  const { signal } = new AbortController();
  const waiting = waitMs(5, signal, clock);
  clock.advance(5);
  await waiting;
  expect(getEventListeners(signal, "abort")).toHaveLength(0);
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

test("gives an error even for an abort without one", ({ expect }) => {
  expect(abortReason(AbortSignal.abort("why")).cause).toBe("why");
  expect(abortReason(AbortSignal.abort()).name).toBe("AbortError");
});
