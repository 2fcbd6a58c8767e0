// SPDX-License-Identifier: Apache-2.0
import { writeSync } from "node:fs";
import type { LogDestination } from "./create-logger.ts";

/** How long to wait for a slow reader before trying again. */
const busyWaitMs = 2;

const waitCell = new Int32Array(new SharedArrayBuffer(4));

/**
 * Writes to a file descriptor (standard output by default) and returns when the kernel has the bytes, so nothing
 * is lost however the process ends.
 *
 * A full pipe is waited for (`EAGAIN`). When the reader has gone (`EPIPE`) lines are dropped in silence: there is
 * nobody to tell, and a job must not fail because its log was cut off with `| head`. Any other failure (a full
 * disk) is told once on standard error, and writing goes on with the next line.
 *
 * Pino's own destination sleeps 100 ms at each full pipe, which at 64 KiB a pipe makes 0.6 MB/s; hence this one.
 */
export function openSyncDestination(descriptor = 1): LogDestination {
  let readerGone = false;
  let hasComplained = false;
  return {
    write(line) {
      if (readerGone) return;
      try {
        writeFully(descriptor, line);
      } catch (error) {
        readerGone = errorCode(error) === "EPIPE";
        if (readerGone || hasComplained) return;
        hasComplained = true;
        complain(error);
      }
    },
  };
}

function writeFully(descriptor: number, line: string): void {
  let rest = Buffer.from(line, "utf8");
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(descriptor, rest));
    } catch (error) {
      const code = errorCode(error);
      if (code !== "EAGAIN" && code !== "EINTR") throw error;
      Atomics.wait(waitCell, 0, 0, busyWaitMs);
    }
  }
}

function complain(error: unknown): void {
  try {
    writeSync(2, `Log lines cannot be written: ${Error.isError(error) ? error.message : "unknown fault"}\n`);
  } catch {
    // Standard error is gone too: there is no place left to say it.
  }
}

function errorCode(error: unknown): unknown {
  return Error.isError(error) && "code" in error ? error.code : undefined;
}
