// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from "node:timers/promises";
import { errorInfoOf } from "../../src/client/error-info.ts";
import { JobState, ProcessType } from "../../src/gen/job/v1/job_pb.ts";
import type { Audience } from "./audience.ts";
import { campaignJob, toRequest } from "./job.ts";
import type { Place } from "./place.ts";
import { scriptedQueue } from "./publisher.ts";
import { hasEnded } from "./truth.ts";

export interface FeederOptions {
  readonly place: Place;
  readonly audience: Audience;
  readonly seed: number;
  /** Jobs that wait or run at the same time, of each sort. */
  readonly openJobs: number;
  readonly signal: AbortSignal;
}

const pauseMs = 250;

/** Submits jobs so that there is always something to do, and cancels those that are to be, until `signal` aborts. */
export async function feed(options: FeederOptions): Promise<void> {
  const { place, openJobs, signal } = options;
  const { facts } = place;
  const cancels: Promise<void>[] = [];
  for (let index = 0; !signal.aborted; ) {
    const open = await countOpen(place);
    for (let more = openJobs - open.run; more > 0 && !signal.aborted; more -= 1, index += 1) {
      const job = campaignJob(options.seed, index);
      const { jobId } = await place.control.jobs.enqueueJob(toRequest(job, place.folder));
      facts.jobs.set(jobId, job);
      if (job.cancelAfterMs !== undefined) cancels.push(cancelLater(place, jobId, job.cancelAfterMs));
      await options.audience.attend(jobId);
    }
    if (open.scripted < openJobs / 4) await submitScripted(options);
    await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
  }
  await Promise.all(cancels);
}

async function submitScripted({ place, audience }: FeederOptions): Promise<void> {
  const { jobId } = await place.control.jobs.enqueueJob({
    queue: scriptedQueue,
    jobParams: { command: "/bin/true", processType: ProcessType.PIPE },
  });
  place.facts.scripted.add(jobId);
  await audience.attend(jobId);
}

async function countOpen({ control }: Place): Promise<{ readonly run: number; readonly scripted: number }> {
  const { queues } = await control.jobs.queueStats({});
  const counts = { run: 0, scripted: 0 };
  for (const { queue, scheduled, delayed, running } of queues)
    counts[queue === scriptedQueue ? "scripted" : "run"] += Number(scheduled + delayed + running);
  return counts;
}

async function cancelLater({ control, facts }: Place, jobId: string, afterMs: number): Promise<void> {
  await sleep(afterMs);
  // Before the call: a job must not be found cancelled before this is known.
  facts.cancelled.add(jobId);
  try {
    await control.jobs.cancelJob({ jobId, reason: "as planned" });
  } catch (error) {
    if (errorInfoOf(error).code !== "wrong_state") throw error;
  }
}

/** Ids of all jobs that have not ended. */
export async function unendedJobs({ control }: Place): Promise<readonly string[]> {
  const open: string[] = [];
  for (const state of [JobState.SCHEDULED, JobState.RUNNING]) {
    const { jobs } = await control.jobs.listJobs({ state, page: 1, pageSize: 1000 });
    open.push(...jobs.filter((job) => !hasEnded(job)).map(({ jobId }) => jobId));
  }
  return open;
}
