// SPDX-License-Identifier: Apache-2.0
import { type Clock, maxTimerMs } from "./clock.ts";
import { abortReason } from "./wait.ts";

/** A signal that aborts when one of others does; disposing it takes its listeners off them. */
export interface LinkedSignal extends Disposable {
  readonly signal: AbortSignal;
}

/** As `AbortSignal.any`, but nothing of it stays with long-lived signals once it is disposed. */
export function linkSignals(...sources: readonly (AbortSignal | undefined)[]): LinkedSignal {
  const controller = new AbortController();
  const onAbort = (event: Event) => {
    const { target } = event;
    if (target instanceof AbortSignal) controller.abort(target.reason);
  };
  for (const source of sources) {
    if (source?.aborted) controller.abort(source.reason);
    source?.addEventListener("abort", onAbort, { once: true });
  }
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      for (const source of sources) source?.removeEventListener("abort", onAbort);
    },
  };
}

/** Thrown by {@link withinLimit} when the time is up. */
export class LimitPassed extends Error {
  override readonly name: string = "LimitPassed";
}

/**
 * Settles as `promise` does, unless `signal` aborts (its reason) or `limitMs` passes ({@link LimitPassed}) before.
 * What `promise` does later is not waited for.
 */
export function withinLimit<T>(
  promise: Promise<T>,
  signal: AbortSignal,
  limitMs: number,
  clock: Clock,
): Promise<T> {
  const { promise: ended, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(abortReason(signal));
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  const timer =
    limitMs > maxTimerMs
      ? undefined
      : clock.setTimeout(() => reject(new LimitPassed(`${limitMs} ms passed`)), Math.max(limitMs, 0));
  return Promise.race([promise, ended]).finally(() => {
    clock.clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  });
}
