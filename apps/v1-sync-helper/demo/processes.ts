// SPDX-License-Identifier: MIT
import { readdirSync, readFileSync } from "node:fs";

/** Processes whose environment or command line names `folder`, other than this one. */
export function processesOf(folder: string): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
    .map(Number)
    .filter((pid) => ["environ", "cmdline"].some((file) => readText(pid, file).includes(folder)));
}

/** "" for a process that is gone, or another user's. */
function readText(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}
