// SPDX-License-Identifier: Apache-2.0
import type { LogEntry, LogPage, LogPosition } from "../event-log/log-entry.ts";
import type { JobState } from "../gen/job/v1/job_pb.ts";
import type { Attempt, CancelRequest, Job, Lease, NewJob, Result } from "./job.ts";

export interface Enqueued {
  readonly jobId: string;
  readonly createdAtMs: number;
  /** Where the job stands now: not always SCHEDULED when the request was a repeat. */
  readonly state: JobState;
  /** False where the request id had made this job before. */
  readonly isNew: boolean;
}

export interface WeightedQueue {
  readonly queue: string;
  /** 1 to 100. */
  readonly weight: number;
}

export interface ClaimRequest {
  /** One or more. Where several have jobs, each is chosen with a probability in proportion to its weight. */
  readonly queues: readonly WeightedQueue[];
  /** 1 to 100. */
  readonly maxJobs: number;
  readonly leaseMs: number;
  /** "" where the worker gave no name. */
  readonly worker: string;
}

export interface Claim {
  readonly job: Job;
  readonly lease: Lease;
}

export interface LeaseStatus {
  readonly expiresAtMs: number;
  readonly cancel: CancelRequest | undefined;
}

export interface AppendOptions {
  /** What to do where the first entry leaves a gap after the log's last: our workers' events are refused with
   * `sequence_gap`; those of workers that cannot send again are kept as they are. */
  readonly gaps: "refuse" | "accept";
}

export interface Appended {
  /** The last sequence that the log holds; 0 while it is empty. */
  readonly lastSequence: number;
  readonly cancel: CancelRequest | undefined;
}

export interface ListQuery {
  /** "" is all. */
  readonly queue: string;
  /** UNSPECIFIED is all. */
  readonly state: JobState;
  /** 0 is all. */
  readonly attempt: number;
  readonly deadOnly: boolean;
  readonly newestFirst: boolean;
  /** From 1 on. */
  readonly page: number;
  /** 1 to 1,000. */
  readonly pageSize: number;
}

export interface JobPage {
  /** Ordered by (createdAtMs, jobId). */
  readonly jobs: readonly Job[];
  readonly total: number;
}

export interface JobRecord {
  readonly job: Job;
  /** In order; of very many, the latest 100. */
  readonly attempts: readonly Attempt[];
}

export interface QueueStat {
  readonly queue: string;
  readonly scheduled: number;
  readonly delayed: number;
  readonly running: number;
  readonly completed: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly dead: number;
  readonly oldestScheduledAtMs: number | undefined;
  /** Claims that wait at this moment; of this process. */
  readonly waitingWorkers: number;
}

/**
 * Queues, leases and event logs. Every implementation passes the suite in `test/contract`.
 *
 * All methods may throw {@link JobError} `store_unavailable` or `throttled`; calling again is safe. Inputs are
 * validated before (see `job/validate.ts`); a method that takes a lease throws `lease_lost` where it is stale and
 * `job_not_found` where the job is unknown.
 */
export interface JobStore extends AsyncDisposable {
  /** @throws {JobError} `job_exists` where the request id was used with other content. */
  enqueue(job: NewJob): Promise<Enqueued>;

  /**
   * Claims ready jobs, waiting until there is one; [] once `signal` aborts. Within a queue by priority, then by
   * age; waiting claims are served in the order of their calls. Each claim starts a new attempt: RUNNING, with
   * `updatedAtMs` of now.
   */
  claim(request: ClaimRequest, signal: AbortSignal): Promise<readonly Claim[]>;

  /** Sets the lease's end to `leaseMs` from now. Never changes the job's state. */
  extend(lease: Lease, leaseMs: number): Promise<LeaseStatus>;

  /** Gives the job back: SCHEDULED, at the front of its queue, the attempt not counted. @returns the new state */
  release(lease: Lease, reason: string): Promise<JobState>;

  /**
   * Ends the attempt and decides what follows (see `job/transition.ts`). Repeating it with the same lease after a
   * success changes nothing and gives the same answer.
   * @returns the state of the job now: SCHEDULED where another attempt follows
   */
  complete(lease: Lease, result: Result): Promise<JobState>;

  /**
   * Appends entries to the attempt's log. Entries whose sequences the log has are skipped, one that overlaps is cut;
   * nothing is appended where anything is refused.
   * @throws {JobError} `sequence_gap`, `event_too_large`
   */
  append(lease: Lease, entries: readonly LogEntry[], options: AppendOptions): Promise<Appended>;

  /** @throws {JobError} `job_not_found` */
  get(jobId: string): Promise<JobRecord>;

  list(query: ListQuery): Promise<JobPage>;

  /**
   * SCHEDULED becomes CANCELLED; RUNNING stays and carries the request to its worker, and becomes CANCELLED when
   * the worker reports a failure or its lease runs out. Cancelling twice changes nothing.
   * @throws {JobError} `wrong_state` where it has completed or failed
   */
  cancel(jobId: string, reason: string): Promise<JobState>;

  /**
   * FAILED or CANCELLED becomes SCHEDULED, at the end of its queue, with all its attempts to come.
   * @throws {JobError} `wrong_state` where it is none of these
   */
  retry(jobId: string): Promise<JobState>;

  /** Of one queue, or of all where `queue` is ""; by name. An unknown queue has zeros. */
  stats(queue: string): Promise<readonly QueueStat[]>;

  /**
   * Reads a page of one attempt's log; never waits. A log that was forgotten reads as empty from its start.
   * @throws {JobError} `job_not_found`, also where events behind the start of the log were forgotten;
   *   `invalid_request` where the job has no such attempt
   */
  read(position: LogPosition): Promise<LogPage>;

  /**
   * Calls `onChange` after every change that a reader of the job's log could see: events, a new attempt, the end.
   * Calls may be merged; the reader reads again.
   */
  watch(jobId: string, onChange: () => void): Disposable;

  /** @returns why the store cannot serve at this moment, `undefined` where it can */
  check(): Promise<string | undefined>;
}
