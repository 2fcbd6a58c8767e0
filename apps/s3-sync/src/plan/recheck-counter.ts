// SPDX-License-Identifier: Apache-2.0
import type { RcloneLine } from "../rclone/log-line.ts";
import type { PassLog } from "../rclone/pass-log.ts";
import { differs } from "./plan-counter.ts";

/** Counts, in the log of a delete pass at level DEBUG, what the source has after all. */
export class RecheckCounter {
  readonly #differing = new Set<string>();
  #created = 0;

  readonly take = ({ object, message }: RcloneLine): void => {
    if (object === undefined) return;
    if (differs.test(message)) this.#differing.add(object);
    else if (message.startsWith("Copied (") && !this.#differing.has(object)) this.#created += 1;
  };

  /**
   * Objects of the list that exist at the source: those on both sides, and those that somebody removed from the
   * destination since. rclone counts a check for each pair and each deletion, and a transfer for each copy.
   */
  foundAtSource({ stats }: PassLog): number {
    return Math.max(0, stats.checks - stats.deletes) + this.#created;
  }
}
