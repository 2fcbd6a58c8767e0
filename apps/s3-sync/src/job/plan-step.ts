// SPDX-License-Identifier: Apache-2.0
import type { Comparison } from "../outcome/summary.ts";
import type { Plan } from "../plan/plan.ts";
import { PlanCounter } from "../plan/plan-counter.ts";
import { SurplusList } from "../plan/surplus-list.ts";
import type { Comparing } from "../rclone/arguments.ts";
import { runAttempts } from "./attempts.ts";
import { firstComparison } from "./copy-step.ts";
import type { JobContext } from "./job-context.ts";
import { type PassReport, requireClean, runPass } from "./pass.ts";

/**
 * How a plan compares: as the copy will where listings tell enough, else by size alone.
 *
 * Modification times cost two requests an object, and the plan must know only what is surplus. Checksums come with
 * the listings, and a plan by checksum that finds nothing to copy spares the copy.
 */
export function planComparison(compare: Comparison): Comparing {
  const first = firstComparison(compare);
  return first === "modtime" ? "size" : first;
}

interface PlanAttempt {
  readonly report: PassReport;
  readonly plan: Plan;
}

async function planOnce(
  context: JobContext,
  attempt: number,
  onSurplus: (name: string) => void,
): Promise<PlanAttempt> {
  const counter = new PlanCounter({ onSurplus });
  const report = await runPass(
    context,
    "plan",
    {
      command: "sync",
      compare: planComparison(context.settings.compare),
      isDryRun: true,
      isSingleAttempt: true,
      leastLogLevel: "notice",
    },
    { onLine: counter.take, attempt },
  );
  return { report, plan: counter.toPlan(report.log) };
}

/**
 * Finds out what is surplus at the destination, by listings alone.
 *
 * @returns the names, their file complete
 * @throws {JobError} when either side could not be listed whole
 */
export async function runPlanStep(context: JobContext): Promise<SurplusList> {
  const { settings, record } = context;
  const { report, plan, surplus } = await runAttempts(context, async (attempt) => {
    using list = new SurplusList(context.pathOf(`surplus-${attempt}`), settings.maxDelete);
    return { ...(await planOnce(context, attempt, (name) => list.add(name))), surplus: list };
  });
  requireClean(report);
  record.plan = plan;
  return surplus;
}

/**
 * Counts what is surplus by listings made anew, once the plan has been carried out.
 *
 * @throws {JobError} when either side could not be listed whole
 */
export async function countSurplus(context: JobContext): Promise<number> {
  const { report, plan } = await runAttempts(context, (attempt) => planOnce(context, attempt, () => {}));
  requireClean(report);
  return plan.surplus;
}
