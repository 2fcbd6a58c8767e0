// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { test } from "vitest";
import { createRetryBudget } from "./retry-budget.ts";

test("allows a hundred retries in a row and then none", ({ expect }) => {
  const budget = createRetryBudget();
  const taken = Array.from({ length: 101 }, () => budget.take(false));
  expect(taken.filter((cost) => cost === 5)).toHaveLength(100);
  expect(taken.at(-1)).toBeUndefined();
});

test("charges a time-out double and gives a retry back once it succeeded", ({ expect }) => {
  const budget = createRetryBudget({ capacity: 20 });
  expect(budget.take(true)).toBe(10);
  expect(budget.tokens).toBe(10);
  budget.refund(10);
  expect(budget.tokens).toBe(20);
});

test("earns its tokens back by successes, up to the capacity", ({ expect }) => {
  const budget = createRetryBudget({ capacity: 5 });
  expect(budget.take(false)).toBe(5);
  expect(budget.take(false)).toBeUndefined();
  for (let success = 0; success < 9; success++) budget.refund();
  expect(budget.tokens).toBe(5);
});

test("stays between nothing and its capacity, whatever happens in whatever order", ({ expect }) => {
  const steps = fc.array(fc.constantFrom("retry", "timeout", "success", "recovered"), { maxLength: 300 });
  const figures = fc.record({
    capacity: fc.nat(50),
    retryCost: fc.nat(9),
    timeoutCost: fc.nat(20),
    successRefund: fc.nat(3),
  });
  fc.assert(
    fc.property(figures, steps, (options, events) => {
      const budget = createRetryBudget(options);
      let last: number | undefined;
      for (const event of events) {
        if (event === "success") budget.refund();
        else if (event === "recovered") budget.refund(last);
        else last = budget.take(event === "timeout");
        expect(budget.tokens).toBeGreaterThanOrEqual(0);
        expect(budget.tokens).toBeLessThanOrEqual(options.capacity);
      }
    }),
  );
});

test("refuses figures that are not numbers of at least 0", ({ expect }) => {
  expect(() => createRetryBudget({ capacity: -1 })).toThrow(/capacity/);
  expect(() => createRetryBudget({ retryCost: Number.NaN })).toThrow(/retryCost/);
});
