// SPDX-License-Identifier: Apache-2.0

/** Gets new credentials after a 401; must end by itself, and at once when `signal` aborts (the client is disposed). */
export type Refresh = (signal: AbortSignal) => Promise<void> | void;

/** One refresh at a time, and one for all requests that went out with the same old credentials. */
export interface RefreshGate {
  /** Changes with every refresh that succeeded; read it before an attempt's headers are made. */
  readonly generation: number;
  /** Resolves when credentials newer than `generation` are there, at once if they already are. */
  renewed(generation: number): Promise<void>;
}

export function createRefreshGate(refresh: Refresh, signal: AbortSignal): RefreshGate {
  let generation = 0;
  let running: Promise<void> | undefined;
  const run = async () => {
    try {
      // A refresh that throws at once must not end before `running` is set, or the failure would stay there.
      await Promise.try(refresh, signal);
      generation += 1;
    } finally {
      running = undefined;
    }
  };
  return {
    get generation() {
      return generation;
    },
    renewed(seen) {
      if (seen !== generation) return Promise.resolve();
      running ??= run();
      return running;
    },
  };
}
