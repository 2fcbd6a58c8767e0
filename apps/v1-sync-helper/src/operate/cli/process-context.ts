// SPDX-License-Identifier: MIT
import { constants } from "node:os";
import { isatty } from "node:tty";
import { BrokenPipeError, type CliContext, Interrupted, type Output } from "./context.ts";

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
/** The same signal again within this time is one wish: terminals and package managers both pass on Ctrl-C. */
const echoMs = 250;
/** For handles that a finished command left open. */
const lingerMs = 3000;

/** The context of a real process. */
export function processContext(): CliContext {
  let watched: AbortSignal | undefined;
  return {
    env: process.env,
    stdout: streamOutput(process.stdout, isatty(1)),
    stderr: streamOutput(process.stderr, isatty(2)),
    interrupted: () => (watched ??= watchSignals()),
  };
}

function watchSignals(): AbortSignal {
  const controller = new AbortController();
  let firstAt = 0;
  for (const name of signals) {
    process.on(name, () => {
      const exitCode = 128 + constants.signals[name];
      if (!controller.signal.aborted) {
        firstAt = performance.now();
        controller.abort(new Interrupted(exitCode));
      } else if (performance.now() - firstAt > echoMs) process.exit(exitCode);
    });
  }
  return controller.signal;
}

/** Sets the exit code and lets the loop run empty. */
export function endProcess(exitCode: number): void {
  process.exitCode = exitCode;
  setTimeout(() => process.exit(), lingerMs).unref();
}

function streamOutput(stream: NodeJS.WriteStream, isTty: boolean): Output {
  // Told by the callback of each write too; without a listener it would end the process.
  stream.on("error", () => undefined);
  return {
    isTty,
    terminal: isTty ? stream : undefined,
    write: (text) => {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      stream.write(text, (error) => {
        if (error === null || error === undefined) resolve();
        else reject(isPipe(error) ? new BrokenPipeError("nobody reads", { cause: error }) : error);
      });
      return promise;
    },
  };
}

function isPipe(error: Error): boolean {
  return "code" in error && error.code === "EPIPE";
}
