// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from "node:timers/promises";
import { ClientError } from "../../client/client-error.ts";
import type { CliContext } from "../context.ts";
import { harmless } from "../text/harmless.ts";
import { clockTime } from "../text/times.ts";
import { fitScreen } from "./fit-screen.ts";

export interface SnapshotOptions {
  /** Text of one look, with its line ends. */
  readonly snapshot: (signal: AbortSignal) => Promise<string>;
  readonly title: string;
  /** Snapshots are JSON: nothing else goes to standard output. */
  readonly json: boolean;
  readonly everyMs: number;
}

/**
 * Shows a look again and again until it is interrupted: in place on a terminal, one below the other when piped.
 * Failures that may pass are said and tried again.
 */
export async function watchSnapshots(options: SnapshotOptions, context: CliContext): Promise<void> {
  const signal = context.interrupted();
  const show = await createScreen(options, context);
  let isFirst = true;
  while (!signal.aborted) {
    try {
      await show(await options.snapshot(signal));
    } catch (error) {
      if (signal.aborted) break;
      if (isFirst || !(error instanceof ClientError) || !error.isTransient) throw error;
      await context.stderr.write(`airunner-cli: cannot update: ${harmless(error.message)}; trying again\n`);
    }
    isFirst = false;
    await sleep(options.everyMs, undefined, { signal }).catch(() => undefined);
  }
}

async function createScreen(
  { title, json }: SnapshotOptions,
  { stdout }: CliContext,
): Promise<(text: string) => Promise<void>> {
  if (json) return (text) => stdout.write(text);
  if (!stdout.isTty) return (text) => stdout.write(`${title} (${clockTime(Date.now())} UTC)\n\n${text}\n`);
  const { terminal } = stdout;
  if (terminal === undefined) return (text) => stdout.write(text);
  const { createLogUpdate } = await import("log-update");
  const update = createLogUpdate(terminal, { showCursor: true });
  return async (text) => {
    const heading = `${title} (updated at ${clockTime(Date.now())} UTC, Ctrl+C stops)`;
    update(fitScreen(`${heading}\n\n${text}`, terminal));
  };
}
