// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";

/** Milliseconds between two looks; memory that is taken and the process ended within that time goes unseen. */
const sampleMs = 50;

/** The highest resident memory of a process, kept up to date while it runs. */
export interface PeakMemory extends Disposable {
  /** Bytes; 0 until the process has been seen. */
  readonly bytes: number;
}

/**
 * Follows `VmHWM` of /proc/<pid>/status. The kernel keeps the peak itself, so samples lose only what happens
 * after the last of them; it is gone when the process has ended, so it cannot be read then.
 */
export function watchPeakMemory(pid: number): PeakMemory {
  let bytes = 0;
  const look = (): void => {
    bytes = Math.max(bytes, residentPeak(pid) ?? 0);
  };
  look();
  const timer = setInterval(look, sampleMs).unref();
  return {
    get bytes() {
      look();
      return bytes;
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
}

function residentPeak(pid: number): number | undefined {
  try {
    const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    return undefined;
  }
}
