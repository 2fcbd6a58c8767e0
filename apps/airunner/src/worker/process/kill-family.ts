// SPDX-License-Identifier: Apache-2.0
import { setTimeout as delay } from "node:timers/promises";
import { isOfFamily, type ProcessFamily, readProcessTable, type TableEntry } from "./process-table.ts";

const firstPauseMs = 2;
const longestPauseMs = 100;

/** What is alive of the family. */
async function findFamily(family: ProcessFamily): Promise<readonly TableEntry[]> {
  return familyOf(await readProcessTable(), family);
}

function familyOf(table: readonly TableEntry[], family: ProcessFamily): readonly TableEntry[] {
  return table.filter((entry) => entry.pid !== process.pid && isOfFamily(entry, family));
}

/**
 * Sends a signal to all that is alive of the family; to whole groups where it can, so that one that forks meanwhile
 * cannot run away from it.
 *
 * @returns how many processes were found
 */
export async function signalFamily(
  family: ProcessFamily,
  signal: NodeJS.Signals,
  isMeant: (entry: TableEntry) => boolean = () => true,
): Promise<number> {
  const table = await readProcessTable();
  const found = familyOf(table, family).filter(isMeant);
  // A process that has not opened its session yet is in the group of its parent: of the worker.
  const shared = new Set(table.filter((entry) => !isOfFamily(entry, family)).map((entry) => entry.group));
  const targets = new Set(found.map(({ pid, group }) => (shared.has(group) ? pid : -group)));
  for (const target of targets) sendQuietly(target, signal);
  return found.length;
}

/**
 * Sends a signal at once to the group of the family's leader.
 *
 * @returns whether there was a group: setsid(1) opens that of a terminal's process a moment after its start
 */
export function signalGroup(leader: number, signal: NodeJS.Signals): boolean {
  return sendQuietly(-leader, signal);
}

/**
 * Kills all that is alive of the family, and looks again until nothing is left.
 *
 * @returns whether nothing is left; `false` once `limitMs` is over, as with a process that hangs in the kernel
 */
export async function killFamily(family: ProcessFamily, limitMs: number): Promise<boolean> {
  const end = performance.now() + limitMs;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
    if ((await signalFamily(family, "SIGKILL")) === 0) return true;
    if (performance.now() > end) return false;
    await delay(pauseMs);
  }
}

/** Waits until nothing of the family is alive, or until `isOver`. */
export async function waitForFamily(family: ProcessFamily, isOver: () => boolean): Promise<void> {
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
    if ((await findFamily(family)).length === 0 || isOver()) return;
    await delay(pauseMs);
  }
}

/** @returns `false` where nobody is left */
function sendQuietly(target: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(target, signal);
    return true;
  } catch {
    return false;
  }
}
