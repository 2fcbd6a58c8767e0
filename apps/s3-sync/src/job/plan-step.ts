// SPDX-License-Identifier: Apache-2.0
import { PlanCounter } from "../plan/plan-counter.ts";
import { SurplusList } from "../plan/surplus-list.ts";
import type { JobContext } from "./job-context.ts";
import { requireClean, runPass } from "./pass.ts";

/**
 * Finds out what is surplus at the destination, by listings and sizes alone.
 *
 * Sizes are enough: whether an object is copied does not depend on this plan, only whether one may be deleted.
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
      { command: "sync", compare: "size", isDryRun: true, leastLogLevel: "notice" },
      { onLine: counter.take },
    );
    requireClean(report);
    record.plan = counter.toPlan(report.log);
    return surplus;
  } finally {
    surplus[Symbol.dispose]();
  }
}
