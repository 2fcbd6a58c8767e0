// SPDX-License-Identifier: Apache-2.0
import { existsSync } from "node:fs";

/**
 * Sends a signal to a process group; nothing happens when it is gone.
 *
 * `leaderIsGone`: the leader has ended and been waited for. Its number is not given to another process while the
 * group has members; if a process has that number all the same, the group is empty and the process a stranger.
 */
export function signalGroup(pid: number, signal: NodeJS.Signals, leaderIsGone: boolean): void {
  if (leaderIsGone && existsSync(`/proc/${pid}`)) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    const isGone = error instanceof Error && "code" in error && error.code === "ESRCH";
    if (!isGone) throw error;
  }
}

const living = new Set<number>();
let isHooked = false;

/** Kills a group when this process exits without having disposed it; the returned function forgets it. */
export function killGroupAtExit(pid: number): () => void {
  if (!isHooked) {
    process.once("exit", () => {
      for (const leader of living) signalGroup(leader, "SIGKILL", false);
    });
    isHooked = true;
  }
  living.add(pid);
  return () => void living.delete(pid);
}
