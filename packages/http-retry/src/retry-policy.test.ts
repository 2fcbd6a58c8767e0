// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { test } from "vitest";
import { defaultRetryPolicy, resolveRetryPolicy, retryWaitMs, waitAfterFailure } from "./retry-policy.ts";

const policies = fc
  .record({
    maxAttempts: fc.integer({ min: 1, max: 50 }),
    baseMs: fc.integer({ min: 0, max: 10_000 }),
    throttledBaseMs: fc.integer({ min: 0, max: 10_000 }),
    maxWaitMs: fc.integer({ min: 0, max: 300_000 }),
    maxRetryAfterMs: fc.integer({ min: 0, max: 300_000 }),
    totalMs: fc.integer({ min: 0, max: 600_000 }),
  })
  .map((options) => resolveRetryPolicy(options));
const kinds = fc.constantFrom("throttled", "transient", "permanent");
const randoms = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

test("doubles the window with every failure up to the longest wait", ({ expect }) => {
  const windows = [1, 2, 3, 4, 5, 2000].map((attempt) =>
    retryWaitMs(attempt, { baseMs: 100, maxWaitMs: 1000 }, () => 1),
  );
  expect(windows).toEqual([100, 200, 400, 800, 1000, 1000]);
});

test("takes any share of the window, nothing included", ({ expect }) => {
  expect(retryWaitMs(1, { baseMs: 100 }, () => 0)).toBe(0);
  expect(retryWaitMs(1, { baseMs: 100 }, () => 0.25)).toBe(25);
  expect(retryWaitMs(1)).toBeLessThan(defaultRetryPolicy.baseMs);
});

test("waits at least what the server asks for, cut to its ceiling, and at most a window longer", ({
  expect,
}) => {
  const hints = fc.record({ kind: kinds, retryAfterMs: fc.option(fc.nat(10_000_000), { nil: undefined }) });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5000 }),
      policies,
      hints,
      randoms,
      (attempt, policy, hint, share) => {
        const waitMs = waitAfterFailure(attempt, policy, hint, () => share);
        const askedMs = Math.min(hint.retryAfterMs ?? 0, policy.maxRetryAfterMs);
        expect(waitMs).toBeGreaterThanOrEqual(askedMs);
        expect(waitMs).toBeLessThanOrEqual(askedMs + policy.maxWaitMs);
      },
    ),
  );
});

test("starts from a wider window when the service is throttling", ({ expect }) => {
  const wait = (kind: "throttled" | "transient") =>
    waitAfterFailure(1, defaultRetryPolicy, { kind }, () => 1);
  expect(wait("throttled")).toBe(1000);
  expect(wait("transient")).toBe(200);
});

test("fills in what is left out from the defaults it is given", ({ expect }) => {
  expect(resolveRetryPolicy()).toEqual(defaultRetryPolicy);
  const own = resolveRetryPolicy({ maxAttempts: 9 });
  expect(resolveRetryPolicy({ baseMs: 1 }, own)).toEqual({
    ...defaultRetryPolicy,
    maxAttempts: 9,
    baseMs: 1,
  });
});

test.for([
  ["no attempt at all", { maxAttempts: 0 }, /maxAttempts/],
  ["half an attempt", { maxAttempts: 1.5 }, /maxAttempts/],
  ["a number that is none", { baseMs: Number.NaN }, /baseMs/],
  ["a negative wait", { throttledBaseMs: -1 }, /throttledBaseMs/],
  ["a negative ceiling", { maxWaitMs: -1 }, /maxWaitMs/],
  ["a negative Retry-After", { maxRetryAfterMs: -1 }, /maxRetryAfterMs/],
  ["a negative total", { totalMs: -1 }, /totalMs/],
] as const)("refuses %s", ([, options, message], { expect }) => {
  expect(() => resolveRetryPolicy(options)).toThrow(TypeError);
  expect(() => resolveRetryPolicy(options)).toThrow(message);
});

test("accepts a loop that never gives up", ({ expect }) => {
  const policy = resolveRetryPolicy({ maxAttempts: Infinity, totalMs: Infinity });
  expect(policy.maxAttempts).toBe(Infinity);
});
