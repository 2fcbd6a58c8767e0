// SPDX-License-Identifier: Apache-2.0

import {
  type Check,
  describeChecks,
  formatCount,
  formatDuration,
  holds,
  type Stage,
  type Update,
} from "@repo/tools/stage";
import { listBucket } from "../test/support/bucket.ts";
import type { PlannedObject } from "../test/support/object-tree.ts";
import type { StepResult } from "./check.ts";
import { type JobResult, runJob } from "./run-job.ts";
import { compareListings, compareSides, type World } from "./world.ts";

/** What the steps of the demo share and change. */
export interface Rehearsal {
  readonly world: World;
  readonly stage: Stage;
  readonly rclone: string;
  readonly configDir: string;
  readonly seed: number;
  /** What its owner wants the source to hold. */
  readonly tree: Map<string, PlannedObject>;
  /** All that the jobs wrote. */
  readonly output: string[];
  /** What the last job said of the mirror. */
  lastProof?: string | undefined;
}

/** What a step promises; counts are the summary's, the rest is found by looking at the buckets. */
export interface Expectation {
  readonly exit: number;
  readonly copied?: number;
  readonly deleted?: number;
  readonly plannedCopies?: number;
  readonly plannedDeletes?: number;
  readonly differing?: number;
  /** `equal`: the destination mirrors the source. `untouched`: it is as it was before the job. */
  readonly destination?: "equal" | "untouched";
}

export interface Step {
  readonly title: string;
  /** What happens, for people. */
  readonly story: string;
  /** What befalls the buckets before the job; its title is shown while it lasts. */
  readonly prepare?: {
    readonly title: string;
    readonly work: (rehearsal: Rehearsal, update: Update) => Promise<void>;
  };
  /** Variables beside the required ones. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Variables of `settings` whose value is not for the screen. */
  readonly hidden?: readonly string[];
  readonly expects: Expectation;
}

/** Prepares, runs the job, looks at the buckets, and shows all of it. */
export async function rehearse(rehearsal: Rehearsal, step: Step, number: number): Promise<StepResult> {
  const { stage, world } = rehearsal;
  stage.print();
  stage.print(stage.style("bold", `${number}  ${step.title}`));
  stage.note(step.story);
  const { prepare } = step;
  if (prepare !== undefined) await stage.task(prepare.title, (update) => prepare.work(rehearsal, update));
  const before = await listBucket(world.destination);
  stage.print(`  ${stage.style("cyan", commandOf(step))}`);
  const job = await performJob(rehearsal, step);
  rehearsal.output.push(...job.lines);
  const destination = await stage.follow("looking at both buckets", async () =>
    step.expects.destination === "untouched"
      ? compareListings(before, await listBucket(world.destination))
      : compareSides(world),
  );
  const checks = toChecks(step.expects, job, destination);
  showJob(rehearsal, job, checks);
  return { title: step.title, checks, jobMs: job.durationMs };
}

async function performJob(rehearsal: Rehearsal, { settings = {} }: Step): Promise<JobResult> {
  const { stage } = rehearsal;
  const options = { ...rehearsal, settings };
  if (!stage.isTerminal || settings["DRY_RUN"] !== "true")
    return stage.follow("s3-sync", (update) => runJob({ ...options, update }));
  // A dry run on a terminal shows its own progress and, for people, its plan.
  stage.print();
  const job = await runJob({ ...options, update: () => {}, sharesTerminal: true });
  stage.print();
  return job;
}

function commandOf({ settings = {}, hidden = [] }: Step): string {
  const words = Object.entries(settings).map(
    ([name, value]) => `${name}=${hidden.includes(name) ? "…" : value}`,
  );
  return ["$", ...words, "s3-sync"].join(" ");
}

function showJob(rehearsal: Rehearsal, job: JobResult, checks: readonly Check[]): void {
  const { stage } = rehearsal;
  const { summary, exit, lines, durationMs } = job;
  const [exitCheck, ...others] = checks;
  const isGood = exitCheck !== undefined && holds(exitCheck);
  const text = summary === undefined ? (lines.at(-1) ?? "no output") : `${summary.status}: ${summary.reason}`;
  stage.mark(isGood, `exit ${exit} · ${text}`, formatDuration(durationMs));
  const proof = summary?.proof;
  // Most steps prove the same; said once in a row, it is still read.
  if (proof !== undefined && proof !== rehearsal.lastProof) stage.note(proof, 4);
  rehearsal.lastProof = proof;
  if (others.length > 0) stage.mark(others.every(holds), describeChecks(others, "actual"));
}

function toChecks(expects: Expectation, { summary, exit }: JobResult, destination: string): readonly Check[] {
  const counted = (
    what: string,
    expected: number | undefined,
    actual: number | undefined,
  ): readonly Check[] =>
    expected === undefined
      ? []
      : [
          {
            what,
            expected: formatCount(expected),
            actual: actual === undefined ? "unknown" : formatCount(actual),
          },
        ];
  const { exit: code } = expects;
  return [
    { what: "exit", expected: String(code), actual: String(exit) },
    ...counted("copied", expects.copied, summary?.objects_copied),
    ...counted("deleted", expects.deleted, summary?.objects_deleted),
    ...counted("planned copies", expects.plannedCopies, summary?.objects_planned_copies),
    ...counted("planned deletions", expects.plannedDeletes, summary?.objects_planned_deletes),
    ...counted("found differing", expects.differing, summary?.verify?.differing),
    ...(expects.destination === undefined
      ? []
      : [
          {
            what: expects.destination === "equal" ? "sides" : "destination",
            expected: expects.destination,
            actual: destination,
          },
        ]),
  ];
}
