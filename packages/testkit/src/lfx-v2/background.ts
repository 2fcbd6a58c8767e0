// SPDX-License-Identifier: Apache-2.0
import type { Background } from "./state.ts";
import type { Timers } from "./timers.ts";

/** Runs what the services do by themselves, each piece `delayMs` after it came up. */
export function startBackground(timers: Timers, delayMs: number): Background {
  let running = 0;
  let waiting: (() => void)[] = [];
  return {
    run(work) {
      running += 1;
      timers.after(delayMs, () => {
        work();
        running -= 1;
        if (running > 0) return;
        for (const resolve of waiting) resolve();
        waiting = [];
      });
    },
    settled: () => (running === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
  };
}
