// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from "node:crypto";
import type { LogEntry, LogPage, LogPosition } from "../../event-log/log-entry.ts";
import { AttemptState, JobState } from "../../gen/job/v1/job_pb.ts";
import { type Clock, systemClock } from "../../job/clock.ts";
import { JobError } from "../../job/errors.ts";
import type { Lease, NewJob, Result } from "../../job/job.ts";
import { createJobIds } from "../../job/job-id.ts";
import type {
  Appended,
  AppendOptions,
  Claim,
  ClaimRequest,
  Enqueued,
  JobPage,
  JobRecord,
  JobStore,
  LeaseStatus,
  ListQuery,
  QueueStat,
} from "../../job/job-store.ts";
import { limits } from "../../job/limits.ts";
import { settleResult } from "../../job/outcome.ts";
import { requestDigest } from "../../job/request-digest.ts";
import {
  type AttemptEnd,
  cancelJob,
  endLost,
  endReleased,
  endReported,
  hasEnded,
  newJob,
  retryJob,
  startAttempt,
} from "../../job/transition.ts";
import { AgeLimit } from "./age-limit.ts";
import { Deadlines } from "./deadlines.ts";
import { Dispatcher } from "./dispatcher.ts";
import { JobLogs } from "./job-logs.ts";
import { JobTable } from "./job-table.ts";
import { unlink } from "./linked-list.ts";
import { AttemptRow, classOf, JobRow, toAttempt } from "./rows.ts";
import { Watchers } from "./watchers.ts";

export interface MemoryStoreOptions {
  readonly clock?: Clock;
  /** 0 up to and without 1: chooses among queues and spreads retries. */
  readonly random?: () => number;
  /** How long a job is kept once it has ended; 7 days. Its request id and its events go with it. */
  readonly finishedJobRetentionMs?: number;
  /** Of more, the one that ended first goes at once; 20,000 (of some 8 KB each). */
  readonly maxFinishedJobs?: number;
  /** Jobs that wait or run; no more are taken; 100,000. */
  readonly maxUnfinishedJobs?: number;
  /** How long the events of an attempt are kept once it has ended; 7 days. */
  readonly eventRetentionMs?: number;
  /** Memory for events, in bytes; what is above goes to a temporary file. 256 MiB. */
  readonly eventBytesInMemory?: number;
  /** Memory and file together, in bytes: of more, the events of attempts that ended first go; 8 GiB. */
  readonly maxEventBytes?: number;
}

const dayMs = 86_400_000;

interface Held {
  readonly row: JobRow;
  readonly attempt: AttemptRow;
}

/** See {@link createMemoryStore}. Every method changes all it changes in one turn, so nothing is ever half done. */
class MemoryStore implements JobStore {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #createJobId: () => string;
  readonly #table = new JobTable();
  readonly #watchers = new Watchers();
  readonly #dispatcher: Dispatcher;
  readonly #deadlines: Deadlines<JobRow>;
  readonly #finished: AgeLimit<JobRow>;
  readonly #logs: JobLogs;
  /** Part of every handle, so that none of another store's leases fits. */
  readonly #handlePrefix = randomBytes(9).toString("base64url");
  readonly #maxUnfinishedJobs: number;
  #handleCount = 0;
  #jobCount = 0;
  #latestCreatedAtMs = 0;
  #isClosed = false;

  constructor(options: MemoryStoreOptions) {
    const { clock = systemClock, random = Math.random, finishedJobRetentionMs = 7 * dayMs } = options;
    const { maxFinishedJobs = 20_000, eventRetentionMs = 7 * dayMs, eventBytesInMemory = 2 ** 28 } = options;
    const { maxEventBytes = 2 ** 33, maxUnfinishedJobs = 100_000 } = options;
    this.#maxUnfinishedJobs = maxUnfinishedJobs;
    this.#clock = clock;
    this.#random = random;
    this.#createJobId = createJobIds({ clock });
    this.#dispatcher = new Dispatcher({
      table: this.#table,
      random,
      start: (row, request) => this.#start(row, request),
    });
    this.#deadlines = new Deadlines({ clock, onDue: (row) => this.#onDue(row) });
    this.#finished = new AgeLimit<JobRow>({
      clock,
      maxAgeMs: finishedJobRetentionMs,
      maxItems: maxFinishedJobs,
      sinceMs: ({ job }) => job.updatedAtMs,
      onExpired: (row) => this.#forget(row),
    });
    this.#logs = new JobLogs({ clock, eventBytesInMemory, maxEventBytes, eventRetentionMs });
  }

  async enqueue(request: NewJob): Promise<Enqueued> {
    this.#assertOpen();
    const repeated = request.requestId === "" ? undefined : this.#table.getByRequestId(request.requestId);
    if (repeated !== undefined) return repeat(repeated, request);

    if (this.#table.size - this.#finished.size >= this.#maxUnfinishedJobs) refuseMore();
    // Creation times never step back, so that counting jobs is the same as sorting them.
    const createdAtMs = Math.max(this.#clock.now(), this.#latestCreatedAtMs);
    this.#latestCreatedAtMs = createdAtMs;
    const job = newJob(request, this.#createJobId(), createdAtMs);
    const queue = this.#table.queue(job.queue);
    const row = new JobRow({ ordinal: this.#jobCount++, queue, request, job });
    this.#table.add(row);
    this.#schedule(row, "back");
    return { jobId: job.jobId, createdAtMs, state: JobState.SCHEDULED, isNew: true };
  }

  async claim(request: ClaimRequest, signal: AbortSignal): Promise<readonly Claim[]> {
    this.#assertOpen();
    return this.#dispatcher.claim(request, signal);
  }

  async extend(lease: Lease, leaseMs: number): Promise<LeaseStatus> {
    const { row } = this.#held(lease);
    const expiresAtMs = this.#clock.now() + leaseMs;
    this.#deadlines.set(row.deadline, expiresAtMs);
    return { expiresAtMs, cancel: row.job.cancel };
  }

  async release(lease: Lease, reason: string): Promise<JobState> {
    const { row, attempt } = this.#held(lease);
    const end = endReleased(row.job, reason, attempt.startedAtMs, this.#clock.now());
    this.#end({ row, attempt }, end, "front");
    return end.job.state;
  }

  async complete(lease: Lease, reported: Result): Promise<JobState> {
    const answered = this.#answered(lease);
    if (answered !== undefined) return answered;
    const { row, attempt } = this.#held(lease);
    const result = settleResult(reported, attempt.processEnd);
    const end = endReported(row.job, result, { nowMs: this.#clock.now(), random: this.#random });
    attempt.answer = end.job.state;
    this.#end({ row, attempt }, end, "back");
    return end.job.state;
  }

  async append(lease: Lease, entries: readonly LogEntry[], options: AppendOptions): Promise<Appended> {
    this.#assertOpen();
    await this.#logs.room();
    const { row, attempt } = this.#held(lease);
    const { lastSequence } = attempt;
    this.#logs.append(attempt, entries, options);
    if (attempt.lastSequence !== lastSequence) this.#watchers.notify(row.job.jobId);
    return { lastSequence: attempt.lastSequence, cancel: row.job.cancel };
  }

  async get(jobId: string): Promise<JobRecord> {
    const { job, attempts, deadline } = this.#row(jobId);
    return {
      job,
      attempts: attempts.map((attempt) =>
        toAttempt(attempt, attempt.state === AttemptState.RUNNING ? deadline.dueMs : undefined),
      ),
    };
  }

  async list(query: ListQuery): Promise<JobPage> {
    this.#assertOpen();
    return this.#table.list(query);
  }

  async cancel(jobId: string, reason: string): Promise<JobState> {
    const row = this.#row(jobId);
    const next = cancelJob(row.job, reason, this.#clock.now());
    if (next === row.job) return next.state;
    row.job = next;
    if (next.state === JobState.CANCELLED) {
      unlink(row.place);
      this.#deadlines.clear(row.deadline);
      this.#settle(row, "back");
    }
    return next.state;
  }

  async retry(jobId: string): Promise<JobState> {
    const row = this.#row(jobId);
    row.job = retryJob(row.job, this.#clock.now());
    unlink(row.place);
    this.#settle(row, "back");
    return JobState.SCHEDULED;
  }

  async stats(queue: string): Promise<readonly QueueStat[]> {
    this.#assertOpen();
    return this.#table.stats(queue);
  }

  async read(position: LogPosition): Promise<LogPage> {
    return this.#logs.read(this.#row(position.jobId), position);
  }

  watch(jobId: string, onChange: () => void): Disposable {
    return this.#watchers.add(jobId, onChange);
  }

  async check(): Promise<string | undefined> {
    return this.#isClosed ? "The memory store is closed." : undefined;
  }

  /** Answers waiting claims with no job, and frees everything; later calls fail with `store_unavailable`. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#dispatcher.close();
    this.#deadlines[Symbol.dispose]();
    this.#finished[Symbol.dispose]();
    await this.#logs[Symbol.asyncDispose]();
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new JobError("store_unavailable", "The server is stopping: call again.");
  }

  #row(jobId: string): JobRow {
    this.#assertOpen();
    const row = this.#table.get(jobId);
    if (row === undefined)
      throw new JobError("job_not_found", `There is no job ${jobId}.`, { field: "job_id" });
    return row;
  }

  /** The attempt of a lease that still holds. */
  #held(lease: Lease): Held {
    const row = this.#row(lease.jobId);
    const attempt = row.attempts.at(-1);
    const isHeld =
      attempt?.state === AttemptState.RUNNING &&
      attempt.number === lease.attempt &&
      attempt.handle === lease.handle;
    if (!isHeld) refuseLease(lease);
    // The timer may be late; the lease is not.
    if (row.deadline.dueMs <= this.#clock.now()) {
      this.#deadlines.clear(row.deadline);
      this.#onDue(row);
      refuseLease(lease);
    }
    return { row, attempt };
  }

  #answered({ jobId, attempt: number, handle }: Lease): JobState | undefined {
    const attempt = this.#row(jobId).attempts.findLast((candidate) => candidate.number === number);
    return attempt?.handle === handle ? attempt.answer : undefined;
  }

  #start(row: JobRow, { leaseMs, worker }: ClaimRequest): Claim {
    const nowMs = this.#clock.now();
    row.job = startAttempt(row.job, nowMs);
    const handle = `${this.#handlePrefix}${(this.#handleCount++).toString(36)}`;
    const attempt = new AttemptRow({ number: row.job.attempt, handle, worker, startedAtMs: nowMs });
    row.attempts.push(attempt);
    if (row.attempts.length > limits.rememberedAttempts) {
      const forgotten = row.attempts.shift();
      if (forgotten !== undefined) this.#logs.free(forgotten);
    }
    this.#deadlines.set(row.deadline, nowMs + leaseMs);
    this.#table.move(row, "running");
    this.#watchers.notify(row.job.jobId);
    const { jobId, queue } = row.job;
    return { job: row.job, lease: { jobId, queue, attempt: attempt.number, handle } };
  }

  #onDue(row: JobRow): void {
    const attempt = row.attempts.at(-1);
    if (row.job.state !== JobState.RUNNING || attempt === undefined) {
      this.#dispatcher.offer(row, "back");
      return;
    }
    const chance = { nowMs: this.#clock.now(), random: this.#random };
    this.#end({ row, attempt }, endLost(row.job, attempt.startedAtMs, chance), "front");
  }

  #end(
    { row, attempt }: Held,
    { job, attemptState, attemptResult }: AttemptEnd,
    end: "front" | "back",
  ): void {
    this.#deadlines.clear(row.deadline);
    attempt.state = attemptState;
    attempt.result = attemptResult;
    attempt.endedAtMs = job.updatedAtMs;
    this.#logs.close(attempt);
    row.job = job;
    this.#settle(row, end);
  }

  /** Puts a job that nobody runs where it belongs, and tells its readers. */
  #settle(row: JobRow, end: "front" | "back"): void {
    if (hasEnded(row.job)) {
      this.#table.move(row, classOf(row.job, false));
      this.#finished.add(row.place);
    } else this.#schedule(row, end);
    this.#watchers.notify(row.job.jobId);
  }

  #schedule(row: JobRow, end: "front" | "back"): void {
    const { notBeforeMs } = row.job;
    if (notBeforeMs === undefined) {
      this.#dispatcher.offer(row, end);
      return;
    }
    this.#table.move(row, "delayed");
    this.#deadlines.set(row.deadline, notBeforeMs);
  }

  #forget(row: JobRow): void {
    this.#table.delete(row);
    for (const attempt of row.attempts) this.#logs.free(attempt);
    this.#watchers.notify(row.job.jobId);
  }
}

function refuseMore(): never {
  throw new JobError(
    "throttled",
    "The server keeps as many jobs that wait or run as it may; try again when some have ended.",
  );
}

function refuseLease({ jobId, attempt }: Lease): never {
  throw new JobError(
    "lease_lost",
    `Attempt ${attempt} of job ${jobId} is over: stop working on it, its result does not count.`,
  );
}

/** Digests are made here, and not with each job: repeats are rare. */
function repeat({ job, request: known }: JobRow, request: NewJob): Enqueued {
  if (requestDigest(known) !== requestDigest(request)) {
    throw new JobError(
      "job_exists",
      `The request id was used for job ${job.jobId} with other content: use a new one for a new job.`,
      { field: "request_id" },
    );
  }
  return { jobId: job.jobId, createdAtMs: job.createdAtMs, state: job.state, isNew: false };
}

/**
 * A store in the memory of this process, for development and tests: what it holds ends with it. Its methods do
 * their work in the turn in which they are called; only reading and appending events can wait, for the file that
 * takes the events which exceed `eventBytesInMemory`.
 */
export function createMemoryStore(options: MemoryStoreOptions = {}): JobStore {
  return new MemoryStore(options);
}
