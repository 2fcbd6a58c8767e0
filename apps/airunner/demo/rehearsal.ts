// SPDX-License-Identifier: Apache-2.0
import { allHold, type Check, describeChecks, formatDuration, holds, type Stage } from "@repo/tools/stage";
import { z } from "zod";
import { shellLine } from "./compare.ts";
import type { World } from "./world.ts";

/** What the jobs of the demo share. */
export interface Rehearsal {
  readonly stage: Stage;
  readonly world: World;
}

/** One line of the closing table. */
export interface Row {
  readonly title: string;
  readonly checks: readonly Check[];
  /** Of the job at its end; `undefined` where the line is about none. */
  readonly attempts?: number;
  /** Of the command that waited for the job, or was to tell of it. */
  readonly exit?: number | string;
  readonly durationMs: number;
}

export function isAsExpected({ checks }: Row): boolean {
  return allHold(checks);
}

/** A heading and what is going to happen. */
export function announce({ stage }: Rehearsal, number: number, title: string, story: string): void {
  stage.print();
  stage.print(stage.style("bold", `${number}  ${title}`));
  stage.note(story);
}

/** The command as the audience could type it. */
export function showCommand({ stage }: Rehearsal, args: readonly string[]): void {
  stage.print(`  ${stage.style("cyan", `$ airunner-cli ${shellLine(args)}`)}`);
}

/** A line that some program wrote, cut to the stage. */
export function showLine({ stage }: Rehearsal, text: string): void {
  const room = stage.width - 4;
  const line = text.length <= room ? text : `${text.slice(0, room - 1)}…`;
  stage.print(`    ${stage.style("dim", line)}`);
}

export function showRow({ stage }: Rehearsal, row: Row): Row {
  const good = row.checks.filter(holds);
  if (good.length > 0) stage.mark(true, describeChecks(good, "actual"), formatDuration(row.durationMs));
  const bad = row.checks.filter((check) => !holds(check));
  if (bad.length > 0) {
    stage.mark(false, `${describeChecks(bad, "actual")}, not ${describeChecks(bad, "expected")}`);
  }
  return row;
}

const JobPage = z.object({
  job: z.object({ state: z.string(), result: z.object({ exitCode: z.number() }).optional() }),
  attempts: z.array(z.object({ number: z.number(), worker: z.string(), state: z.string() })),
});

export type JobPage = z.infer<typeof JobPage>;

/** What the server knows of a job. */
export async function lookUp({ world }: Rehearsal, jobId: string): Promise<JobPage> {
  const { text } = await world.run("show", jobId, "--json");
  return JobPage.parse(JSON.parse(text));
}

/** `JOB_STATE_FAILED` → `failed`. */
export function stateOf({ job }: JobPage): string {
  return job.state.replace("JOB_STATE_", "").toLowerCase();
}

/** The job's id in what `submit` says. @throws {Error} where it is not */
export function jobIdIn(text: string): string {
  const [, id] = /with ID: ([0-9a-f-]{36})/.exec(text) ?? [];
  if (id === undefined) throw new Error(`No job id was printed: ${text.slice(0, 500)}`);
  return id;
}
