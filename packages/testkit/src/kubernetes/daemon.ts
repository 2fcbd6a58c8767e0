// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";

export interface DaemonOptions {
  readonly program: string;
  readonly args: readonly string[];
  /** Both output streams go here. */
  readonly logFile: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A long-running child process of this one. Disposing sends SIGTERM and waits; after five seconds SIGKILL. */
export interface Daemon extends AsyncDisposable {
  readonly name: string;
  readonly logFile: string;
  /** A sentence about how it ended, or `undefined` while it runs. */
  ending(): string | undefined;
}

/** Starts a program whose output goes to a file. */
export function startDaemon(options: DaemonOptions): Daemon {
  const name = basename(options.program);
  const child = execa(options.program, options.args, {
    stdin: "ignore",
    stdout: { file: options.logFile, append: true },
    stderr: { file: options.logFile, append: true },
    buffer: false,
    reject: false,
    extendEnv: false,
    env: { PATH: process.env["PATH"] ?? "", ...options.env },
    forceKillAfterDelay: 5_000,
  });
  let ending: string | undefined;
  const ended = (async () => {
    const { exitCode, signal, originalMessage } = await child;
    ending = signal ? `ended by ${signal}` : `ended with exit code ${exitCode ?? originalMessage}`;
  })();
  return {
    name,
    logFile: options.logFile,
    ending: () => ending,
    async [Symbol.asyncDispose]() {
      if (ending === undefined) child.kill("SIGTERM");
      await ended;
    },
  };
}

/**
 * Waits until `isReady` answers true, asking every 50 ms; an exception in it counts as "not yet".
 *
 * @throws when the daemon ends first or `deadlineMs` passes; the message closes with the last lines of its log
 */
export async function untilReady(
  daemon: Daemon,
  isReady: () => Promise<boolean>,
  deadlineMs: number,
): Promise<void> {
  const deadline = Date.now() + deadlineMs;
  let lastFault = "";
  for (;;) {
    const ending = daemon.ending();
    if (ending !== undefined) throw new Error(`${daemon.name} ${ending} before it was ready:\n${logTail(daemon)}`);
    try {
      if (await isReady()) return;
    } catch (error) {
      lastFault = error instanceof Error ? ` (${error.message})` : "";
    }
    if (Date.now() >= deadline) {
      throw new Error(`${daemon.name} was not ready after ${deadlineMs} ms${lastFault}:\n${logTail(daemon)}`);
    }
    await sleep(50);
  }
}

/** A server that is not handed over must not stay behind. */
export async function disposedOnFailure(daemon: Daemon, step: () => Promise<void>): Promise<void> {
  try {
    await step();
  } catch (error) {
    await daemon[Symbol.asyncDispose]();
    throw error;
  }
}

function logTail(daemon: Daemon): string {
  return readFileSync(daemon.logFile, "utf8").split("\n").slice(-15).join("\n");
}
