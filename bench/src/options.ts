// SPDX-License-Identifier: Apache-2.0
import { parseArgs } from "node:util";

export interface RunOptions {
  readonly rounds: number;
  /** Command line of another program that is measured in the same rounds. */
  readonly against: string | undefined;
}

/**
 * Reads the command line of a benchmark that can be run against another program.
 *
 * @param against what `--help` says of that option, lines of at most 90 characters
 * @returns `undefined` where `--help` was asked for, which is printed
 * @throws {RangeError} where `--rounds` is no whole number from 1
 */
export function readRunOptions(
  member: string,
  { rounds, against }: { readonly rounds: number; readonly against: readonly string[] },
): RunOptions | undefined {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string", default: String(rounds) },
      against: { type: "string" },
      help: { type: "boolean" },
    },
  });
  if (values.help === true) {
    const lines = against.join(`\n${" ".repeat(23)}`);
    process.stdout.write(
      `Options of every benchmark of ${member}:\n\n  --rounds N           rounds that count\n  --against COMMAND    ${lines}\n`,
    );
    return undefined;
  }
  const count = Number(values.rounds);
  if (!Number.isInteger(count) || count < 1) throw new RangeError("--rounds must be a whole number from 1.");
  return { rounds: count, against: values.against };
}
