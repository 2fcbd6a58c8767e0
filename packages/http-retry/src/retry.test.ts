// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { test } from "vitest";
import { type RetryEvent, type RetryOptions, retry } from "./retry.ts";
import { createRetryBudget } from "./retry-budget.ts";
import { createVirtualClock } from "./testing.ts";

const broken = (message = "broken") => Object.assign(new Error(message), { code: "ECONNRESET" });

/** Options under which every wait passes as soon as it begins. */
function virtual(options: RetryOptions = {}) {
  const clock = createVirtualClock();
  const events: RetryEvent[] = [];
  const onRetry = (event: RetryEvent) => {
    events.push(event);
    queueMicrotask(() => clock.advance(event.waitMs));
  };
  return { clock, events, options: { random: () => 0.5, ...options, clock, onRetry } };
}

test("repeats until it succeeds, and tells of every wait", async ({ expect }) => {
  const { clock, events, options } = virtual();
  const result = await retry((attempt) => {
    if (attempt < 4) throw broken();
    return attempt;
  }, options);
  expect(result).toBe(4);
  expect(events.map((event) => event.waitMs)).toEqual([100, 200, 400]);
  expect(clock.now()).toBe(700);
  expect(clock.pending).toBe(0);
});

test("throws what the last attempt threw", async ({ expect }) => {
  const { options } = virtual({ policy: { maxAttempts: 3 } });
  const run = retry((attempt) => Promise.reject(broken(`attempt ${attempt}`)), options);
  await expect(run).rejects.toThrow("attempt 3");
});

test("does not repeat what is permanent, by its own or another's judgement", async ({ expect }) => {
  const { events, options } = virtual();
  await expect(retry(() => Promise.reject(new RangeError("no")), options)).rejects.toThrow("no");
  const judged = retry(() => Promise.reject(broken()), { ...options, classify: () => "permanent" });
  await expect(judged).rejects.toThrow("broken");
  expect(events).toHaveLength(0);
});

test("honours what the failure asks to wait", async ({ expect }) => {
  const { events, options } = virtual();
  const busy = Object.assign(new Error("busy"), { kind: "throttled", retryAfterMs: 7000 });
  await retry((attempt) => (attempt === 1 ? Promise.reject(busy) : 0), options);
  expect(events[0]).toMatchObject({ waitMs: 7500, kind: "throttled", attempt: 1, error: busy });
});

test("stops when the budget is empty and refills it by success", async ({ expect }) => {
  const budget = createRetryBudget({ capacity: 5 });
  const { options } = virtual({ budget });
  const run = retry((attempt) => Promise.reject(broken(`attempt ${attempt}`)), options);
  await expect(run).rejects.toThrow("attempt 2");
  expect(budget.tokens).toBe(0);
  budget.refund(5);
  await retry((attempt) => (attempt === 1 ? Promise.reject(broken()) : 0), options);
  expect(budget.tokens).toBe(5);
});

test("ends a wait at once when the signal aborts", async ({ expect }) => {
  const clock = createVirtualClock();
  const controller = new AbortController();
  const onRetry = () => queueMicrotask(() => controller.abort(new Error("stop")));
  const run = retry(() => Promise.reject(broken()), { clock, signal: controller.signal, onRetry });
  await expect(run).rejects.toThrow("stop");
  expect(clock.pending).toBe(0);
});

test("gives the signal's reason when the operation failed because of it", async ({ expect }) => {
  const controller = new AbortController();
  const run = retry(
    () => {
      controller.abort(new Error("stop"));
      throw broken();
    },
    { signal: controller.signal },
  );
  await expect(run).rejects.toThrow("stop");
});

test("never begins more attempts than allowed, nor one after the total time", async ({ expect }) => {
  const figures = fc.record({
    maxAttempts: fc.integer({ min: 1, max: 12 }),
    baseMs: fc.nat(3000),
    maxWaitMs: fc.nat(20_000),
    totalMs: fc.nat(60_000),
  });
  const durations = fc.array(fc.nat(5000), { minLength: 12, maxLength: 12 });
  const share = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  await fc.assert(
    fc.asyncProperty(figures, durations, share, async (policy, takesMs, random) => {
      const { clock, events, options } = virtual({ policy, random: () => random });
      const starts: number[] = [];
      const run = retry(() => {
        starts.push(clock.now());
        clock.advance(takesMs[starts.length - 1] ?? 0);
        throw broken();
      }, options);
      await run.catch(() => undefined);
      expect(starts.length).toBeLessThanOrEqual(policy.maxAttempts);
      expect(starts.filter((startedAt) => startedAt > policy.totalMs)).toEqual([]);
      expect(events).toHaveLength(starts.length - 1);
      expect(clock.pending).toBe(0);
    }),
  );
});
