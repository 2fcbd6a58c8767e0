// SPDX-License-Identifier: Apache-2.0
import { closeSync, futimesSync, openSync } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";

const FILE_NAME = "heartbeat";
/** Touching the file for each of a thousand lines a second would say no more. */
const MIN_INTERVAL_MS = 1000;

export interface Heartbeat extends Disposable {
  beat(): void;
}

/** Creates a file in the run's directory whose time is the last sign of life. */
export function createHeartbeat(directory: string): Heartbeat {
  const descriptor = openSync(join(directory, FILE_NAME), "wx", 0o600);
  let lastMs = Date.now();
  let isOpen = true;
  return {
    beat() {
      const nowMs = Date.now();
      if (!isOpen || nowMs - lastMs < MIN_INTERVAL_MS) return;
      lastMs = nowMs;
      futimesSync(descriptor, nowMs / 1000, nowMs / 1000);
    },
    [Symbol.dispose]() {
      if (!isOpen) return;
      isOpen = false;
      closeSync(descriptor);
    },
  };
}

/** Milliseconds since the last sign of life of any run under `base`; `undefined` when none is under way. */
export async function readHeartbeatAge(base: string): Promise<number | undefined> {
  const names = await readdir(base).catch(() => []);
  const ages: number[] = [];
  for (const name of names.filter((name) => name.startsWith("run-"))) {
    const status = await lstat(join(base, name, FILE_NAME)).catch(() => undefined);
    if (status !== undefined) ages.push(Date.now() - status.mtimeMs);
  }
  return ages.length === 0 ? undefined : Math.min(...ages);
}
