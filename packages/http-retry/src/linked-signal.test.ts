// SPDX-License-Identifier: Apache-2.0
import { getEventListeners } from "node:events";
import { test } from "vitest";
import { LimitPassed, linkSignals, withinLimit } from "./linked-signal.ts";
import { createVirtualClock } from "./testing.ts";

const listeners = (signal: AbortSignal) => getEventListeners(signal, "abort").length;

test("aborts with whichever signal aborts, for its reason", ({ expect }) => {
  const [one, other] = [new AbortController(), new AbortController()];
  using linked = linkSignals(one.signal, undefined, other.signal);
  other.abort(new Error("other"));
  expect(linked.signal.reason).toEqual(new Error("other"));
  using late = linkSignals(one.signal, other.signal);
  expect(late.signal.aborted).toBe(true);
});

test("leaves nothing with its sources", ({ expect }) => {
  const source = new AbortController();
  const linked = linkSignals(source.signal);
  expect(listeners(source.signal)).toBe(1);
  linked[Symbol.dispose]();
  expect(listeners(source.signal)).toBe(0);
  source.abort();
  expect(linked.signal.aborted).toBe(false);
});

test("gives the promise's own end when that comes first, and cleans up", async ({ expect }) => {
  const clock = createVirtualClock();
  const { signal } = new AbortController();
  await expect(withinLimit(Promise.resolve(7), signal, 100, clock)).resolves.toBe(7);
  await expect(withinLimit(Promise.reject(new Error("own")), signal, 100, clock)).rejects.toThrow("own");
  expect([clock.pending, listeners(signal)]).toEqual([0, 0]);
});

test("does not wait for a promise that never ends", async ({ expect }) => {
  const clock = createVirtualClock();
  const controller = new AbortController();
  const never = new Promise<never>(() => undefined);
  const limited = withinLimit(never, controller.signal, 100, clock);
  clock.advance(100);
  await expect(limited).rejects.toThrow(LimitPassed);
  const aborted = withinLimit(never, controller.signal, Infinity, clock);
  controller.abort(new Error("stop"));
  await expect(aborted).rejects.toThrow("stop");
  await expect(withinLimit(never, controller.signal, 100, clock)).rejects.toThrow("stop");
  expect([clock.pending, listeners(controller.signal)]).toEqual([0, 0]);
});
