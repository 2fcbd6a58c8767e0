// SPDX-License-Identifier: Apache-2.0
import type { FailureKind } from "./failure-kind.ts";

/** How often and how long to try. Whatever is left out has the default that {@link resolveRetryPolicy} states. */
export interface RetryPolicyOptions {
  /** Attempts in all, the first included; default 4, at least 1, `Infinity` for loops that never give up. */
  readonly maxAttempts?: number;
  /** Longest wait after the first failure, doubled after each further one; milliseconds, default 200. */
  readonly baseMs?: number;
  /** As `baseMs`, after a failure of the kind `throttled`; default 1000. */
  readonly throttledBaseMs?: number;
  /** No calculated wait is longer; milliseconds, default 20 000. */
  readonly maxWaitMs?: number;
  /** A longer `Retry-After` is cut to this; milliseconds, default 60 000. */
  readonly maxRetryAfterMs?: number;
  /** Attempts and waits together; milliseconds, default 120 000. A wait that would pass it is not begun. */
  readonly totalMs?: number;
}

/** {@link RetryPolicyOptions} with every default filled in. */
export type RetryPolicy = Required<RetryPolicyOptions>;

export const defaultRetryPolicy: RetryPolicy = {
  maxAttempts: 4,
  baseMs: 200,
  throttledBaseMs: 1000,
  maxWaitMs: 20_000,
  maxRetryAfterMs: 60_000,
  totalMs: 120_000,
};

/**
 * Fills in `defaults` and checks the result.
 *
 * @throws {TypeError} naming the option that is not a number in its range
 */
export function resolveRetryPolicy(
  options: RetryPolicyOptions = {},
  defaults: RetryPolicy = defaultRetryPolicy,
): RetryPolicy {
  const policy = { ...defaults, ...options };
  checkNumber("maxAttempts", policy.maxAttempts, 1);
  if (policy.maxAttempts !== Infinity && !Number.isInteger(policy.maxAttempts)) {
    throw new TypeError(`The retry policy's maxAttempts must be a whole number, not ${policy.maxAttempts}.`);
  }
  for (const name of ["baseMs", "throttledBaseMs", "maxWaitMs", "maxRetryAfterMs", "totalMs"] as const) {
    checkNumber(name, policy[name], 0);
  }
  return policy;
}

function checkNumber(name: keyof RetryPolicy, value: unknown, min: number): void {
  if (typeof value !== "number" || !(value >= min)) {
    throw new TypeError(
      `The retry policy's ${name} must be a number of at least ${min}, not ${String(value)}.`,
    );
  }
}

/**
 * The wait before the next attempt, in milliseconds: *full jitter*, a random share of a window that doubles with
 * every failure, `random() * min(maxWaitMs, baseMs * 2 ** (attempt - 1))`.
 *
 * @param attempt how many attempts have failed so far, from 1
 * @param random gives a number from 0 to below 1; default `Math.random`
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function retryWaitMs(
  attempt: number,
  policy: Pick<RetryPolicyOptions, "baseMs" | "maxWaitMs"> = {},
  random: () => number = Math.random,
): number {
  const { baseMs = defaultRetryPolicy.baseMs, maxWaitMs = defaultRetryPolicy.maxWaitMs } = policy;
  // The bound keeps the power finite in loops that never give up: 0 times infinity is no number.
  return random() * Math.min(maxWaitMs, baseMs * 2 ** Math.min(attempt - 1, 64));
}

/** What an attempt's end says about the wait before the next. */
export interface WaitHints {
  readonly kind: FailureKind;
  /** What the server asked for. */
  readonly retryAfterMs?: number | undefined;
}

/**
 * {@link retryWaitMs} for a failure whose kind is known. What the server asks for is a floor under the jitter, not a
 * replacement: clients that were refused in the same moment must not come back in the same moment.
 */
export function waitAfterFailure(
  attempt: number,
  policy: RetryPolicy,
  hints: WaitHints,
  random: () => number,
): number {
  const baseMs = hints.kind === "throttled" ? policy.throttledBaseMs : policy.baseMs;
  const jitterMs = retryWaitMs(attempt, { baseMs, maxWaitMs: policy.maxWaitMs }, random);
  return Math.min(hints.retryAfterMs ?? 0, policy.maxRetryAfterMs) + jitterMs;
}
