// SPDX-License-Identifier: Apache-2.0

export interface StopSignals extends Disposable {
  /** Aborts at the first SIGTERM, SIGINT or SIGHUP. */
  readonly drain: AbortSignal;
  /** Aborts at the second. */
  readonly force: AbortSignal;
}

const names = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** The same signal again within this time is one wish: terminals and package managers both pass on Ctrl-C. */
const echoMs = 250;

/** Listens until disposed. The third signal ends the process as if nobody listened. */
export function listenForStop(onStop: (signal: string, count: number) => void): StopSignals {
  const drain = new AbortController();
  const force = new AbortController();
  let last: { readonly name: string; readonly at: number } | undefined;
  const listener = (name: NodeJS.Signals): void => {
    const now = performance.now();
    if (last?.name === name && now - last.at < echoMs) return;
    last = { name, at: now };
    if (force.signal.aborted) {
      unlisten();
      process.kill(process.pid, name);
      return;
    }
    onStop(name, drain.signal.aborted ? 2 : 1);
    if (drain.signal.aborted) force.abort(new Error(`second signal: ${name}`));
    else drain.abort(new Error(`signal: ${name}`));
  };
  const unlisten = (): void => {
    for (const name of names) process.off(name, listener);
  };
  for (const name of names) process.on(name, listener);
  return { drain: drain.signal, force: force.signal, [Symbol.dispose]: unlisten };
}
