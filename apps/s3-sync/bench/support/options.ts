// SPDX-License-Identifier: Apache-2.0
import { type RunOptions, readRunOptions } from "@repo/bench";

export type { RunOptions as BenchOptions };

/** @returns `undefined` where `--help` was asked for, which is printed */
export function readBenchOptions(rounds: number): RunOptions | undefined {
  return readRunOptions("s3-sync", {
    rounds,
    against: ["measure another program too: a command line that is run with the same environment variables"],
  });
}
