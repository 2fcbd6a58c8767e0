// SPDX-License-Identifier: Apache-2.0
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Attempt, type Job, type JobEvent, JobState } from "../../src/gen/job/v1/job_pb.ts";
import { itemsOf, type LogItem, outputsOf } from "./log-item.ts";
import type { Place } from "./place.ts";

/** What the server says of a job when all is over, and what the job's own journal says. */
export interface Truth {
  readonly job: Job;
  readonly attempts: readonly Attempt[];
  /** By attempt. */
  readonly logs: ReadonlyMap<number, AttemptLog>;
  /** Lines as "begin 1 4711", "end 1 0", "overlap 2"; [] of a job without a journal. */
  readonly journal: readonly string[];
}

export interface AttemptLog {
  readonly events: readonly JobEvent[];
  readonly items: readonly LogItem[];
  readonly output: Buffer;
}

export async function readTruth(place: Place, jobId: string): Promise<Truth> {
  const { job, attempts } = await place.control.jobs.getJob({ jobId });
  if (job === undefined) throw new Error(`The server knows nothing of job ${jobId}.`);
  const logs = new Map<number, AttemptLog>();
  for (const { number } of attempts) logs.set(number, await readAttempt(place, jobId, number));
  const tag = place.facts.jobs.get(jobId)?.tag;
  const journal =
    tag === undefined ? "" : await readFile(join(place.folder, `${tag}.journal`), "utf8").catch(() => "");
  return { job, attempts, logs, journal: journal.split("\n").filter((line) => line !== "") };
}

async function readAttempt(place: Place, jobId: string, attempt: number): Promise<AttemptLog> {
  const events: JobEvent[] = [];
  for await (const { event } of place.control.events.streamJobEvents({ jobId, attempt }))
    if (event !== undefined) events.push(event);
  return {
    events,
    items: events.flatMap((event) => itemsOf(event, attempt)),
    output: Buffer.concat(events.flatMap(outputsOf)),
  };
}

export function hasEnded({ state }: Pick<Job, "state">): boolean {
  return state === JobState.COMPLETED || state === JobState.FAILED || state === JobState.CANCELLED;
}
