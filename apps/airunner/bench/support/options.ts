// SPDX-License-Identifier: Apache-2.0
import { parseArgs } from "node:util";

export interface BenchOptions {
  readonly rounds: number;
  /** Command line of another server; `{listen}`, `{cert}` and `{key}` in it are replaced. */
  readonly against: string | undefined;
}

const HELP = `Options of every benchmark of airunner:

  --rounds N           rounds that count
  --against COMMAND    measure another server too: a command line that starts one for the same protocol, with
                       {listen} for its address, {cert} and {key} for its certificate's files
`;

/** Reads the options of a benchmark; `undefined` when \`--help\` was asked for, which is printed. */
export function readBenchOptions(defaultRounds: number): BenchOptions | undefined {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string", default: String(defaultRounds) },
      against: { type: "string" },
      help: { type: "boolean" },
    },
  });
  if (values.help === true) {
    process.stdout.write(HELP);
    return undefined;
  }
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new RangeError("--rounds must be a whole number from 1.");
  return { rounds, against: values.against };
}
