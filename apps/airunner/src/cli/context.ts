// SPDX-License-Identifier: Apache-2.0

/** Where a command writes. */
export interface Output {
  /** Colours, emoji of a live view and redrawing are for terminals only. */
  readonly isTty: boolean;
  /** The terminal itself, for what draws on it; `undefined` where there is none. */
  readonly terminal: NodeJS.WriteStream | undefined;
  /**
   * Settles when the bytes are handed over, in order: wait for it, and a slow reader slows the sender.
   * @throws {BrokenPipeError} when nobody reads any more
   */
  write(data: string | Uint8Array): Promise<void>;
}

/** Everything a command knows of the process that it runs in; tests put their own in its place. */
export interface CliContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Whether standard input is a terminal, so that keys can be read. */
  readonly isInteractive: boolean;
  /**
   * Aborts at the first SIGINT, SIGTERM or SIGHUP. The signals are caught from the first call on; a command that
   * never calls it is ended by them as any program is.
   */
  interrupted(): AbortSignal;
  /** Sets the exit code of the process; without it a command that ends well exits with 0. */
  exitWith(code: number): void;
}

/** What `interrupted()` aborts with. */
export class Interrupted extends Error {
  override readonly name: string = "Interrupted";
  readonly signal: "SIGINT" | "SIGTERM" | "SIGHUP";

  constructor(signal: "SIGINT" | "SIGTERM" | "SIGHUP") {
    super(`interrupted by ${signal}`);
    this.signal = signal;
  }
}

/** The reader of our output has gone. */
export class BrokenPipeError extends Error {
  override readonly name: string = "BrokenPipeError";
}

/** What the user typed cannot be done; shown as one sentence, exit code 80. */
export class UsageError extends Error {
  override readonly name: string = "UsageError";
}
