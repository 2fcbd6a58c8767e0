// SPDX-License-Identifier: Apache-2.0
import type { Plan } from "../plan/plan.ts";
import { PlanCounter } from "../plan/plan-counter.ts";
import { PrefixTable } from "../plan/prefix-table.ts";
import type { RcloneLine } from "../rclone/log-line.ts";
import { runAttempts } from "./attempts.ts";
import { firstComparison, LARGE_BYTES, LARGE_SIZE } from "./copy-step.ts";
import type { JobContext } from "./job-context.ts";
import { type PassReport, requireClean, runPass } from "./pass.ts";

/** Large objects that the first pass would copy: the second must not count them again. */
const MAX_REMEMBERED = 1_000_000;

const dryOptions = { isDryRun: true, isSingleAttempt: true, leastLogLevel: "debug" } as const;

interface DryAttempt {
  readonly report: PassReport;
  readonly plan: Plan;
  readonly table: PrefixTable;
  /** Names of large objects that it counted. */
  readonly counted: ReadonlySet<string>;
}

async function planFirst(context: JobContext, attempt: number): Promise<DryAttempt> {
  const { compare } = context.settings;
  const table = new PrefixTable();
  const counter = new PlanCounter({ onSurplus: () => {}, table });
  const counted = new Set<string>();
  const remember = ({ skipped, object, size = 0 }: RcloneLine): void => {
    if (compare !== "hybrid" || skipped !== "copy" || object === undefined || size < LARGE_BYTES) return;
    if (counted.size < MAX_REMEMBERED) counted.add(object);
  };
  const onLine = (line: RcloneLine): void => {
    counter.take(line);
    remember(line);
  };
  const report = await runPass(
    context,
    "plan",
    { ...dryOptions, command: "sync", compare: firstComparison(compare) },
    { onLine, attempt },
  );
  return { report, plan: counter.toPlan(report.log), table, counted };
}

/** `hybrid`'s second look: large objects whose time differs although their checksum does not tell. */
async function planLarge(context: JobContext, attempt: number, first: DryAttempt): Promise<DryAttempt> {
  const table = first.table.copy();
  const counter = new PlanCounter({ onSurplus: () => {}, table, counted: first.counted });
  const report = await runPass(
    context,
    "plan",
    { ...dryOptions, command: "copy", compare: "modtime", minSize: LARGE_SIZE },
    { onLine: counter.take, attempt },
  );
  return { report, plan: add(first.plan, counter.toPlan(report.log)), table, counted: first.counted };
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
  let planned = await runAttempts(context, (attempt) => planFirst(context, attempt));
  requireClean(planned.report);
  if (context.settings.compare === "hybrid") {
    const first = planned;
    planned = await runAttempts(context, (attempt) => planLarge(context, attempt, first));
    requireClean(planned.report);
  }
  context.record.plan = planned.plan;
  return planned.table;
}
