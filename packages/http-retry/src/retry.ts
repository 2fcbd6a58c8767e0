// SPDX-License-Identifier: Apache-2.0
import { type Clock, systemClock } from "./clock.ts";
import { classifyFailure, type FailureKind } from "./failure-kind.ts";
import type { RetryBudget } from "./retry-budget.ts";
import { type RetryPolicyOptions, resolveRetryPolicy, waitAfterFailure } from "./retry-policy.ts";
import { waitMs } from "./wait.ts";

/** One failed attempt that is followed by another. */
export interface RetryEvent {
  /** The attempt that failed, from 1. */
  readonly attempt: number;
  /** Milliseconds until the next. */
  readonly waitMs: number;
  readonly kind: FailureKind;
  readonly error: unknown;
}

export interface RetryOptions {
  readonly policy?: RetryPolicyOptions;
  /** Ends a wait at once; what `operation` does with it is its own. */
  readonly signal?: AbortSignal;
  /** Default {@link classifyFailure}. */
  readonly classify?: (error: unknown) => FailureKind;
  /** Shared tokens; default: as many retries as the policy allows. */
  readonly budget?: RetryBudget;
  readonly onRetry?: (event: RetryEvent) => void;
  readonly clock?: Clock;
  readonly random?: () => number;
}

/**
 * Runs `operation` until it succeeds, fails for good, or the policy, the budget or `signal` ends it. For loops that
 * are not HTTP: a connection, a watch, a child process. The policy's `totalMs` stops further attempts, not a running one.
 *
 * @returns what `operation` gave
 * @throws what the last attempt threw; the reason of `signal` once that aborted
 */
export async function retry<T>(
  operation: (attempt: number) => T | Promise<T>,
  options: RetryOptions = {},
): Promise<T> {
  const { signal, budget, onRetry, classify = classifyFailure } = options;
  const { clock = systemClock, random = Math.random } = options;
  const policy = resolveRetryPolicy(options.policy);
  const deadline = clock.now() + policy.totalMs;
  let taken: number | undefined;
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    try {
      const result = await operation(attempt);
      budget?.refund(taken);
      return result;
    } catch (error) {
      signal?.throwIfAborted();
      const kind = classify(error);
      const pauseMs = waitAfterFailure(
        attempt,
        policy,
        { kind, retryAfterMs: retryAfterMsOf(error) },
        random,
      );
      if (kind === "permanent" || attempt >= policy.maxAttempts || clock.now() + pauseMs > deadline)
        throw error;
      taken = budget?.take(false);
      if (budget !== undefined && taken === undefined) throw error;
      onRetry?.({ attempt, waitMs: pauseMs, kind, error });
      await waitMs(pauseMs, signal, clock);
    }
  }
}

/** What the service asked for, where the error carries it as an `HttpError` does. */
function retryAfterMsOf(error: unknown): number | undefined {
  if (typeof error !== "object" || error === null || !("retryAfterMs" in error)) return undefined;
  return typeof error.retryAfterMs === "number" ? error.retryAfterMs : undefined;
}
