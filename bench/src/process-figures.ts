// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";

/** Clock ticks a second in /proc, the same on every Linux that Node runs on. */
const ticksPerSecond = 100;

/** User and system time of a running process without its children, in seconds; the kernel counts in steps of 10 ms. */
export function cpuSecondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The name in parentheses may hold anything: fields count from its end.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/** Resident memory of a running process at this moment, in bytes. */
export function residentBytesOf(pid: number): number {
  return statusBytes(pid, "VmRSS");
}

/** Highest resident memory of a running process so far, in bytes. */
export function peakBytesOf(pid: number): number {
  return statusBytes(pid, "VmHWM");
}

function statusBytes(pid: number, field: string): number {
  const line = readFileSync(`/proc/${pid}/status`, "utf8").match(new RegExp(`^${field}:\\s+(\\d+) kB$`, "m"));
  return Number(line?.[1] ?? Number.NaN) * 1024;
}
