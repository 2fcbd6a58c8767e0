// SPDX-License-Identifier: Apache-2.0
import type { Comparison } from "../outcome/summary.ts";
import { PlanCounter } from "../plan/plan-counter.ts";
import { SurplusList } from "../plan/surplus-list.ts";
import type { Comparing } from "../rclone/arguments.ts";
import { firstComparison } from "./copy-step.ts";
import type { JobContext } from "./job-context.ts";
import { requireClean, runPass } from "./pass.ts";

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

/**
 * Finds out what is surplus at the destination, by listings alone.
 *
 * @returns the names, their file complete
 * @throws {JobError} when either side could not be listed whole
 */
export async function runPlanStep(context: JobContext): Promise<SurplusList> {
  const { settings, record } = context;
  const surplus = new SurplusList(context.pathOf("surplus"), settings.maxDelete);
  try {
    const counter = new PlanCounter({ onSurplus: (name) => surplus.add(name) });
    const report = await runPass(
      context,
      "plan",
      { command: "sync", compare: planComparison(settings.compare), isDryRun: true, leastLogLevel: "notice" },
      { onLine: counter.take },
    );
    requireClean(report);
    record.plan = counter.toPlan(report.log);
    return surplus;
  } finally {
    surplus[Symbol.dispose]();
  }
}
