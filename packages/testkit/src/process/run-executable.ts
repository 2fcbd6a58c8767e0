// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { ChildExecutable } from "./child-executable.ts";
import { childEnvironment, commandLine } from "./command-line.ts";
import type { Output } from "./output.ts";

export interface ExecutableOptions {
  /** A program, or a script (`.mjs`, `.js`, `.ts`) that the Node of this process runs. */
  readonly file: string;
  readonly args?: readonly string[];
  /** The whole environment of the child; nothing is inherited unless `inheritEnv` says so. Default: empty. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Variables taken over from this process, or `"all"`. */
  readonly inheritEnv?: readonly string[] | "all";
  readonly cwd?: string;
  /** Options for Node before a script, e.g. `--enable-source-maps`. */
  readonly nodeArgs?: readonly string[];
  /** `pipe` lets the test write to it; default `ignore` (an empty input). */
  readonly stdin?: "pipe" | "ignore";
  /** Lines of each stream that are kept in memory; default all. */
  readonly keepLines?: number;
  /** Runs as this user; needs root. */
  readonly user?: { readonly uid: number; readonly gid: number };
  /**
   * The kernel kills the child when this process dies, however that happens. Without `setpriv` on the machine
   * it is killed at an orderly exit only.
   */
  readonly diesWithParent?: boolean;
}

/** How a process ended. Exactly one of `code` and `signal` is not `null`. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly durationMs: number;
  /** Highest resident memory of the process itself, in bytes; see {@link Executable.peakMemoryBytes}. */
  readonly peakMemoryBytes: number;
}

/** A running child process; disposal kills its whole process group and waits for its end. */
export interface Executable extends AsyncDisposable {
  readonly pid: number;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Settles when the process has ended and its output has been read; never rejects. */
  readonly exited: Promise<Exit>;
  /** `undefined` while it runs. */
  readonly exit: Exit | undefined;
  /** Highest resident memory so far, in bytes (what it took in its last 50 ms may be missing). */
  readonly peakMemoryBytes: number;
  /**
   * Waits for the end.
   * @param options `deadlineMs` in milliseconds, default 30 000
   * @throws {Error} at the deadline, with what the process wrote last; the process goes on
   */
  waitForExit(options?: { readonly deadlineMs?: number }): Promise<Exit>;
  /** Sends a signal to the process, not to its children. */
  kill(signal: NodeJS.Signals): void;
  /** Sends a signal to the process and all its children, as a terminal does on Ctrl-C. */
  killGroup(signal: NodeJS.Signals): void;
  /** Writes to the input; only with `stdin: "pipe"`. */
  write(text: string): void;
  /** Ends the input; only with `stdin: "pipe"`. */
  endInput(): void;
}

/**
 * Starts a program as a user would: with a process group of its own, an environment made from nothing, and its
 * output as lines.
 *
 * @throws {Error} with the file's name when it cannot be started
 */
export async function runExecutable(options: ExecutableOptions): Promise<Executable> {
  const { command, args } = commandLine(options);
  const child = spawn(command, args, {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...options.user,
    env: childEnvironment(options),
    stdio: [options.stdin ?? "ignore", "pipe", "pipe"],
    detached: true,
  });
  await spawned(child, options.file);
  return new ChildExecutable(child, {
    name: options.file,
    keepLines: options.keepLines ?? Number.POSITIVE_INFINITY,
  });
}

async function spawned(child: ChildProcess, file: string): Promise<void> {
  try {
    await once(child, "spawn");
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${file} cannot be started: ${why}`, { cause });
  }
}
