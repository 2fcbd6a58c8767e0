// SPDX-License-Identifier: Apache-2.0
import { test } from "vitest";
import { createConcurrencyLimit, NoTurnError, type Turn } from "./concurrency-limit.ts";
import type { ConcurrencyLimitOptions } from "./concurrency-limit-options.ts";
import { createVirtualClock } from "./testing.ts";

function limited(options: ConcurrencyLimitOptions = {}) {
  const clock = createVirtualClock();
  const limit = createConcurrencyLimit({ clock, ...options });
  const turns: Turn[] = [];
  /** As many turns as there are to be had. */
  const fill = (): Turn[] => {
    for (let turn = limit.tryTake(); turn !== undefined; turn = limit.tryTake()) turns.push(turn);
    return turns;
  };
  /** One round: everyone under way ends the same way, and all turns are taken again. */
  const round = (...sign: Parameters<Turn["end"]>): number => {
    for (const turn of turns.splice(0)) turn.end(...sign);
    fill();
    return turns.length;
  };
  return { clock, limit, fill, round };
}

/** Lets promises that are settled run what follows from them. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

test("grows by one with every round of good answers, up to its highest", ({ expect }) => {
  const { fill, round, limit } = limited({ start: 3, max: 6 });
  expect(fill()).toHaveLength(3);
  const seen = Array.from({ length: 6 }, () => round("fine"));
  // A round earns a little less than a whole turn, since the limit grows within it.
  expect(seen).toEqual([3, 4, 5, 6, 6, 6]);
  expect(limit).toMatchObject({ limit: 6, inFlight: 6, waiting: 0, pausedMs: 0 });
});

test("does not grow while it is not used up", ({ expect }) => {
  const { limit } = limited({ start: 4 });
  for (let request = 0; request < 100; request++) limit.tryTake()?.end("fine");
  expect(limit.limit).toBe(4);
});

test("is halved once for all that were under way, down to its lowest", ({ expect }) => {
  const { fill, round } = limited({ start: 20, min: 2 });
  fill();
  const seen = Array.from({ length: 5 }, () => round("overloaded"));
  expect(seen).toEqual([10, 5, 2, 2, 2]);
});

test("leaves the share that it is told to leave", ({ expect }) => {
  const { fill, round } = limited({ start: 20, decrease: 0.9 });
  fill();
  expect(round("overloaded")).toBe(18);
});

test("takes good answers from before a decrease for old news", ({ expect }) => {
  const { fill, limit } = limited({ start: 8 });
  const [first, ...others] = fill().splice(0);
  first?.end("overloaded");
  expect(limit.limit).toBe(4);
  for (const turn of others) turn.end("fine");
  expect(limit).toMatchObject({ limit: 4, inFlight: 0 });
});

test("neither grows nor falls where a failure says nothing about the load", ({ expect }) => {
  const { fill, round } = limited({ start: 5 });
  fill();
  expect([round("unknown"), round("unknown"), round("unknown")]).toEqual([5, 5, 5]);
});

test("gives turns in order of arrival, and to nobody who comes between", async ({ expect }) => {
  const { limit } = limited({ start: 1, max: 1 });
  const first = limit.tryTake();
  const order: number[] = [];
  const waiting = [1, 2, 3].map(async (number) => {
    const turn = await limit.take();
    order.push(number);
    return turn;
  });
  expect(limit.waiting).toBe(3);
  first?.end("fine");
  expect(limit.tryTake()).toBeUndefined();
  for (const turn of waiting) (await turn).end("fine");
  expect(order).toEqual([1, 2, 3]);
  expect(limit).toMatchObject({ inFlight: 0, waiting: 0 });
});

test("a turn that ends twice is given on once", ({ expect }) => {
  const { limit } = limited({ start: 2, max: 2 });
  const turn = limit.tryTake();
  limit.tryTake();
  turn?.end("fine");
  turn?.end("fine");
  expect(limit.inFlight).toBe(1);
});

test("ends a wait at once when its signal aborts, and lets the others move up", async ({ expect }) => {
  const { limit, clock } = limited({ start: 1, max: 1 });
  const held = limit.tryTake();
  const controller = new AbortController();
  const gone = limit.take({ signals: [undefined, controller.signal], waitMs: 1000 });
  const next = limit.take();
  const reason = new Error("not needed any more");
  controller.abort(reason);
  await expect(gone).rejects.toBe(reason);
  await expect(limit.take({ signals: [controller.signal] })).rejects.toBe(reason);
  expect([limit.waiting, clock.pending]).toEqual([1, 0]);
  held?.end("fine");
  (await next).end("fine");
  expect(limit.inFlight).toBe(0);
});

test("refuses at once whom the line has no place for", async ({ expect }) => {
  const { limit } = limited({ start: 1, max: 1, maxWaiting: 1 });
  limit.tryTake();
  const waiting = limit.take();
  const refused = await limit.take().catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(NoTurnError);
  expect(String(refused)).toContain(
    "1 requests wait for a turn already (1 under way of 1 allowed, 1 waiting)",
  );
  expect(limit.waiting).toBe(1);
  void waiting;
});

test.for([
  ["the request's time", { maxWaitMs: 500 }, 200],
  ["the limit's own", { maxWaitMs: 200 }, 500],
] as const)("waits no longer than %s", async ([, options, waitMs], { expect }) => {
  const { limit, clock } = limited({ start: 1, max: 1, ...options });
  limit.tryTake();
  const refused = limit.take({ waitMs }).catch((error: unknown) => error);
  clock.advance(199);
  expect(limit.waiting).toBe(1);
  clock.advance(1);
  expect(String(await refused)).toContain("no turn came within 200 ms");
  expect([limit.waiting, clock.pending]).toEqual([0, 0]);
});

test("pauses everyone as long as the service asks, and then goes on in order", async ({ expect }) => {
  const { limit, clock } = limited({ start: 4 });
  limit.tryTake()?.end("overloaded", 3000);
  expect([limit.limit, limit.pausedMs, limit.tryTake()]).toEqual([2, 3000, undefined]);
  const order: number[] = [];
  const waiting = [1, 2, 3].map(async (number) => {
    const turn = await limit.take();
    order.push(number);
    return turn;
  });
  clock.advance(2999);
  await settled();
  expect(order).toEqual([]);
  clock.advance(1);
  await settled();
  expect(order).toEqual([1, 2]);
  (await waiting[0])?.end("fine");
  await settled();
  expect(order).toEqual([1, 2, 3]);
  expect([limit.pausedMs, clock.pending]).toEqual([0, 0]);
});

test("keeps the longer of two pauses, and cuts what is beyond measure", ({ expect }) => {
  const { limit } = limited({ maxPauseMs: 10_000, start: 3 });
  const turns = [limit.tryTake(), limit.tryTake(), limit.tryTake()];
  turns[0]?.end("overloaded", 5000);
  turns[1]?.end("overloaded", 100);
  expect(limit.pausedMs).toBe(5000);
  turns[2]?.end("overloaded", 86_400_000);
  expect(limit.pausedMs).toBe(10_000);
});

test("refuses at once, with the time to come back, whose wait is shorter than the pause", async ({
  expect,
}) => {
  const { limit } = limited();
  limit.tryTake()?.end("overloaded", 30_000);
  const refused = await limit.take({ waitMs: 10_000 }).catch((error: unknown) => error);
  expect(refused).toMatchObject({ name: "NoTurnError", retryAfterMs: 30_000 });
  expect(String(refused)).toContain("paused for another 30000 ms");
});

test("keeps the order when the clock is past a pause whose timer has not fired yet", async ({ expect }) => {
  const clock = createVirtualClock();
  let aheadMs = 0;
  const limit = createConcurrencyLimit({ clock: { ...clock, now: () => clock.now() + aheadMs } });
  limit.tryTake()?.end("overloaded", 1000);
  const order: string[] = [];
  const first = limit.take().then(() => order.push("first"));
  aheadMs = 1000;
  expect(limit.tryTake()).toBeUndefined();
  await Promise.all([limit.take().then(() => order.push("second")), first]);
  expect(order).toEqual(["first", "second"]);
});

test("leaves no timer when the last who waits out a pause goes away", async ({ expect }) => {
  const { limit, clock } = limited();
  limit.tryTake()?.end("overloaded", 30_000);
  const controller = new AbortController();
  const gone = limit.take({ signals: [controller.signal] });
  expect(clock.pending).toBe(1);
  controller.abort(new Error("stop"));
  await expect(gone).rejects.toThrow("stop");
  expect(clock.pending).toBe(0);
});

test.for([
  ["a lowest of 0", { min: 0 }, /min must be a whole number of at least 1, not 0/],
  ["a highest below the lowest", { min: 5, max: 4 }, /max must be a whole number of at least 5/],
  ["a start beyond the highest", { max: 4, start: 5 }, /start must be a whole number from 1 to 4/],
  ["half a turn", { start: 1.5 }, /start/],
  ["a decrease that is none", { decrease: 1 }, /decrease/],
  ["fewer than none waiting", { maxWaiting: -1 }, /maxWaiting/],
  ["a wait that is no number", { maxWaitMs: Number.NaN }, /maxWaitMs/],
  ["a pause below 0", { maxPauseMs: -1 }, /maxPauseMs/],
] as const)("refuses %s", ([, options, message], { expect }) => {
  expect(() => createConcurrencyLimit(options)).toThrow(TypeError);
  expect(() => createConcurrencyLimit(options)).toThrow(message);
});

test("brings its start between lowest and highest", ({ expect }) => {
  expect(createConcurrencyLimit().limit).toBe(16);
  expect(createConcurrencyLimit({ max: 4 }).limit).toBe(4);
  expect(createConcurrencyLimit({ min: 200 }).limit).toBe(200);
});
