// SPDX-License-Identifier: Apache-2.0
import type { AttemptState, JobParams, JobState, ResultReason } from "../gen/job/v1/job_pb.ts";

/** How an attempt, and with its last attempt a job, ended. Times are Unix milliseconds. */
export interface Result {
  readonly isSuccess: boolean;
  /** Of the process; 128 + n after signal n; 0 where there was no process and the reason says why. */
  readonly exitCode: number;
  /** Name of the signal that ended the process, as "SIGKILL"; "" where it exited. */
  readonly signal: string;
  readonly reason: ResultReason;
  /** One sentence; "" after a success. */
  readonly message: string;
  readonly startedAtMs: number | undefined;
  readonly completedAtMs: number;
}

/** When a failed or lost attempt is followed by another. */
export interface RetryPolicy {
  /** 1 to 100. */
  readonly maxAttempts: number;
  readonly initialBackoffMs: number;
  readonly maxBackoffMs: number;
}

export interface CancelRequest {
  readonly reason: string;
  readonly atMs: number;
}

/** A job as a store returns it: a snapshot that never changes. Times are Unix milliseconds. */
export interface Job {
  /** UUIDv7, lower case: sorts by creation. */
  readonly jobId: string;
  readonly queue: string;
  /** Never changed once stored. */
  readonly params: JobParams;
  readonly state: JobState;
  readonly createdAtMs: number;
  /** Of the last change of state; the hand-out sets it. */
  readonly updatedAtMs: number;
  /** -9 to 9; higher is handed out earlier. */
  readonly priority: number;
  /** Not handed out before. */
  readonly notBeforeMs: number | undefined;
  readonly retryPolicy: RetryPolicy | undefined;
  /** Subject of the caller that submitted it; "" where nobody is authenticated. */
  readonly submitter: string;
  /** "" where none was given. */
  readonly requestId: string;
  /** Number of the latest attempt: the fence. 0 before the first. */
  readonly attempt: number;
  /** Attempts that count against the policy since the job was submitted or retried by hand; released ones do not. */
  readonly countedAttempts: number;
  /** Asked for while it runs and not answered yet; kept once the job is cancelled. */
  readonly cancel: CancelRequest | undefined;
  readonly result: Result | undefined;
  /** FAILED because its attempts are used up. */
  readonly isDead: boolean;
}

export interface Attempt {
  /** From 1 on. */
  readonly number: number;
  readonly state: AttemptState;
  /** Name that the worker gave, "" where it gave none. */
  readonly worker: string;
  readonly startedAtMs: number;
  readonly endedAtMs: number | undefined;
  /** While it runs. */
  readonly leaseExpiresAtMs: number | undefined;
  readonly result: Result | undefined;
  /** Of the last event in its log; 0 while that is empty. */
  readonly lastSequence: number;
}

/** What {@link JobStore.enqueue} takes; validated already. */
export interface NewJob {
  readonly requestId: string;
  readonly queue: string;
  readonly params: JobParams;
  readonly priority: number;
  readonly delayMs: number;
  readonly retryPolicy: RetryPolicy | undefined;
  readonly submitter: string;
}

/**
 * The right to work on one attempt of a job. `attempt` fences: once the job has a later attempt, or this one has
 * ended, every call with the lease fails with `lease_lost`.
 */
export interface Lease {
  readonly jobId: string;
  readonly queue: string;
  readonly attempt: number;
  /** The store's own proof of the hand-out, as a receipt handle. */
  readonly handle: string;
}
