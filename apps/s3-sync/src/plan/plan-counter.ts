// SPDX-License-Identifier: Apache-2.0
import type { RcloneLine } from "../rclone/log-line.ts";
import type { PassLog } from "../rclone/pass-log.ts";
import type { Plan } from "./plan.ts";
import type { PrefixTable } from "./prefix-table.ts";

/** Debug lines that tell: this object stands on both sides and differs. Both versions write them before the copy. */
export const differs = /^(?:Sizes differ|Modification times differ|[\w-]+ differ\b)/;

export interface PlanCounterOptions {
  readonly onSurplus: (name: string) => void;
  /** Given in a dry run, whose log is at level DEBUG and tells new objects from replaced ones. */
  readonly table?: PrefixTable;
  /** Objects that an earlier part of the plan has counted, by name: not counted again. */
  readonly counted?: ReadonlySet<string>;
}

/** Reads a plan out of the log of a dry run of rclone's. */
export class PlanCounter {
  #copies = 0;
  #replacements = 0;
  #copyBytes = 0;
  #surplus = 0;
  /** Objects known to differ, until rclone says what it would do; as many as are compared at once. */
  readonly #differing = new Set<string>();
  readonly #options: PlanCounterOptions;

  constructor(options: PlanCounterOptions) {
    this.#options = options;
  }

  readonly take = (line: RcloneLine): void => {
    const { object } = line;
    if (object === undefined) return;
    if (line.skipped === "copy") this.#takeCopy(object, line.size ?? 0);
    else if (line.skipped === "delete") this.#takeSurplus(object, line.size ?? 0);
    else if (line.level === "debug") this.#takeDebug(line.message, object);
  };

  #takeCopy(name: string, bytes: number): void {
    const isReplacement = this.#differing.delete(name);
    if (this.#options.counted?.has(name) === true) return;
    this.#copies += 1;
    this.#copyBytes += bytes;
    if (isReplacement) this.#replacements += 1;
    this.#options.table?.add(isReplacement ? "replaced" : "copied", name, bytes);
  }

  #takeSurplus(name: string, bytes: number): void {
    this.#surplus += 1;
    this.#options.table?.add("deleted", name, bytes);
    this.#options.onSurplus(name);
  }

  #takeDebug(message: string, name: string): void {
    if (differs.test(message)) this.#differing.add(name);
    else if (message === "Unchanged skipping") this.#differing.delete(name);
  }

  /**
   * The plan, once the pass has ended clean.
   *
   * rclone counts a check for each pair and each deletion. It sums over its attempts, so that this holds for a pass
   * of one attempt alone.
   */
  toPlan(log: PassLog): Plan {
    return {
      copies: this.#copies,
      replacements: this.#options.table === undefined ? undefined : this.#replacements,
      copyBytes: this.#copyBytes,
      surplus: this.#surplus,
      common: Math.max(0, log.stats.checks - this.#surplus),
    };
  }
}
