// SPDX-License-Identifier: Apache-2.0
import { type RunOptions, readRunOptions } from "@repo/bench";

export type { RunOptions as BenchOptions };

/** @returns `undefined` where `--help` was asked for, which is printed */
export function readBenchOptions(rounds: number): RunOptions | undefined {
  return readRunOptions("airunner", {
    rounds,
    against: [
      "measure another server too: a command line that starts one for the same protocol, with",
      "{listen} for its address, {cert} and {key} for its certificate's files",
    ],
  });
}
