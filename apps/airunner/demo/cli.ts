// SPDX-License-Identifier: Apache-2.0
import { execa } from "execa";
import { requireBundle } from "../test/support/airunner.ts";
import { LineFeed } from "./line-feed.ts";

/** Longest command that is no hang, milliseconds. */
const deadlineMs = 60_000;

export interface CliOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly signal: AbortSignal;
  /** Gets everything that a command wrote, once it has ended. */
  readonly onText: (text: string) => unknown;
}

export interface CliResult {
  /** The exit code, or the name of the signal that ended it. */
  readonly exit: number | string;
  /** Standard output, byte by byte. */
  readonly bytes: Buffer;
  readonly text: string;
  readonly stderr: string;
  readonly durationMs: number;
}

/** The built CLI as a process of its own, which runs. */
export interface RunningCli {
  /** Standard output by lines, as they come. */
  readonly lines: LineFeed;
  /** Standard error by lines, as they come. */
  readonly notes: LineFeed;
  /** Bytes of standard output so far. */
  readonly receivedBytes: number;
  readonly ended: Promise<CliResult>;
}

export function startCli(args: readonly string[], options: CliOptions): RunningCli {
  const { env, cwd, signal, onText } = options;
  const lines = new LineFeed();
  const notes = new LineFeed();
  let receivedBytes = 0;
  const child = execa(process.execPath, [requireBundle("airunner-cli"), ...args], {
    env,
    cwd,
    extendEnv: false,
    stdin: "ignore",
    encoding: "buffer",
    stripFinalNewline: false,
    reject: false,
    timeout: deadlineMs,
    cancelSignal: signal,
  });
  child.stdout.on("data", (chunk: Buffer) => {
    receivedBytes += chunk.length;
    lines.push(chunk, Date.now());
  });
  child.stderr.on("data", (chunk: Buffer) => notes.push(chunk, Date.now()));
  const wait = async (): Promise<CliResult> => {
    const result = await child;
    lines.end(Date.now());
    notes.end(Date.now());
    signal.throwIfAborted();
    const bytes = Buffer.from(result.stdout);
    const stderr = Buffer.from(result.stderr).toString();
    const text = bytes.toString();
    onText(text);
    onText(stderr);
    const exit = result.exitCode ?? result.signal ?? result.shortMessage ?? "unknown";
    return { exit, bytes, text, stderr, durationMs: result.durationMs };
  };
  const ended = wait();
  // Whoever waits for it is told; nobody may be waiting yet.
  ended.catch(() => undefined);
  return {
    lines,
    notes,
    get receivedBytes() {
      return receivedBytes;
    },
    ended,
  };
}
