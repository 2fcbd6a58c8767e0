// SPDX-License-Identifier: Apache-2.0
import { JobError } from "../outcome/job-error.ts";
import type { SurplusList } from "../plan/surplus-list.ts";
import { firstComparison } from "./copy-step.ts";
import type { JobContext } from "./job-context.ts";
import { type PassReport, requireClean, runPass } from "./pass.ts";

function objects(count: number): string {
  return count === 1 ? "1 object" : `${count} objects`;
}

/** Objects that the plan called surplus and the source has after all: rclone compared or copied them. */
function foundAtSource({ log }: PassReport): number {
  const compared = Math.floor(Math.max(0, log.stats.checks - log.stats.deletes) / log.attempts);
  return compared + log.stats.transfers;
}

function checkOutcome(context: JobContext, surplus: SurplusList, report: PassReport | undefined): void {
  const found = report === undefined ? 0 : Math.min(foundAtSource(report), surplus.addressable);
  const left = surplus.addressable - (report?.log.deleted ?? 0) - found;
  if (surplus.unaddressable > 0) {
    context.record.warn(
      `${objects(surplus.unaddressable)} were not deleted because rclone cannot be told their names exactly, such as ${JSON.stringify(surplus.unaddressableSample)}; delete them by another tool`,
    );
  }
  if (left > 0)
    context.record.warn(`${objects(left)} of the plan were not found where they should be deleted`);
  if (found > 0) {
    context.record.warn(
      `${objects(found)} planned for deletion exist at the source, whose listing had left them out; they were kept`,
    );
    throw new JobError(
      "temporary",
      `The source's listing was incomplete: ${objects(found)} that it left out exist there; nothing that exists was deleted, run again.`,
    );
  }
  const kept = surplus.unaddressable + Math.max(0, left);
  if (kept > 0) {
    throw new JobError(
      "failed_objects",
      `${objects(kept)} that should be deleted are left at the destination; the warnings say why.`,
    );
  }
}

/**
 * Deletes the objects of the plan, and no other, after asking both sides for each of them once more.
 *
 * With `--files-from-raw` and `--no-traverse` rclone does not list: it looks each name up by a HEAD on both sides.
 * A source that answers with anything but "not found" keeps the object; an error at any one name keeps all.
 *
 * @throws {JobError} when not all of the plan was carried out
 * @see docs/adr/0002-deletion-is-its-own-confined-pass.md
 */
export async function runDeleteStep(context: JobContext, surplus: SurplusList): Promise<void> {
  if (surplus.count === 0) return;
  if (surplus.addressable === 0) {
    checkOutcome(context, surplus, undefined);
    return;
  }
  const report = await runPass(context, "delete", {
    command: "sync",
    compare: firstComparison(context.settings.compare),
    filesFrom: surplus.path,
    maxDelete: surplus.addressable,
    leastLogLevel: "info",
  });
  requireClean(report);
  checkOutcome(context, surplus, report);
}
