// SPDX-License-Identifier: Apache-2.0
import { createLogger } from "@repo/logging";
import { SettingsError } from "../settings/settings-error.ts";
import { ServiceError } from "./service-error.ts";
import { findShutdown, ShutdownSignal, shutdownSignalNames } from "./shutdown-signal.ts";

export interface ServiceContext {
  /**
   * Aborted by the first SIGTERM, SIGINT or SIGHUP; its reason is then a {@link ShutdownSignal}. Also aborted by
   * an unhandled rejection or uncaught exception, with that error as its reason.
   */
  readonly signal: AbortSignal;
  /** Unwound in reverse once `start` has settled, also when it failed half way. */
  readonly stack: AsyncDisposableStack;
}

export interface RunServiceOptions {
  /** Of the program, for its own sentences and the default log line. */
  readonly name: string;
  /** Time for stopping, from the signal (or from the end of `start`) on; milliseconds, default 25,000. */
  readonly drainMs?: number;
  /**
   * Told of everything that ends the process irregularly, possibly several times; must not throw. Default: one JSON
   * line on standard output.
   */
  readonly onFatal?: (error: unknown) => void;
}

/** How long handles may stay open once everything is finished and disposed. */
const lingerMs = 2000;

/** The same signal again within this time is one wish: terminals and package managers both pass on Ctrl-C. */
const echoMs = 250;

const usageExitCode = 2;

/**
 * Runs a program from start to exit; call it once, last in the entry file.
 *
 * Exit code: the number that `start` gives (0 to 255), 0 when it gives none, also after a signal: that is a clean
 * drain. When `start` rejects: 128 + n if it was interrupted by signal n (it let the reason of `signal` out),
 * 2 for a {@link SettingsError}, else 1. Unhandled rejections and uncaught exceptions start the same orderly end
 * and make it 1. A second signal, and the drain deadline, end the process at once with 128 + n.
 *
 * Sets `process.exitCode` and lets the loop run empty; `process.exit` only where something stays open.
 */
export async function runService(
  options: RunServiceOptions,
  start: (context: ServiceContext) => Promise<number | void>,
): Promise<void> {
  await new ServiceRun(options).run(start);
}

class ServiceRun {
  readonly #name: string;
  readonly #drainMs: number;
  readonly #report: (error: unknown) => void;
  readonly #controller = new AbortController();
  #shutdown: { readonly reason: ShutdownSignal; readonly at: number } | undefined;
  #hasFailed = false;
  #isFinished = false;
  #deadline: NodeJS.Timeout | undefined;

  constructor({ name, drainMs = 25_000, onFatal }: RunServiceOptions) {
    if (!(drainMs >= 0)) throw new TypeError("drainMs must be a number of milliseconds.");
    this.#name = name;
    this.#drainMs = drainMs;
    this.#report = onFatal ?? ((error) => reportToStdout(name, error));
  }

  async run(start: (context: ServiceContext) => Promise<number | void>): Promise<void> {
    this.#listen();
    const stack = new AsyncDisposableStack();
    let exitCode = await this.#settle(() => start({ signal: this.#controller.signal, stack }));
    this.#startDeadline();
    const disposal = await this.#settle(() => stack.disposeAsync());
    if (exitCode === 0) exitCode = disposal;
    this.#finish(exitCode);
  }

  #listen(): void {
    for (const name of shutdownSignalNames) process.on(name, () => this.#onSignal(new ShutdownSignal(name)));
    process.on("uncaughtException", (error) => this.#onFatal(error));
    process.on("unhandledRejection", (reason) => this.#onFatal(reason));
    process.on("beforeExit", () => this.#onIdle());
  }

  async #settle(work: () => Promise<number | void>): Promise<number> {
    try {
      return toExitCode(await Promise.try(work));
    } catch (error) {
      const shutdown = findShutdown(error);
      if (shutdown !== undefined) return shutdown.exitCode;
      this.#report(error);
      return error instanceof SettingsError ? usageExitCode : 1;
    }
  }

  #onSignal(reason: ShutdownSignal): void {
    if (this.#shutdown === undefined) {
      this.#shutdown = { reason, at: performance.now() };
      this.#startDeadline();
      this.#controller.abort(reason);
      return;
    }
    const first = this.#shutdown;
    if (reason.signal === first.reason.signal && performance.now() - first.at < echoMs) return;
    this.#report(
      new ServiceError("forced", `${this.#name} was ended at once by a second signal, ${reason.signal}.`),
    );
    this.#exitNow();
  }

  #onFatal(error: unknown): void {
    this.#report(error);
    this.#hasFailed = true;
    if (this.#isFinished) process.exitCode = 1;
    this.#startDeadline();
    this.#controller.abort(error);
  }

  /** Node would end with 0 here, which reads as success. */
  #onIdle(): void {
    if (this.#isFinished) return;
    this.#isFinished = true;
    process.exitCode = 1;
    this.#report(
      new ServiceError("stalled", `${this.#name} has nothing left to wait for although it has not finished.`),
    );
  }

  #startDeadline(): void {
    this.#deadline ??= setTimeout(() => {
      const message = `${this.#name} did not stop within ${this.#drainMs} ms and was ended; still open: ${openHandles()}.`;
      this.#report(new ServiceError("drain_deadline", message));
      this.#exitNow();
    }, this.#drainMs).unref();
  }

  #exitNow(): void {
    const code = this.#hasFailed ? 1 : (this.#shutdown?.reason.exitCode ?? 1);
    process.exit(this.#isFinished ? process.exitCode : code);
  }

  #finish(exitCode: number): void {
    this.#isFinished = true;
    process.exitCode = this.#hasFailed ? 1 : exitCode;
    clearTimeout(this.#deadline);
    // Unref'd: fires only where a forgotten handle would keep a finished process alive.
    setTimeout(() => {
      const message = `${this.#name} has finished but left open: ${openHandles()}; it was ended.`;
      this.#report(new ServiceError("left_open", message));
      process.exit();
    }, lingerMs).unref();
  }
}

function toExitCode(value: number | void): number {
  if (value === undefined) return 0;
  if (Number.isInteger(value) && value >= 0 && value <= 255) return value;
  throw new TypeError("An exit code must be a whole number from 0 to 255.");
}

function openHandles(): string {
  const names = process.getActiveResourcesInfo();
  return names.length === 0 ? "a promise that never settles" : [...new Set(names)].join(", ");
}

function reportToStdout(name: string, error: unknown): void {
  createLogger({ name, version: "unknown" }).error({ err: error }, "the process ends irregularly");
}
