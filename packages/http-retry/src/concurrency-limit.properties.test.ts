// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { test } from "vitest";
import { createConcurrencyLimit, type LoadSign, type Turn } from "./concurrency-limit.ts";
import { createVirtualClock } from "./testing.ts";

interface Asked {
  readonly number: number;
  readonly controller: AbortController;
  turn?: Turn;
  isOver: boolean;
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ does: fc.constant("ask" as const), waitMs: fc.nat(500) }) },
  { weight: 3, arbitrary: fc.record({ does: fc.constant("end" as const), which: fc.nat(), sign: sign() }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("abort" as const), which: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("pass" as const), ms: fc.nat(300) }) },
);

function sign() {
  return fc.record({
    load: fc.constantFrom<LoadSign>("fine", "fine", "overloaded", "unknown"),
    retryAfterMs: fc.option(fc.nat(400), { nil: undefined, freq: 5 }),
  });
}

const figures = fc.record({
  min: fc.integer({ min: 1, max: 3 }),
  more: fc.nat(5),
  start: fc.nat(5),
  maxWaiting: fc.nat(6),
  decrease: fc.constantFrom(0.1, 0.5, 0.9),
});

test("never gives a turn above the limit, loses none, and keeps the order", async ({ expect }) => {
  await fc.assert(
    fc.asyncProperty(figures, fc.array(step, { maxLength: 80 }), async (figures, steps) => {
      const { min, maxWaiting, decrease } = figures;
      const max = min + figures.more;
      const start = Math.min(min + figures.start, max);
      const clock = createVirtualClock();
      const limit = createConcurrencyLimit({ min, max, start, maxWaiting, decrease, clock });
      const asked: Asked[] = [];
      const granted: number[] = [];
      const ask = (waitMs: number) => {
        const mine: Asked = { number: asked.length, controller: new AbortController(), isOver: false };
        asked.push(mine);
        // Looked at when the turn is given, which is before the promise's reactions run.
        limit.take({ signals: [mine.controller.signal], waitMs }).then(
          (turn) => {
            mine.turn = turn;
            granted.push(mine.number);
          },
          () => {
            mine.isOver = true;
          },
        );
      };
      const open = () => asked.filter((one) => one.turn !== undefined && !one.isOver);
      const pick = (from: readonly Asked[], which: number) => from[which % Math.max(from.length, 1)];
      for (const event of steps) {
        const before = open().length;
        if (event.does === "ask") ask(event.waitMs);
        else if (event.does === "pass") clock.advance(event.ms);
        else if (event.does === "abort") pick(asked, event.which)?.controller.abort(new Error("stop"));
        else {
          const one = pick(open(), event.which);
          if (one !== undefined) one.isOver = true;
          one?.turn?.end(event.sign.load, event.sign.retryAfterMs);
        }
        await settled();
        const now = open().length;
        expect(limit.inFlight).toBe(now);
        expect(limit.limit).toBeGreaterThanOrEqual(min);
        expect(limit.limit).toBeLessThanOrEqual(max);
        expect(limit.waiting).toBeLessThanOrEqual(maxWaiting);
        // Above the limit only as long as those are under way that began under a higher one.
        if (now > before) expect(now).toBeLessThanOrEqual(limit.limit);
        // Nobody waits while there is room and no pause.
        if (limit.pausedMs === 0 && now < limit.limit) expect(limit.waiting).toBe(0);
        if (limit.waiting === 0 && limit.pausedMs > 0) expect(clock.pending).toBe(0);
      }
      expect(granted).toEqual(granted.toSorted((one, other) => one - other));
      // Whatever happened: when all have ended and the pause is over, all turns are there again.
      while (limit.inFlight > 0 || limit.waiting > 0) {
        for (const one of open()) {
          one.isOver = true;
          one.turn?.end("unknown");
        }
        clock.advance(1000);
        await settled();
      }
      clock.advance(1000);
      const all = Array.from({ length: max + 1 }, () => limit.tryTake()).filter((turn) => turn !== undefined);
      expect(all).toHaveLength(limit.limit);
      expect(clock.pending).toBe(0);
    }),
    { numRuns: 300 },
  );
});
