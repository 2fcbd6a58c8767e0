// SPDX-License-Identifier: Apache-2.0
import type { Logger } from "@repo/logging";
import type { RcloneLine } from "../rclone/log-line.ts";

/** Error lines of one pass that are written; the summary has the sum. */
const MAX_ERROR_LINES = 200;
/** Characters of a message or name that are written; log collectors drop or tear longer lines. */
const MAX_TEXT = 4096;

function shorten(text: string): string {
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT)}… (${text.length} characters)`;
}

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
    const fields = {
      event: "rclone",
      pass,
      ...(line.object !== undefined && { object: shorten(line.object) }),
    };
    const message = shorten(line.message);
    if (line.level === "error" || line.level === "critical") logger.error(fields, message);
    else if (line.level === "notice") logger.warn(fields, message);
    else logger.debug(fields, message);
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
