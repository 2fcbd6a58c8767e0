// SPDX-License-Identifier: MIT
import type { Environment } from "@repo/service";

/** Where a command writes. */
export interface Output {
  readonly isTty: boolean;
  /** The terminal itself, for what draws on it. */
  readonly terminal: NodeJS.WriteStream | undefined;
  /** Settles when the text is handed over. @throws {BrokenPipeError} */
  readonly write: (text: string) => Promise<void>;
}

/** Everything a command knows of the process that it runs in. */
export interface CliContext {
  readonly env: Environment;
  readonly stdout: Output;
  readonly stderr: Output;
  /**
   * Aborts at the first SIGINT, SIGTERM or SIGHUP with {@link Interrupted}; a second one ends the process. Signals are
   * caught from the first call on.
   */
  readonly interrupted: () => AbortSignal;
}

/** Somebody stopped the command. */
export class Interrupted extends Error {
  override readonly name: string = "Interrupted";
  readonly exitCode: number;

  constructor(exitCode: number) {
    super("interrupted");
    this.exitCode = exitCode;
  }
}

/** The reader of our output has gone. */
export class BrokenPipeError extends Error {
  override readonly name: string = "BrokenPipeError";
}

/** What was typed cannot be done; said in one sentence, exit code 2. */
export class UsageError extends Error {
  override readonly name: string = "UsageError";
}

/** A command failed for a reason that it can say; the exit code is its own. */
export class CommandError extends Error {
  override readonly name: string = "CommandError";
  readonly exitCode: number;

  constructor(exitCode: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}
