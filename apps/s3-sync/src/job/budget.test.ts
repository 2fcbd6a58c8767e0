// SPDX-License-Identifier: Apache-2.0
import { test, vi } from "vitest";
import { Budget, BudgetSpent, overtimeMs } from "./budget.ts";

test("tells what is left, never less than nothing", ({ expect }) => {
  let now = 0;
  const budget = new Budget(1000, () => now);
  expect(budget.remainingMs).toBe(1000);
  now = 400;
  expect(budget.remainingMs).toBe(600);
  now = 5000;
  expect(budget.remainingMs).toBe(0);
  expect(new Budget(0).remainingMs).toBeUndefined();
});

test("ends below a Job's hour with the default of 55 minutes", ({ expect }) => {
  const budgetMs = 55 * 60_000;
  expect(budgetMs + overtimeMs(budgetMs)).toBeLessThan(59 * 60_000);
  expect([overtimeMs(1000), overtimeMs(86_400_000)]).toEqual([10_000, 300_000]);
});

test("aborts after its overtime, unless it was disposed or is without end", ({ expect }) => {
  vi.useFakeTimers();
  try {
    const [spent, stopped, endless] = [new AbortController(), new AbortController(), new AbortController()];
    new Budget(1000, () => 0).startDeadline(spent);
    new Budget(1000, () => 0).startDeadline(stopped)[Symbol.dispose]();
    new Budget(0).startDeadline(endless);
    vi.advanceTimersByTime(10_999);
    expect(spent.signal.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    expect(spent.signal.reason).toBeInstanceOf(BudgetSpent);
    expect([stopped.signal.aborted, endless.signal.aborted]).toEqual([false, false]);
  } finally {
    vi.useRealTimers();
  }
});
