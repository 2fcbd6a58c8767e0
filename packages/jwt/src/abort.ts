// SPDX-License-Identifier: Apache-2.0
import { JwtError } from "./errors.ts";

export function abortedError(what: string, reason: unknown): JwtError {
  return new JwtError("aborted", `Waiting for ${what} was aborted.`, { cause: reason });
}

/** Settles like `promise`, or rejects at once with `aborted` when the signal does. The work itself goes on. */
export function untilAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
  what: string,
): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise<T>((resolve, reject) => {
    const onAbort = () => reject(abortedError(what, signal.reason));
    if (signal.aborted) {
      // The shared promise may fail later, when nobody else waits for it.
      promise.catch(() => undefined);
      onAbort();
      return;
    }
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

/**
 * Runs `work` with a signal that follows `parent` and also aborts after `timeoutMs`; nothing is left running behind,
 * even when `work` ignores its signal.
 *
 * An own controller and timer instead of `AbortSignal.any` with `AbortSignal.timeout`, which hold their memory until
 * the timer fires.
 */
export async function withDeadline<T>(
  options: { readonly parent: AbortSignal | undefined; readonly timeoutMs: number; readonly what: string },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { parent, timeoutMs, what } = options;
  const controller = new AbortController();
  const follow = () => controller.abort(parent?.reason);
  if (parent?.aborted === true) throw abortedError(what, parent.reason);
  parent?.addEventListener("abort", follow, { once: true });
  const timer = setTimeout(
    () => controller.abort(new DOMException(`No answer within ${timeoutMs} ms.`, "TimeoutError")),
    timeoutMs,
  );
  try {
    return await untilAborted(work(controller.signal), controller.signal, what);
  } finally {
    clearTimeout(timer);
    parent?.removeEventListener("abort", follow);
  }
}
