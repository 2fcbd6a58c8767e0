// SPDX-License-Identifier: Apache-2.0
import type { Logger } from "@repo/logging";
import type { RcloneLine } from "../rclone/log-line.ts";

/** Error lines of one pass that are written; the summary has the sum. */
const MAX_ERROR_LINES = 200;

export interface LineRelay {
  relay(pass: string, line: RcloneLine): void;
  endPass(pass: string): void;
}

/**
 * Writes rclone's lines as ours: errors and notices, a bounded number of them a pass, and everything when the
 * level is debug. Lines about single objects are dropped otherwise: there may be millions.
 */
export function createLineRelay(logger: Logger): LineRelay {
  let written = 0;
  let suppressed = 0;

  function write(pass: string, line: RcloneLine): void {
    const fields = { event: "rclone", pass, ...(line.object !== undefined && { object: line.object }) };
    if (line.level === "error" || line.level === "critical") logger.error(fields, line.message);
    else if (line.level === "notice") logger.warn(fields, line.message);
    else logger.debug(fields, line.message);
  }

  return {
    relay(pass, line) {
      if (line.stats !== undefined || line.skipped !== undefined) return;
      const isQuiet = line.level === "debug" || line.level === "info";
      if (isQuiet) {
        if (logger.isLevelEnabled("debug")) write(pass, line);
        return;
      }
      if (written < MAX_ERROR_LINES) write(pass, line);
      else suppressed += 1;
      written += 1;
    },
    endPass(pass) {
      if (suppressed > 0) {
        logger.warn(
          { event: "rclone", pass, suppressed },
          "further lines of rclone's were left out; the summary counts them",
        );
      }
      written = 0;
      suppressed = 0;
    },
  };
}
