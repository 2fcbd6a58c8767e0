// SPDX-License-Identifier: Apache-2.0
import type { Readable } from "node:stream";
import { execa } from "execa";
import { createLineSplitter } from "./line-splitter.ts";

/** Time rclone gets to abort its uploads after a TERM; it needs milliseconds unless the server hangs. */
const STOP_GRACE_MS = 30_000;

export interface RcloneProcessOptions {
  readonly path: string;
  readonly args: readonly string[];
  /** All that rclone sees: nothing of ours is added. */
  readonly environment: Readonly<Record<string, string>>;
  readonly onLogLine: (text: string) => void;
  /** Lines of standard output; left out, rclone gets none. */
  readonly onOutputLine?: (text: string) => void;
  /** Aborted: rclone gets a TERM, and after `stopGraceMs` a KILL. Never a HUP, on which it leaves uploads behind. */
  readonly signal: AbortSignal;
  /** Default {@link STOP_GRACE_MS}. */
  readonly stopGraceMs?: number;
}

export interface RcloneExit {
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  /** Whether we asked it to end. */
  readonly isStopped: boolean;
  /** System error when it could not be started: `ENOENT`. */
  readonly startError: string | undefined;
}

async function readLines(stream: Readable, onLine: (text: string) => void): Promise<void> {
  const splitter = createLineSplitter(onLine);
  for await (const chunk of stream) if (chunk instanceof Uint8Array) splitter.push(chunk);
  splitter.end();
}

/** Runs rclone to its end. Resolves however it ends; memory does not grow with what it writes. */
export async function runRclone(options: RcloneProcessOptions): Promise<RcloneExit> {
  const { onOutputLine } = options;
  const subprocess = execa(options.path, options.args, {
    buffer: false,
    reject: false,
    stdin: "ignore",
    stdout: onOutputLine === undefined ? "ignore" : "pipe",
    stderr: "pipe",
    extendEnv: false,
    env: options.environment,
    cancelSignal: options.signal,
    killSignal: "SIGTERM",
    forceKillAfterDelay: options.stopGraceMs ?? STOP_GRACE_MS,
    cleanup: true,
  });
  const readers: Promise<void>[] = [];
  if (subprocess.stderr !== null) readers.push(readLines(subprocess.stderr, options.onLogLine));
  if (subprocess.stdout !== null && onOutputLine !== undefined)
    readers.push(readLines(subprocess.stdout, onOutputLine));
  // A stream that breaks with its process is no news: the exit tells.
  const [result] = await Promise.all([subprocess, Promise.allSettled(readers)]);
  return {
    exitCode: result.exitCode,
    signal: result.signal,
    isStopped: result.isCanceled,
    startError: result.exitCode === undefined && result.signal === undefined ? result.code : undefined,
  };
}
