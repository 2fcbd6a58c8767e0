// SPDX-License-Identifier: Apache-2.0
// What the protocol asks, as the domain takes it.
import type { Duration, Timestamp } from "@bufbuild/protobuf/wkt";
import type { ReadLogRequest } from "../../event-log/read-log.ts";
import type {
  CompleteJobRequest,
  DequeueJobRequest,
  EnqueueJobRequest,
  JobResult,
  ListJobsRequest,
  StreamJobEventsRequest,
} from "../../gen/job/v1/job_pb.ts";
import { ResultReason } from "../../gen/job/v1/job_pb.ts";
import { JobError } from "../../job/errors.ts";
import type { Lease, NewJob, Result } from "../../job/job.ts";
import type { ClaimRequest, ListQuery } from "../../job/job-store.ts";
import { limits } from "../../job/limits.ts";
import {
  validateClaim,
  validateJobId,
  validateLeaseSeconds,
  validateList,
  validateNewJob,
} from "../../job/validate.ts";

/** @throws {JobError} `invalid_request` */
export function toNewJob(request: EnqueueJobRequest, submitter: string): NewJob {
  const { retryPolicy } = request;
  return validateNewJob({
    requestId: request.requestId,
    queue: request.queue,
    params: request.jobParams,
    priority: request.priority,
    delayMs: toMs(request.delay),
    retryPolicy: retryPolicy && {
      maxAttempts: retryPolicy.maxAttempts,
      initialBackoffMs: toMs(retryPolicy.initialBackoff),
      maxBackoffMs: toMs(retryPolicy.maxBackoff),
    },
    submitter,
  });
}

/**
 * Workers of the Go program extend their leases every 60 seconds, whatever they asked for; with less than this they
 * would lose every job that takes longer.
 */
const legacyLeaseMs = 90_000;

/**
 * Numbers below 0 count as 0, and 0 is the default, as the Go program had it.
 *
 * @throws {JobError} `invalid_request`
 */
export function toClaimRequest(request: DequeueJobRequest, defaultLeaseSeconds: number): ClaimRequest {
  const claim = validateClaim({
    queue: request.queue,
    queues: request.queues.map(({ queue, weight }) => ({ queue, weight })),
    maxJobs: Math.max(0, request.maxJobs),
    leaseSeconds: orDefault(request.visibilityTimeoutSeconds, defaultLeaseSeconds),
    worker: request.worker,
  });
  return isLegacy(claim.worker) ? { ...claim, leaseMs: Math.max(claim.leaseMs, legacyLeaseMs) } : claim;
}

/** Milliseconds of a request to extend a lease. */
export function toLeaseMs(seconds: number, defaultLeaseSeconds: number): number {
  return validateLeaseSeconds(orDefault(seconds, defaultLeaseSeconds));
}

/** What a lease is extended by where its worker is one of the Go program. */
export function forLegacyWorker(leaseMs: number): number {
  return Math.max(leaseMs, legacyLeaseMs);
}

/** Whether a lease of this length must be looked at, see {@link forLegacyWorker}. */
export function isShortForLegacy(leaseMs: number): boolean {
  return leaseMs < legacyLeaseMs;
}

/** Workers of the Go program give no name. */
export function isLegacy(worker: string): boolean {
  return worker === "";
}

function orDefault(seconds: number, preset: number): number {
  return seconds <= 0 ? preset : seconds;
}

/** @throws {JobError} `invalid_request` */
export function toListQuery(request: ListJobsRequest): ListQuery {
  return validateList({
    queue: request.queue,
    state: request.state,
    attempt: request.attempt,
    deadOnly: request.dead,
    newestFirst: request.newestFirst,
    page: Math.max(0, request.page),
    pageSize: Math.max(0, request.pageSize),
  });
}

/**
 * What a worker reports of its attempt.
 *
 * @throws {JobError} `invalid_request` where there is no result, or one of another job
 */
export function toResult(request: CompleteJobRequest, lease: Lease, nowMs: number): Result {
  const { jobResult } = request;
  if (jobResult === undefined) {
    throw new JobError("invalid_request", "job_result is missing: say how the job ended.", {
      field: "job_result",
    });
  }
  if (jobResult.jobId !== "" && jobResult.jobId.toLowerCase() !== lease.jobId) {
    throw new JobError("invalid_request", "job_result.job_id is not the job of the task token.", {
      field: "job_result.job_id",
    });
  }
  return {
    isSuccess: jobResult.success,
    exitCode: jobResult.exitCode,
    signal: jobResult.signal.slice(0, maxSignalLength),
    reason: reasonOf(jobResult),
    message: jobResult.errorMessage.slice(0, limits.messageLength),
    startedAtMs: fromTimestamp(jobResult.startedAt, "job_result.started_at"),
    completedAtMs: fromTimestamp(jobResult.completedAt, "job_result.completed_at") ?? nowMs,
  };
}

/** The longest name of a signal is SIGVTALRM. */
const maxSignalLength = 32;

const knownReasons: ReadonlySet<number> = new Set(Object.values(ResultReason));

/** A newer worker may know reasons that we do not. */
function reasonOf({ reason }: JobResult): ResultReason {
  return knownReasons.has(reason) ? reason : ResultReason.UNSPECIFIED;
}

/** @throws {JobError} `invalid_request` */
export function toReadRequest(request: StreamJobEventsRequest): ReadLogRequest {
  const { attempt } = request;
  if (attempt < 0) {
    throw new JobError("invalid_request", "attempt is negative: 0 is the latest, others count from 1.", {
      field: "attempt",
    });
  }
  return {
    jobId: validateJobId(request.jobId),
    attempt,
    followAttempts: attempt === 0 || request.followAttempts,
    fromSequence: toCount(request.fromSequence, "from_sequence"),
    fromTimestampMs: toCount(request.fromTimestamp, "from_timestamp"),
    filter: new Set(request.eventFilter),
  };
}

/** The Go program took numbers below 0 for the start. */
function toCount(value: bigint, field: string): number {
  if (value <= 0n) return 0;
  if (value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
  throw new JobError("invalid_request", `${field} is larger than any that there can be.`, { field });
}

/** A duration's milliseconds; what is not finite in them is for the caller to refuse. */
function toMs(duration: Duration | undefined): number | undefined {
  if (duration === undefined) return undefined;
  return Number(duration.seconds) * 1000 + Math.trunc(duration.nanos / 1_000_000);
}

/** Years 1 to 9999, as the protocol allows them. */
const [earliestMs, latestMs] = [-62_135_596_800_000, 253_402_300_799_999];

function fromTimestamp(timestamp: Timestamp | undefined, field: string): number | undefined {
  if (timestamp === undefined) return undefined;
  const atMs = Number(timestamp.seconds) * 1000 + Math.trunc(timestamp.nanos / 1_000_000);
  if (atMs >= earliestMs && atMs <= latestMs) return atMs;
  throw new JobError("invalid_request", `${field} is not a time from year 1 to 9999.`, { field });
}
