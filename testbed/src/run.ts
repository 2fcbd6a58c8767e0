// SPDX-License-Identifier: Apache-2.0
import { execa } from "execa";
import { TestbedError } from "./errors.ts";

export interface RunOptions {
  readonly cwd?: string;
  /** Added to this process's own environment, which package clients need for proxies and mirrors. */
  readonly env?: Readonly<Record<string, string>>;
  /** Called for every line the tool writes; for progress. */
  readonly onLine?: ((line: string) => void) | undefined;
  /** Milliseconds until the tool is killed; default 30 minutes, above the longest build. */
  readonly timeoutMs?: number;
}

/** Lines of a failed tool's output that its error message repeats. */
const excerptLines = 15;

/**
 * Runs a package client and returns its standard output.
 * @throws {TestbedError} `fetch_failed` with the last lines of its output
 */
export async function runTool(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const child = execa(command, args, {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { ...options.env },
    stdin: "ignore",
    all: true,
    reject: false,
    timeout: options.timeoutMs ?? 30 * 60_000,
    cleanup: true,
  });
  const { onLine } = options;
  const watching =
    onLine === undefined ? Promise.resolve() : forEachLine(child.iterable({ from: "all" }), onLine);
  const result = await child;
  await watching;
  if (!result.failed) return result.stdout;
  const why = result.timedOut
    ? "took too long"
    : (result.originalMessage ?? `ended with exit code ${result.exitCode}`);
  const tail = result.all.split("\n").slice(-excerptLines).join("\n");
  throw new TestbedError("fetch_failed", `${command} ${args[0] ?? ""} ${why}:\n${tail}`);
}

async function forEachLine(lines: AsyncIterable<string>, onLine: (line: string) => void): Promise<void> {
  for await (const line of lines) onLine(line);
}

/** What a program prints on either stream when asked something quick (its version); `undefined` if it fails. */
export async function ask(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string | undefined> {
  const result = await execa(command, args, {
    env,
    stdin: "ignore",
    all: true,
    reject: false,
    timeout: 30_000,
  });
  return result.failed ? undefined : result.all;
}
