// SPDX-License-Identifier: Apache-2.0
import { isatty } from "node:tty";
import { type CliContext, Interrupted } from "./context.ts";
import { FileOutput } from "./file-output.ts";

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Milliseconds that anything may take which is left once a command has ended. */
const lastResortMs = 1_000;

/** The context of a real process, and how to end that with an exit code. */
export function processContext(): { readonly context: CliContext; readonly end: (exitCode: number) => void } {
  const controller = new AbortController();
  let isWatching = false;
  const context: CliContext = {
    env: process.env,
    stdout: new FileOutput(1),
    stderr: new FileOutput(2),
    isInteractive: isatty(0),
    interrupted() {
      if (!isWatching) watchSignals(controller);
      isWatching = true;
      return controller.signal;
    },
    exitWith: () => undefined,
  };
  return { context, end: (exitCode) => end(exitCode, controller.signal) };
}

/** Milliseconds in which a signal counts once: terminals and package managers both pass on Ctrl-C. */
const sameSignalMs = 250;

/** The first signal asks the command to end, a second one ends it whatever it is doing. */
function watchSignals(controller: AbortController): void {
  let firstAt = 0;
  for (const name of signals) {
    process.on(name, () => {
      if (!controller.signal.aborted) {
        firstAt = performance.now();
        controller.abort(new Interrupted(name));
      } else if (performance.now() - firstAt > sameSignalMs) endBySignal(name);
    });
  }
}

/**
 * As the system would: `process.exit` would wait for a write to a reader that stands still, for ever.
 */
function endBySignal(name: NodeJS.Signals): void {
  process.removeAllListeners(name);
  process.kill(process.pid, name);
}

function end(exitCode: number, interrupted: AbortSignal): void {
  process.exitCode = exitCode;
  const { reason }: { readonly reason: unknown } = interrupted;
  // Sockets that the far end does not close, a write that nobody takes.
  setTimeout(() => {
    for (const name of signals) process.removeAllListeners(name);
    if (reason instanceof Interrupted) endBySignal(reason.signal);
    else process.exit();
  }, lastResortMs).unref();
}
