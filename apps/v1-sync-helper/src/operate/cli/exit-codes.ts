// SPDX-License-Identifier: MIT

/** How every command ends. */
export const exitCodes = {
  done: 0,
  failed: 1,
  /** The command line or the environment. */
  usage: 2,
  /** What was asked for is not there, or is not well. */
  notFound: 3,
  unreachable: 4,
  brokenPipe: 141,
} as const;

/** For `--help` and the README. */
export const exitCodeTable: readonly (readonly [code: string, meaning: string])[] = [
  ["0", "done; `serve`: stopped by a signal, everything in hand finished or released"],
  ["1", "not done, or not all of it; the output says what and why"],
  ["2", "the command line or the environment is wrong; nothing was done"],
  ["3", "there is no such object or record; `probe`: not well; `check-config`: something is wrong"],
  ["4", "NATS cannot be reached, or a bucket is not there"],
  ["128 + n", "ended by signal n, as 130 for Ctrl-C; `serve` only when it could not finish in time"],
  ["141", "whoever read the output stopped reading"],
];

export function exitCodeHelp(): string {
  const width = Math.max(...exitCodeTable.map(([code]) => code.length));
  const rows = exitCodeTable.map(
    ([code, meaning]) => `  ${code.padEnd(width)}  ${meaning.replaceAll("`", "")}`,
  );
  return ["", "Exit codes:", ...rows].join("\n");
}
