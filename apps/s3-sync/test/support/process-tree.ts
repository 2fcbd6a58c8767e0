// SPDX-License-Identifier: Apache-2.0
import { readdir, readFile } from "node:fs/promises";
import type { Executable } from "@repo/testkit/process";

/** Kills a job and all it has started at one moment, as the death of its container does. */
export async function killContainer(job: Executable): Promise<void> {
  // Stopped, it starts no other process while its children, each with a group of its own, are looked up.
  job.kill("SIGSTOP");
  const children = await childrenOf(job.pid);
  job.killGroup("SIGKILL");
  for (const pid of children) {
    sendQuietly(-pid, "SIGKILL");
    sendQuietly(pid, "SIGKILL");
  }
}

/** The direct children of a process, from the kernel's process table. */
export async function childrenOf(parent: number): Promise<readonly number[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const parents = await Promise.all(pids.map(async (pid) => [pid, await parentOf(pid)] as const));
  return parents.filter(([, candidate]) => candidate === parent).map(([pid]) => pid);
}

async function parentOf(pid: number): Promise<number | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    // The name in parentheses may hold anything, blanks and parentheses too: fields count from its end.
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return undefined;
  }
}

/** Does nothing when the process (or, with a negative id, the group) has ended. */
export function sendQuietly(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended by itself in between.
  }
}
