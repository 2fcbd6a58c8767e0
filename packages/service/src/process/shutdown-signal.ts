// SPDX-License-Identifier: Apache-2.0
import { constants } from "node:os";

export type ShutdownSignalName = "SIGTERM" | "SIGINT" | "SIGHUP";

export const shutdownSignalNames: readonly ShutdownSignalName[] = ["SIGTERM", "SIGINT", "SIGHUP"];

/** Why the signal of a {@link ServiceContext} was aborted: somebody asked the process to stop. */
export class ShutdownSignal extends Error {
  override readonly name: string = "ShutdownSignal";
  readonly signal: ShutdownSignalName;
  /** What a shell reports for a process that died of this signal: 143, 130 or 129. PID 1 must say so itself. */
  readonly exitCode: number;

  constructor(signal: ShutdownSignalName) {
    super(`Stopped by ${signal}.`);
    this.signal = signal;
    this.exitCode = 128 + constants.signals[signal];
  }
}

const maxCauses = 8;

/** Whether an error, or one of its causes, is a {@link ShutdownSignal}: aborted waits wrap the reason. */
export function isShutdown(error: unknown): boolean {
  return findShutdown(error) !== undefined;
}

export function findShutdown(error: unknown): ShutdownSignal | undefined {
  let current = error;
  for (let depth = 0; depth < maxCauses && Error.isError(current); depth += 1) {
    if (current instanceof ShutdownSignal) return current;
    current = current.cause;
  }
  return undefined;
}
