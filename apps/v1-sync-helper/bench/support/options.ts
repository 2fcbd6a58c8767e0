// SPDX-License-Identifier: MIT
import { type RunOptions, readRunOptions } from "@repo/bench";

export type { RunOptions as BenchOptions };

/** @returns `undefined` where `--help` was asked for, which is printed */
export function readBenchOptions(rounds: number): RunOptions | undefined {
  return readRunOptions("v1-sync-helper", {
    rounds,
    against: [
      "measure another program too: a command line that starts one with the same environment",
      "variables, such as another build of this one",
    ],
  });
}
