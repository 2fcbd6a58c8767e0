// SPDX-License-Identifier: Apache-2.0

export interface StandardFlagsOptions {
  readonly name: string;
  readonly version: string;
  /** The whole help text, without a line feed at its end. */
  readonly help: string;
  /** Further flags the program handles itself, as typed: `["--healthcheck"]`. */
  readonly others?: readonly string[];
}

/**
 * Answers `--help` (`-h`) and `--version` (`-V`) on standard output. Anything else that is not in `others` gets one
 * sentence on standard error and the exit code 2, since a program that ignores what it was told does something else.
 *
 * @param argv without the interpreter and the script: `process.argv.slice(2)`
 * @returns whether it was dealt with here, so that the caller has nothing more to do
 */
export function handleStandardFlags(argv: readonly string[], options: StandardFlagsOptions): boolean {
  const { name, version, help, others = [] } = options;
  if (argv.includes("--help") || argv.includes("-h")) {
    process.stdout.write(`${help}\n`);
    return true;
  }
  if (argv.includes("--version") || argv.includes("-V")) {
    process.stdout.write(`${name} ${version}\n`);
    return true;
  }
  const unknown = argv.find((argument) => !others.includes(argument));
  if (unknown === undefined) return false;
  const kind = unknown.startsWith("-") ? "flag" : "argument";
  // Only the flag's name: people do type secrets, as --password=….
  const shown = unknown.startsWith("-") ? ` ${unknown.replace(/=.*$/s, "").slice(0, 40)}` : "";
  process.stderr.write(`${name} does not know the ${kind}${shown}; run ${name} --help.\n`);
  process.exitCode = 2;
  return true;
}
