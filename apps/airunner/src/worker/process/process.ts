// SPDX-License-Identifier: Apache-2.0
import type { Guard } from "./guard.ts";

/** Where a chunk of output came from; a terminal cannot tell the two streams apart. */
export type OutputStream = "stdout" | "stderr" | "terminal";

export interface OutputChunk {
  /** 1 to 65,536 bytes as the process wrote them, cut anywhere; the receiver owns them. */
  readonly bytes: Uint8Array;
  readonly stream: OutputStream;
  /** When the chunk was read, Unix milliseconds. */
  readonly atMs: number;
}

/** Why the worker stops a process that did not end by itself. */
export type StopReason = "timeout" | "cancel" | "lease_lost" | "shutdown";

export interface ProcessSpec {
  /** Program name, looked up in the PATH of `env`, or its path, relative to `cwd`. */
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment but the marker's variable; see `createJobEnvironment`. */
  readonly env: Readonly<Record<string, string>>;
  /** Absolute path of an existing directory. */
  readonly cwd: string;
  /** `pty`: one terminal of 80 x 24. `pipe`: two pipes. Either way there is nothing to read on stdin. */
  readonly mode: "pty" | "pipe";
  /** Milliseconds from the start to `stop("timeout")`; no limit where unset. */
  readonly timeoutMs?: number;
  /** Milliseconds between TERM and KILL; at least 0. */
  readonly killGraceMs: number;
  /** Milliseconds after the process ended during which others may go on writing to its output. */
  readonly outputGraceMs: number;
  /** Names the process and all it starts; letters, digits, `.`, `_`, `-`. Unique among running processes. */
  readonly marker: string;
  /** Kills everything with this marker should this program be killed. */
  readonly guard?: Guard;
  /**
   * Takes each chunk, in order per stream. Nothing more is read while a returned promise is pending, so a slow
   * receiver makes the process wait. Throwing kills the process and makes `ended` reject with the error.
   */
  onOutput(chunk: OutputChunk): void | Promise<void>;
}

export interface RunningProcess {
  readonly pid: number;
  /** Unix milliseconds. */
  readonly startedAtMs: number;
  /**
   * Sends TERM to the process and to all that it started, and KILL after the grace. Repeated calls keep the first
   * reason and may shorten the grace; after the end they do nothing.
   *
   * @param graceMs instead of the specification's `killGraceMs`
   */
  stop(reason: StopReason, graceMs?: number): void;
  /** Resolves once the process has ended, nothing it started is left, and its last byte was taken. */
  readonly ended: Promise<ProcessEnd>;
}

export interface ProcessEnd {
  /** 128 + n after signal n. */
  readonly exitCode: number;
  /** Name of the signal that ended the process, as "SIGTERM"; "" where it exited. */
  readonly signal: string;
  /** Set where the worker stopped it before it ended by itself. */
  readonly stoppedBy?: StopReason;
  readonly durationMs: number;
}

export type ProcessErrorCode =
  | "command_not_found"
  | "not_executable"
  | "directory_missing"
  | "arguments_too_long"
  | "start_failed";

/** A process that could not be started. The message is one sentence for the person who submitted the job. */
export class ProcessError extends Error {
  override readonly name: string = "ProcessError";
  readonly code: ProcessErrorCode;

  constructor(code: ProcessErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
