// SPDX-License-Identifier: Apache-2.0
import { type Clock, maxTimerMs, systemClock } from "./clock.ts";

/**
 * Waits `ms` milliseconds (0 or more; `Infinity` waits for `signal` alone). Neither a timer nor a listener
 * outlives the wait.
 *
 * @throws the reason of `signal`, at once, when it aborts
 */
export function waitMs(ms: number, signal?: AbortSignal, clock: Clock = systemClock): Promise<void> {
  if (signal?.aborted) return Promise.reject(abortReason(signal));
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let leftMs = Math.max(ms, 0);
  let timer: unknown;
  const step = () => {
    if (leftMs <= 0) {
      signal?.removeEventListener("abort", onAbort);
      resolve();
      return;
    }
    const stepMs = Math.min(leftMs, maxTimerMs);
    leftMs -= stepMs;
    timer = clock.setTimeout(step, stepMs);
  };
  const onAbort = () => {
    clock.clearTimeout(timer);
    reject(abortReason(signal));
  };
  signal?.addEventListener("abort", onAbort, { once: true });
  step();
  return promise;
}

/** What an abort was called with; `DOMException` when it was called with nothing. */
export function abortReason(signal: AbortSignal | undefined): Error {
  const reason: unknown = signal?.reason;
  return reason instanceof Error ? reason : new Error("The operation was aborted.", { cause: reason });
}
