// SPDX-License-Identifier: Apache-2.0
import { onAbort, type Signals } from "./abort.ts";
import { type Clock, maxTimerMs, systemClock } from "./clock.ts";

/**
 * Waits `ms` milliseconds (0 or more; `Infinity` waits for `signal` alone). Neither a timer nor a listener
 * outlives the wait.
 *
 * @throws the reason of `signal`, at once, when it aborts
 */
export function waitMs(ms: number, signal?: AbortSignal, clock: Clock = systemClock): Promise<void> {
  return waitUnder([signal], ms, clock);
}

/** As {@link waitMs}, under several signals. */
export function waitUnder(signals: Signals, ms: number, clock: Clock): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let leftMs = Math.max(ms, 0);
  let timer: unknown;
  let isAborted = false;
  const unlisten = onAbort(signals, (reason) => {
    isAborted = true;
    clock.clearTimeout(timer);
    reject(reason);
  });
  const step = () => {
    if (leftMs <= 0) {
      unlisten();
      resolve();
      return;
    }
    const stepMs = Math.min(leftMs, maxTimerMs);
    leftMs -= stepMs;
    timer = clock.setTimeout(step, stepMs);
  };
  if (!isAborted) step();
  return promise;
}

/** Thrown by {@link withinLimit} when the time is up. */
export class LimitPassed extends Error {
  override readonly name: string = "LimitPassed";
}

/**
 * Settles as `promise` does, unless one of `signals` aborts (its reason) or `limitMs` passes ({@link LimitPassed})
 * before. What `promise` does later is not waited for.
 */
export function withinLimit<T>(
  promise: Promise<T>,
  signals: Signals,
  limitMs: number,
  clock: Clock,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const onTime = () => fail(new LimitPassed(`${limitMs} ms passed`));
    const timer = limitMs > maxTimerMs ? undefined : clock.setTimeout(onTime, Math.max(limitMs, 0));
    const fail = (error: unknown) => {
      clock.clearTimeout(timer);
      unlisten?.();
      // What was thrown is passed on as it is, an error or not.
      reject(error);
    };
    let unlisten: (() => void) | undefined;
    unlisten = onAbort(signals, fail);
    promise.then((value) => {
      clock.clearTimeout(timer);
      unlisten();
      resolve(value);
    }, fail);
  });
}
