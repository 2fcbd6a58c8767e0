// SPDX-License-Identifier: Apache-2.0
import type { Readable } from "node:stream";
import { execa } from "execa";
import { createLineSplitter } from "./line-splitter.ts";
import { createProcessGroup } from "./process-group.ts";

/** Time rclone gets to abort its uploads after a TERM; it needs milliseconds unless the server hangs. */
const STOP_GRACE_MS = 30_000;
/** Time for reading what is still in the pipes of a process that has ended. */
const READ_REST_MS = 2_000;

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

/** Calls a listener until it throws; from then on lines are read and dropped, so that rclone can end in order. */
function guarding(onLine: (text: string) => void, failed: AbortController): (text: string) => void {
  return (text) => {
    if (failed.signal.aborted) return;
    try {
      onLine(text);
    } catch (error) {
      failed.abort(error);
    }
  };
}

/** A child of rclone's may hold the pipes open; what it writes is of no interest then. */
async function finishReading(streams: readonly Readable[], readers: readonly Promise<void>[]): Promise<void> {
  const timer = setTimeout(() => {
    for (const stream of streams) stream.destroy();
  }, READ_REST_MS);
  // A stream that breaks with its process is no news: the exit tells.
  await Promise.allSettled(readers);
  clearTimeout(timer);
}

/**
 * Runs rclone to its end, with whatever it started. Memory does not grow with what it writes.
 *
 * @throws only what a listener threw, once rclone has ended; it is stopped then
 */
export async function runRclone(options: RcloneProcessOptions): Promise<RcloneExit> {
  const { signal, onOutputLine, stopGraceMs = STOP_GRACE_MS } = options;
  const failed = new AbortController();
  // A group of its own, so that a wrapper script and the rclone it started get the same signals.
  const subprocess = execa(options.path, options.args, {
    buffer: false,
    reject: false,
    stdin: "ignore",
    stdout: onOutputLine === undefined ? "ignore" : "pipe",
    stderr: "pipe",
    extendEnv: false,
    env: options.environment,
    detached: true,
  });
  using group = createProcessGroup(subprocess.pid, AbortSignal.any([signal, failed.signal]), stopGraceMs);
  const { stderr, stdout } = subprocess;
  const streams = [stderr, stdout].filter((stream) => stream !== null);
  const readers = [
    stderr !== null && readLines(stderr, guarding(options.onLogLine, failed)),
    stdout !== null && onOutputLine !== undefined && readLines(stdout, guarding(onOutputLine, failed)),
  ].filter((reader) => reader !== false);
  const ended = new Promise<void>((resolve) => {
    subprocess.once("exit", resolve);
    subprocess.once("error", () => resolve());
  });
  await ended;
  await finishReading(streams, readers);
  const result = await subprocess;
  if (failed.signal.aborted) throw failed.signal.reason;
  return {
    exitCode: result.exitCode,
    signal: result.signal,
    isStopped: group.isStopped,
    startError: result.exitCode === undefined && result.signal === undefined ? result.code : undefined,
  };
}
