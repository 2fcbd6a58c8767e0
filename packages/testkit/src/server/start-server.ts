// SPDX-License-Identifier: Apache-2.0
import type { Launch } from "@repo/testbed";
import { type Executable, runExecutable } from "../process/index.ts";

export interface ServerOptions<T> {
  /** For messages. */
  readonly name: string;
  readonly launch: Launch;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly user?: { readonly uid: number; readonly gid: number };
  /** Settles when the server takes requests; tries again and again until then, or until `signal` aborts. */
  readonly ready: (server: Executable, signal: AbortSignal) => Promise<T>;
  /** Milliseconds it may take; default 60 000, which a busy machine needs for the slowest. */
  readonly deadlineMs?: number;
}

/** A server that runs and took its first request. */
export interface StartedServer<T> extends AsyncDisposable {
  readonly executable: Executable;
  readonly ready: T;
  /** What it wrote last, for messages. */
  readonly log: () => string;
}

/** A server that did not come up, with what it wrote last. */
export class ServerStartError extends Error {
  override readonly name: string = "ServerStartError";
  readonly log: string;

  constructor(message: string, log: string, options?: ErrorOptions) {
    super(`${message}; it wrote last:\n${log}`, options);
    this.log = log;
  }
}

/** Lines of a server's log that are kept. */
const keepLines = 500;

/**
 * Starts a server process and waits until it takes requests. It gets a small environment, is killed when this
 * process dies, and is killed on disposal.
 *
 * @throws {ServerStartError} when it ends or is not ready by the deadline
 */
export async function startServer<T>(options: ServerOptions<T>): Promise<StartedServer<T>> {
  const { launch, name, deadlineMs = 60_000 } = options;
  const executable = await runExecutable({
    file: launch.command,
    args: [...launch.args, ...options.args],
    cwd: options.cwd,
    env: { PATH: process.env["PATH"], HOME: options.cwd, LANG: "C.UTF-8", ...launch.env, ...options.env },
    keepLines,
    diesWithParent: true,
    ...(options.user === undefined ? {} : { user: options.user }),
  });
  const log = (): string => [...executable.stdout.lines, ...executable.stderr.lines].slice(-30).join("\n");
  const ended = new AbortController();
  const timer = setTimeout(() => ended.abort(new Error(`was not ready within ${deadlineMs} ms`)), deadlineMs);
  void executable.exited.then(({ code, signal }) =>
    ended.abort(new Error(`ended with ${signal ?? `exit code ${code}`}`)),
  );
  try {
    const ready = await untilAborted(options.ready(executable, ended.signal), ended.signal);
    return { executable, ready, log, [Symbol.asyncDispose]: () => executable[Symbol.asyncDispose]() };
  } catch (error) {
    // Read before the disposal, which ends the server too.
    const cause: unknown = ended.signal.aborted ? ended.signal.reason : error;
    await executable[Symbol.asyncDispose]();
    throw new ServerStartError(`${name} ${cause instanceof Error ? cause.message : String(cause)}`, log(), {
      cause,
    });
  } finally {
    clearTimeout(timer);
  }
}

/** The promise, or the abort if that comes first, so that a hanging readiness check cannot hang the test. */
async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
