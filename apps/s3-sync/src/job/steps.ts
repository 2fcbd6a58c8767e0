// SPDX-License-Identifier: Apache-2.0
import { JobError } from "../outcome/job-error.ts";
import { countOf } from "../outcome/words.ts";
import { guardPlan } from "../plan/guard.ts";
import type { PrefixTable } from "../plan/prefix-table.ts";
import { runVerifyStep } from "../verify/verify.ts";
import { firstComparison, runCopyStep, runLargeCopy } from "./copy-step.ts";
import { runDeleteStep } from "./delete-step.ts";
import { runDryRunStep } from "./dry-run-step.ts";
import type { JobContext } from "./job-context.ts";
import { startNamesStep } from "./names-step.ts";
import { requireClean, runPass } from "./pass.ts";
import { planComparison, runPlanStep } from "./plan-step.ts";

export interface StepOptions {
  /** Nothing can be surplus there, so that no plan is needed. */
  readonly destinationIsEmpty: boolean;
  readonly onPlan?: (table: PrefixTable) => void;
}

async function runDry(context: JobContext, onPlan: StepOptions["onPlan"]): Promise<void> {
  const table = await runDryRunStep(context);
  onPlan?.(table);
  if (context.record.plan !== undefined) guardPlan(context.record.plan, context.settings);
}

/** `MAX_DELETE=-1`: rclone decides alone what is surplus. */
async function runUnguarded(context: JobContext): Promise<void> {
  const { compare } = context.settings;
  requireClean(
    await runPass(context, "sync", {
      command: "sync",
      compare: firstComparison(compare),
      leastLogLevel: "info",
    }),
  );
  if (compare === "hybrid") await runLargeCopy(context);
}

async function runGuarded(context: JobContext, destinationIsEmpty: boolean): Promise<void> {
  const { record, settings } = context;
  const surplus = destinationIsEmpty ? undefined : await runPlanStep(context);
  const { plan } = record;
  if (plan !== undefined) guardPlan(plan, settings);
  try {
    await runCopyStep(context, plan && { compare: planComparison(settings.compare), copies: plan.copies });
  } catch (error) {
    if (surplus !== undefined && surplus.count > 0) {
      record.warn(
        `${countOf(surplus.count, "surplus object was", "surplus objects were")} not deleted, because the copy before did not end clean`,
      );
    }
    throw error;
  }
  if (surplus !== undefined) await runDeleteStep(context, surplus);
}

/** rclone skips some names and says so in its log alone; a mirror without them is not whole. */
function refuseIgnoredNames({ record }: JobContext): void {
  if (record.ignoredNames === 0) return;
  const sample = JSON.stringify(record.ignoredSample);
  const entries = countOf(record.ignoredNames, "entry", "entries");
  record.warn(`rclone left out ${entries} whose name it cannot carry, such as ${sample}`);
  throw new JobError(
    "failed_objects",
    `rclone left out ${entries} because it cannot carry such names as ${sample}; rename what is named so, or copy it by another tool.`,
  );
}

/**
 * Runs the passes of a job in their order.
 *
 * @throws {JobError} at the first that did not do all it was to do
 * @see docs/adr/0002-deletion-is-its-own-confined-pass.md
 */
export async function runSteps(
  context: JobContext,
  { destinationIsEmpty, onPlan }: StepOptions,
): Promise<void> {
  await using names = startNamesStep(context, destinationIsEmpty);
  if (context.settings.isDryRun) {
    await runDry(context, onPlan);
    await names.finish();
    return;
  }
  if (context.settings.maxDelete === -1) await runUnguarded(context);
  else await runGuarded(context, destinationIsEmpty);
  await runVerifyStep(context);
  refuseIgnoredNames(context);
  await names.finish();
}
