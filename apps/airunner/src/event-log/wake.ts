// SPDX-License-Identifier: Apache-2.0

/** A flag that one waits for. */
export interface Wake extends Disposable {
  /** Raises the flag: `wait` returns. */
  readonly notify: () => void;
  clear(): void;
  /** Waits until the flag is up or the signal has aborted. */
  wait(): Promise<void>;
}

export function createWake(signal: AbortSignal): Wake {
  let isUp = false;
  let resolve: (() => void) | undefined;
  const notify = (): void => {
    isUp = true;
    resolve?.();
    resolve = undefined;
  };
  signal.addEventListener("abort", notify, { once: true });
  return {
    notify,
    clear() {
      isUp = false;
    },
    wait() {
      if (isUp || signal.aborted) return Promise.resolve();
      return new Promise((settle) => {
        resolve = settle;
      });
    },
    [Symbol.dispose]: () => signal.removeEventListener("abort", notify),
  };
}
