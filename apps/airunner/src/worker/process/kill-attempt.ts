// SPDX-License-Identifier: Apache-2.0
import { setTimeout as delay } from "node:timers/promises";
import { readProcessTable } from "./process-table.ts";

const pauseMs = 20;

/** What the markers of all processes of an attempt begin with, whichever worker runs it. */
export function markerPrefix(jobId: string, attempt: number): string {
  return `${jobId.replaceAll(/[^A-Za-z0-9-]/g, "_")}.${attempt}.`;
}

/**
 * Kills what a dead worker's attempt has left on this machine: its guard does that too, and may not have come to it.
 *
 * @returns whether nothing is left; `false` once `limitMs` is over
 */
export async function killAttempt(jobId: string, attempt: number, limitMs: number): Promise<boolean> {
  const prefix = markerPrefix(jobId, attempt);
  for (const end = performance.now() + limitMs; ; ) {
    const left = (await readProcessTable()).filter(({ marker }) => marker.startsWith(prefix));
    if (left.length === 0) return true;
    if (performance.now() > end) return false;
    for (const { pid } of left) killQuietly(pid);
    await delay(pauseMs);
  }
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}
