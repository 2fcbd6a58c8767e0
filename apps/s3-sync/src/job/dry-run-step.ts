// SPDX-License-Identifier: Apache-2.0

import type { Plan } from "../plan/plan.ts";
import { PlanCounter } from "../plan/plan-counter.ts";
import { PrefixTable } from "../plan/prefix-table.ts";
import type { RcloneLine } from "../rclone/log-line.ts";
import { firstComparison, LARGE_BYTES, LARGE_SIZE } from "./copy-step.ts";
import type { JobContext } from "./job-context.ts";
import { requireClean, runPass } from "./pass.ts";

/** Large objects that the first pass would copy: the second must not count them again. */
const MAX_REMEMBERED = 1_000_000;

/** `hybrid`'s second look: large objects whose time differs although their checksum does not tell. */
async function planLarge(
  context: JobContext,
  table: PrefixTable,
  counted: ReadonlySet<string>,
): Promise<Plan> {
  const counter = new PlanCounter({ onSurplus: () => {}, table, counted });
  const report = await runPass(
    context,
    "plan",
    { command: "copy", compare: "modtime", minSize: LARGE_SIZE, isDryRun: true, leastLogLevel: "debug" },
    { onLine: counter.take },
  );
  requireClean(report);
  return counter.toPlan(report.log);
}

function add(first: Plan, large: Plan): Plan {
  return {
    ...first,
    copies: first.copies + large.copies,
    replacements: (first.replacements ?? 0) + (large.replacements ?? 0),
    copyBytes: first.copyBytes + large.copyBytes,
  };
}

/**
 * Plans what a real run would do, by the comparison it would use, and changes nothing.
 *
 * @throws {JobError} when either side could not be listed whole
 */
export async function runDryRunStep(context: JobContext): Promise<PrefixTable> {
  const { settings, record } = context;
  const table = new PrefixTable();
  const counter = new PlanCounter({ onSurplus: () => {}, table });
  const counted = new Set<string>();
  const isHybrid = settings.compare === "hybrid";
  const remember = ({ skipped, object, size = 0 }: RcloneLine): void => {
    if (!isHybrid || skipped !== "copy" || object === undefined || size < LARGE_BYTES) return;
    if (counted.size < MAX_REMEMBERED) counted.add(object);
  };
  const report = await runPass(
    context,
    "plan",
    { command: "sync", compare: firstComparison(settings.compare), isDryRun: true, leastLogLevel: "debug" },
    {
      onLine: (line) => {
        counter.take(line);
        remember(line);
      },
    },
  );
  requireClean(report);
  const plan = counter.toPlan(report.log);
  record.plan = isHybrid ? add(plan, await planLarge(context, table, counted)) : plan;
  return table;
}
