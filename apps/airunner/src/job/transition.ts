// SPDX-License-Identifier: Apache-2.0
import { AttemptState, JobState, ResultReason } from "../gen/job/v1/job_pb.ts";
import { JobError } from "./errors.ts";
import type { Job, NewJob, Result, RetryPolicy } from "./job.ts";
import { defaults, limits } from "./limits.ts";

/** What follows the end of an attempt. */
export interface AttemptEnd {
  readonly job: Job;
  readonly attemptState: AttemptState;
  readonly attemptResult: Result;
}

export interface Chance {
  readonly nowMs: number;
  /** 0 up to and without 1. */
  readonly random: () => number;
}

/** A job as it is stored first. */
export function newJob(request: NewJob, jobId: string, nowMs: number): Job {
  return {
    jobId,
    queue: request.queue,
    params: request.params,
    state: JobState.SCHEDULED,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    priority: request.priority,
    notBeforeMs: request.delayMs > 0 ? nowMs + request.delayMs : undefined,
    retryPolicy: request.retryPolicy,
    submitter: request.submitter,
    requestId: request.requestId,
    attempt: 0,
    countedAttempts: 0,
    cancel: undefined,
    result: undefined,
    isDead: false,
  };
}

/** Hands a scheduled job out: its next attempt begins, and counts from now on. */
export function startAttempt(job: Job, nowMs: number): Job {
  return {
    ...job,
    state: JobState.RUNNING,
    updatedAtMs: nowMs,
    notBeforeMs: undefined,
    attempt: job.attempt + 1,
    countedAttempts: job.countedAttempts + 1,
  };
}

/** Whether the job has ended: COMPLETED, FAILED or CANCELLED. */
export function hasEnded({ state }: Pick<Job, "state">): boolean {
  return state === JobState.COMPLETED || state === JobState.FAILED || state === JobState.CANCELLED;
}

/**
 * Wait before the next attempt, in milliseconds: full jitter, `random(0, min(max, initial * 2^(n - 1)))` after the
 * n-th attempt.
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function backoffMs(policy: RetryPolicy, countedAttempts: number, random: () => number): number {
  const ceiling = Math.min(policy.maxBackoffMs, policy.initialBackoffMs * 2 ** (countedAttempts - 1));
  return Math.round(random() * ceiling);
}

function ended(job: Job, state: JobState, result: Result, nowMs: number): Job {
  return { ...job, state, result, updatedAtMs: nowMs, notBeforeMs: undefined };
}

function scheduled(job: Job, waitMs: number, nowMs: number): Job {
  const notBeforeMs = waitMs > 0 ? nowMs + waitMs : undefined;
  return { ...job, state: JobState.SCHEDULED, result: undefined, updatedAtMs: nowMs, notBeforeMs };
}

/** The result of a job that nobody runs any more because it was to be cancelled. */
function cancelledResult(reason: string, nowMs: number): Result {
  return {
    isSuccess: false,
    exitCode: 0,
    signal: "",
    reason: ResultReason.CANCELLED,
    message:
      reason === ""
        ? "The job was cancelled."
        : `The job was cancelled: ${reason}`.slice(0, limits.messageLength),
    startedAtMs: undefined,
    completedAtMs: nowMs,
  };
}

/** Another attempt where the policy has one left, else the end. `maxAttempts` undefined: final, but not dead. */
function retried(job: Job, result: Result, maxAttempts: number | undefined, { nowMs, random }: Chance): Job {
  if (maxAttempts === undefined || job.countedAttempts >= maxAttempts) {
    return { ...ended(job, JobState.FAILED, result, nowMs), isDead: maxAttempts !== undefined };
  }
  const waitMs = job.retryPolicy === undefined ? 0 : backoffMs(job.retryPolicy, job.countedAttempts, random);
  return scheduled(job, waitMs, nowMs);
}

/**
 * The worker has reported (see {@link settleResult} for the truth of it). A success completes the job even where
 * cancelling was asked for: what is done is done. A failure cancels it then; otherwise the retry policy decides,
 * and without one a failure is final.
 */
export function endReported(job: Job, result: Result, chance: Chance): AttemptEnd {
  if (result.isSuccess) {
    const completed = { ...ended(job, JobState.COMPLETED, result, chance.nowMs), cancel: undefined };
    return { job: completed, attemptState: AttemptState.SUCCEEDED, attemptResult: result };
  }
  if (job.cancel !== undefined) {
    const cancelled = ended(job, JobState.CANCELLED, result, chance.nowMs);
    return { job: cancelled, attemptState: AttemptState.CANCELLED, attemptResult: result };
  }
  const next = retried(job, result, job.retryPolicy?.maxAttempts, chance);
  return { job: next, attemptState: AttemptState.FAILED, attemptResult: result };
}

/**
 * The lease has run out. Without a retry policy the job is handed out again at once, up to three attempts: a worker
 * that disappears says nothing about the job, but one that always does may be killed by it.
 */
export function endLost(job: Job, startedAtMs: number, chance: Chance): AttemptEnd {
  const lost: Result = {
    isSuccess: false,
    exitCode: 0,
    signal: "",
    reason: ResultReason.LEASE_LOST,
    message: "The lease ran out: the worker did not extend it in time.",
    startedAtMs,
    completedAtMs: chance.nowMs,
  };
  const next =
    job.cancel === undefined
      ? retried(job, lost, job.retryPolicy?.maxAttempts ?? defaults.lostAttempts, chance)
      : ended(job, JobState.CANCELLED, cancelledResult(job.cancel.reason, chance.nowMs), chance.nowMs);
  return { job: next, attemptState: AttemptState.LOST, attemptResult: lost };
}

/** The worker gives the job back; the attempt does not count. A job that was to be cancelled is, instead. */
export function endReleased(job: Job, reason: string, startedAtMs: number, nowMs: number): AttemptEnd {
  const released: Result = {
    isSuccess: false,
    exitCode: 0,
    signal: "",
    reason: ResultReason.WORKER_STOPPED,
    message: (reason === "" ? "The worker gave the job back." : reason).slice(0, limits.messageLength),
    startedAtMs,
    completedAtMs: nowMs,
  };
  const uncounted = { ...job, countedAttempts: job.countedAttempts - 1 };
  const next =
    job.cancel === undefined
      ? scheduled(uncounted, 0, nowMs)
      : ended(uncounted, JobState.CANCELLED, cancelledResult(job.cancel.reason, nowMs), nowMs);
  return { job: next, attemptState: AttemptState.RELEASED, attemptResult: released };
}

/**
 * Cancels a job that waits; marks one that runs. The same job where it is cancelled or marked already.
 * @throws {JobError} `wrong_state` where it has completed or failed
 */
export function cancelJob(job: Job, reason: string, nowMs: number): Job {
  if (job.state === JobState.COMPLETED || job.state === JobState.FAILED) {
    throw new JobError("wrong_state", `Job ${job.jobId} has ended already: it cannot be cancelled.`);
  }
  if (job.cancel !== undefined) return job;
  const cancel = { reason, atMs: nowMs };
  if (job.state === JobState.RUNNING) return { ...job, cancel };
  return { ...ended(job, JobState.CANCELLED, cancelledResult(reason, nowMs), nowMs), cancel };
}

/**
 * Schedules a job again by hand, with all its attempts to come; their numbers go on, since they fence.
 * @throws {JobError} `wrong_state` where it has neither failed nor been cancelled
 */
export function retryJob(job: Job, nowMs: number): Job {
  if (job.state !== JobState.FAILED && job.state !== JobState.CANCELLED) {
    throw new JobError(
      "wrong_state",
      `Job ${job.jobId} has neither failed nor been cancelled: there is nothing to retry.`,
    );
  }
  return { ...scheduled(job, 0, nowMs), countedAttempts: 0, cancel: undefined, isDead: false };
}
