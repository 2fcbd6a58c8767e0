// SPDX-License-Identifier: Apache-2.0
import { JobError } from "../outcome/job-error.ts";
import { objectsThat } from "../outcome/words.ts";
import { RecheckCounter } from "../plan/recheck-counter.ts";
import type { SurplusList } from "../plan/surplus-list.ts";
import { runAttempts } from "./attempts.ts";
import { firstComparison } from "./copy-step.ts";
import type { JobContext } from "./job-context.ts";
import { requireClean, runPass } from "./pass.ts";
import { countSurplus } from "./plan-step.ts";

interface Deletions {
  readonly deleted: number;
  /** Objects that the plan called surplus and the source has after all. */
  readonly found: number;
}

function refuseFound({ record }: JobContext, found: number): void {
  if (found === 0) return;
  record.warn(
    `${objectsThat(found, "exists", "exist")} at the source by now and ${found === 1 ? "was" : "were"} kept, though planned for deletion`,
  );
  throw new JobError(
    "temporary",
    `${objectsThat(found, "exists", "exist")} at the source by now that its listing did not show: it was incomplete, or they came since; nothing that exists was deleted, run again.`,
  );
}

/** What is neither here nor there was removed by somebody else, which is no failure once a new listing shows it. */
async function checkGone(context: JobContext, surplus: SurplusList, { deleted }: Deletions): Promise<void> {
  const gone = surplus.addressable - deleted;
  if (gone <= 0) return;
  context.record.warn(
    `${objectsThat(gone, "was", "were")} gone from the destination before the deletion came to ${gone === 1 ? "it" : "them"}; something else deletes there too`,
  );
  const left = (await countSurplus(context)) - surplus.unaddressable;
  if (left <= 0) return;
  throw new JobError(
    "failed_objects",
    `${objectsThat(left, "is", "are")} at the destination and not at the source after all of the plan was deleted; run again.`,
  );
}

function warnUnaddressable(
  { record }: JobContext,
  { unaddressable, unaddressableSample }: SurplusList,
): void {
  if (unaddressable === 0) return;
  const sample = JSON.stringify(unaddressableSample);
  record.warn(
    `${objectsThat(unaddressable, "was", "were")} not deleted because rclone cannot be told such a name exactly as ${sample}; delete what is named so by another tool`,
  );
}

function refuseUnaddressable({ unaddressable }: SurplusList): void {
  if (unaddressable === 0) return;
  throw new JobError(
    "failed_objects",
    `${objectsThat(unaddressable, "is", "are")} left at the destination that should be deleted; the warnings say why.`,
  );
}

/** @throws {JobError} when the last attempt did not end clean */
async function deleteListed(context: JobContext, surplus: SurplusList): Promise<Deletions> {
  let deleted = 0;
  const { report, found } = await runAttempts(context, async (attempt) => {
    const counter = new RecheckCounter();
    const report = await runPass(
      context,
      "delete",
      {
        command: "sync",
        compare: firstComparison(context.settings.compare),
        filesFrom: surplus.path,
        maxDelete: surplus.addressable - deleted,
        isSingleAttempt: true,
        leastLogLevel: "debug",
      },
      { onLine: counter.take, attempt },
    );
    deleted += report.log.deleted;
    return { report, found: counter.foundAtSource(report.log) };
  });
  requireClean(report);
  return { deleted, found };
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
  warnUnaddressable(context, surplus);
  if (surplus.addressable > 0) {
    const deletions = await deleteListed(context, surplus);
    refuseFound(context, deletions.found);
    await checkGone(context, surplus, deletions);
  }
  refuseUnaddressable(surplus);
}
