// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { expect, test } from "vitest";
import { FakeClock } from "../../../test/contract/fake-clock.ts";
import { createDeadline, Deadlines } from "./deadlines.ts";

test("each deadline is due at its time, in the order of times and then of setting", async () => {
  const change = fc.record({
    which: fc.nat({ max: 39 }),
    delayMs: fc.nat({ max: 100 }),
    clears: fc.constantFrom(true, false, false),
  });
  const step = fc.oneof({ weight: 20, arbitrary: change }, { weight: 1, arbitrary: fc.nat({ max: 40 }) });
  const property = fc.asyncProperty(
    fc.array(step, { minLength: 60, maxLength: 200, size: "max" }),
    async (steps) => {
      const clock = new FakeClock(0);
      const handled: [number, number][] = [];
      using deadlines = new Deadlines<number>({
        clock,
        onDue: (value) => handled.push([value, clock.now()]),
      });
      const all = Array.from({ length: 40 }, (_, index) => createDeadline(index));
      const naive = new Map<number, number>();
      const expected: [number, number][] = [];
      for (const step of steps) {
        if (typeof step === "number") {
          const endMs = clock.now() + step;
          const due = [...naive]
            .filter(([, dueMs]) => dueMs <= endMs)
            .toSorted(([, left], [, right]) => left - right);
          expected.push(...due);
          for (const [value] of due) naive.delete(value);
          await clock.advance(step);
          continue;
        }
        const deadline = all[step.which];
        if (deadline === undefined) continue;
        // A map keeps the order in which keys are added.
        naive.delete(step.which);
        if (step.clears) deadlines.clear(deadline);
        else {
          deadlines.set(deadline, clock.now() + step.delayMs);
          naive.set(step.which, clock.now() + step.delayMs);
        }
      }
      await clock.advance(100);
      expected.push(...[...naive].toSorted(([, left], [, right]) => left - right));
      expect(handled).toEqual(expected);
    },
  );
  await fc.assert(property, { numRuns: 200 });
});

test("very many that are due at once are handled over several turns, all at last", async () => {
  const clock = new FakeClock(0);
  const handled: number[] = [];
  using deadlines = new Deadlines<number>({ clock, onDue: (value) => handled.push(value) });
  for (let index = 0; index < 2_500; index += 1) deadlines.set(createDeadline(index), 10);
  const turns: number[] = [];
  clock.schedule(10, () => turns.push(handled.length));
  await clock.advance(10);
  expect(turns).toEqual([1_000]);
  expect(handled).toEqual(Array.from({ length: 2_500 }, (_, index) => index));
});

test("once disposed nothing is due any more", async () => {
  const clock = new FakeClock(0);
  const handled: number[] = [];
  const deadlines = new Deadlines<number>({ clock, onDue: (value) => handled.push(value) });
  deadlines.set(createDeadline(1), 10);
  deadlines[Symbol.dispose]();
  deadlines.set(createDeadline(2), 5);
  await clock.advance(100);
  expect(handled).toEqual([]);
});
