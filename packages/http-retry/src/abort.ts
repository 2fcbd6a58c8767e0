// SPDX-License-Identifier: Apache-2.0

/** Signals of which the first to abort counts; `undefined` for one that is not there. */
export type Signals = readonly (AbortSignal | undefined)[];

/** What an abort was called with; an error is made of anything else. */
export function abortReason(signal: AbortSignal | undefined): Error {
  const reason: unknown = signal?.reason;
  return reason instanceof Error ? reason : new Error("The operation was aborted.", { cause: reason });
}

/**
 * Calls `callback` with the reason, once, as soon as one of `signals` aborts, at once if one has. Not
 * `AbortSignal.any`, of which something stays with a long-lived signal for every use.
 *
 * @returns takes the listeners off again; call it when the thing that could be aborted is over
 */
export function onAbort(signals: Signals, callback: (reason: Error) => void): () => void {
  const aborted = signals.find((signal) => signal?.aborted);
  if (aborted !== undefined) {
    callback(abortReason(aborted));
    return () => undefined;
  }
  const unlisten = () => {
    for (const signal of signals) signal?.removeEventListener("abort", listener);
  };
  const listener = (event: Event) => {
    unlisten();
    callback(abortReason(event.target instanceof AbortSignal ? event.target : undefined));
  };
  for (const signal of signals) signal?.addEventListener("abort", listener);
  return unlisten;
}
