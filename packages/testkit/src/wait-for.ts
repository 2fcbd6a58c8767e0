// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from "node:timers/promises";

export interface WaitOptions {
  /** Milliseconds until it gives up; default 10 000. */
  readonly deadlineMs?: number;
  /** Milliseconds between tries; default 20. */
  readonly everyMs?: number;
  /** For the error message: `the object to appear`. */
  readonly what?: string;
  readonly signal?: AbortSignal;
}

/**
 * Calls `condition` until it gives something other than `undefined`, `null` or `false`, and returns that.
 * A condition that throws has not come true yet; the last error is the cause when the deadline passes.
 *
 * @throws {Error} `waited 10000 ms for …` after the deadline; the reason of `signal` when that aborts
 */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  options: WaitOptions = {},
): Promise<Exclude<T, undefined | null | false>> {
  const { deadlineMs = 10_000, everyMs = 20, what = "a condition", signal } = options;
  const deadline = performance.now() + deadlineMs;
  let cause: unknown;
  for (;;) {
    signal?.throwIfAborted();
    try {
      const result = await withDeadline(condition, deadline - performance.now());
      if (isTrue(result)) return result;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    if (performance.now() >= deadline) {
      throw new Error(`waited ${deadlineMs} ms for ${what}`, cause === undefined ? {} : { cause });
    }
    await sleep(everyMs, undefined, signal === undefined ? {} : { signal });
  }
}

function isTrue<T>(value: T): value is Exclude<T, undefined | null | false> {
  return value !== undefined && value !== null && value !== false;
}

/** A try that hangs must not outlive the deadline. */
async function withDeadline<T>(condition: () => T | Promise<T>, ms: number): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error("the last try did not end")), Math.max(ms, 0));
  try {
    return await Promise.race([Promise.try(condition), promise]);
  } finally {
    clearTimeout(timer);
  }
}
