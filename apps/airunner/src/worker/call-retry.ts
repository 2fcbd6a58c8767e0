// SPDX-License-Identifier: Apache-2.0
import { type Clock, retryWaitMs, waitMs } from "@repo/http-retry";
import { classifyServerFailure, type ServerFailure } from "./server-failure.ts";

/** What repeated calls to a server need. */
export interface CallContext {
  readonly clock: Clock;
  readonly random: () => number;
  /** Told of the first failure in a row, and of every tenth. */
  readonly onRetry: (failure: ServerFailure, error: unknown, attempt: number) => void;
}

const throttledBaseMs = 1000;

/** Milliseconds before the next call: full jitter, doubling from 200 ms (throttled: 1 s) up to 10 s. */
export function callWaitMs(failure: ServerFailure, attempt: number, random: () => number): number {
  // A token that is not taken is not taken a moment later either; a new one comes by hand.
  const isSlow = failure === "throttled" || failure === "unauthenticated";
  const baseMs = isSlow ? throttledBaseMs : 200;
  // At least a tenth of the window: jitter alone may be nothing, many times in a row.
  const floorMs = baseMs / 10;
  return floorMs + retryWaitMs(attempt, { baseMs, maxWaitMs: 10_000 }, random);
}

/** An attempt's call that no repeat can mend. */
export class CallEnded extends Error {
  override readonly name: string = "CallEnded";
  readonly failure: "lost" | "refused";

  constructor(failure: "lost" | "refused", cause: unknown) {
    super(`The server ${failure === "lost" ? "has given the job to another" : "refuses the call"}.`, {
      cause,
    });
    this.failure = failure;
  }
}

/**
 * Repeats `call`, which is told how many calls there have been, itself counted, until it succeeds: while the server
 * is away, throttles, or wants another token.
 *
 * @throws {CallEnded}, or the reason of `signal` once it aborts
 */
export async function untilAnswered<T>(
  call: (attempt: number) => Promise<T>,
  { clock, random, onRetry }: CallContext,
  signal: AbortSignal,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    signal.throwIfAborted();
    try {
      return await call(attempt);
    } catch (error) {
      signal.throwIfAborted();
      const failure = classifyServerFailure(error);
      if (failure === "lost" || failure === "refused") throw new CallEnded(failure, error);
      if (attempt % 10 === 1) onRetry(failure, error, attempt);
      await waitMs(callWaitMs(failure, attempt, random), signal, clock);
    }
  }
}
