// SPDX-License-Identifier: Apache-2.0
import type { JobParams } from "../gen/job/v1/job_pb.ts";
import type { NewJob, RetryPolicy } from "./job.ts";
import type { ClaimRequest, ListQuery, WeightedQueue } from "./job-store.ts";
import { defaults, limits } from "./limits.ts";
import { checkLength, checkWhole, refuse, validateParams } from "./validate-params.ts";

/** A {@link RetryPolicy} as a caller may leave it. */
export interface RetryPolicyInput {
  readonly maxAttempts: number;
  readonly initialBackoffMs: number | undefined;
  readonly maxBackoffMs: number | undefined;
}

/** A {@link NewJob} as a caller may leave it. */
export interface NewJobInput {
  readonly requestId: string;
  readonly queue: string;
  readonly params: JobParams | undefined;
  readonly priority: number;
  readonly delayMs: number | undefined;
  readonly retryPolicy: RetryPolicyInput | undefined;
  readonly submitter: string;
}

/** A {@link ClaimRequest} as a caller may leave it: `queues` replaces `queue`, 0 is the default of each number. */
export interface ClaimInput {
  readonly queue: string;
  readonly queues: readonly WeightedQueue[];
  readonly maxJobs: number;
  readonly leaseSeconds: number;
  readonly worker: string;
}

const queueName = /^[A-Za-z0-9._-]+$/;
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const controlCharacter = /[\u0000-\u001f\u007f]/;

/** Text of one line that is shown to people and compared. */
function checkLine(field: string, text: string, most: number): string {
  checkLength(field, text, most);
  if (controlCharacter.test(text)) refuse(field, `${field} has a control character in it: remove it.`);
  return text;
}

/** @throws {JobError} `invalid_request` */
export function validateQueueName(queue: string, field = "queue"): string {
  if (queue === "") refuse(field, `${field} is missing: name a queue, as "default".`);
  if (queue.length > limits.queueNameLength || !queueName.test(queue)) {
    refuse(
      field,
      `${field} is not the name of a queue: use 1 to ${limits.queueNameLength} of the characters A-Z a-z 0-9 . _ -`,
    );
  }
  return queue;
}

/** @returns the id in lower case @throws {JobError} `invalid_request` */
export function validateJobId(jobId: string): string {
  const lower = jobId.toLowerCase();
  if (!uuid.test(lower))
    refuse("job_id", "job_id is not the id of a job: give the one that submitting it returned.");
  return lower;
}

/** The reason for cancelling or giving back a job. @throws {JobError} `invalid_request` */
export function validateReason(reason: string): string {
  return checkLength("reason", reason, limits.reasonLength);
}

function validateRetryPolicy(policy: RetryPolicyInput): RetryPolicy {
  const maxAttempts = checkWhole("retry_policy.max_attempts", policy.maxAttempts, 1, limits.attempts);
  const initialBackoffMs = policy.initialBackoffMs ?? defaults.initialBackoffMs;
  checkWhole(
    "retry_policy.initial_backoff",
    initialBackoffMs,
    0,
    limits.backoffMs,
    "initial_backoff in milliseconds",
  );
  const maxBackoffMs = policy.maxBackoffMs ?? Math.max(defaults.maxBackoffMs, initialBackoffMs);
  checkWhole("retry_policy.max_backoff", maxBackoffMs, 0, limits.backoffMs, "max_backoff in milliseconds");
  if (maxBackoffMs < initialBackoffMs) {
    refuse("retry_policy.max_backoff", "retry_policy.max_backoff is shorter than initial_backoff: raise it.");
  }
  return { maxAttempts, initialBackoffMs, maxBackoffMs };
}

/** Checks a submission and fills in its defaults. @throws {JobError} `invalid_request` */
export function validateNewJob(input: NewJobInput): NewJob {
  const { requestId, queue, params, priority, delayMs = 0, retryPolicy, submitter } = input;
  return {
    requestId: checkLine("request_id", requestId, limits.requestIdLength),
    queue: validateQueueName(queue),
    params: validateParams(params),
    priority: checkWhole("priority", priority, -limits.priority, limits.priority),
    delayMs: checkWhole("delay", delayMs, 0, limits.delayMs, "delay in milliseconds"),
    retryPolicy: retryPolicy === undefined ? undefined : validateRetryPolicy(retryPolicy),
    submitter,
  };
}

/**
 * A requested lease in milliseconds: 0 is 300 s; what exceeds 12 hours is cut to it, as the Go program did.
 * @throws {JobError} `invalid_request` where it is negative
 */
export function validateLeaseSeconds(seconds: number): number {
  if (!Number.isSafeInteger(seconds) || seconds < 0) {
    refuse(
      "visibility_timeout_seconds",
      "visibility_timeout_seconds is negative: give 1 to 43200, or 0 for 300.",
    );
  }
  return (seconds === 0 ? defaults.leaseSeconds : Math.min(seconds, limits.leaseSeconds)) * 1_000;
}

function validateQueues(queue: string, queues: readonly WeightedQueue[]): readonly WeightedQueue[] {
  if (queues.length === 0) return [{ queue: validateQueueName(queue), weight: 1 }];
  checkWhole("queues", queues.length, 1, limits.claimedQueues, "The number of queues");
  const names = new Set(queues.map((item, index) => validateQueueName(item.queue, `queues[${index}].queue`)));
  if (names.size < queues.length)
    refuse("queues", "queues names a queue twice: name each once, with its weight.");
  return queues.map(({ queue: name, weight }, index) => ({
    queue: name,
    weight: checkWhole(`queues[${index}].weight`, weight === 0 ? 1 : weight, 1, limits.queueWeight),
  }));
}

/** Checks a request for jobs; more than 100 at once are cut to that. @throws {JobError} `invalid_request` */
export function validateClaim({ queue, queues, maxJobs, leaseSeconds, worker }: ClaimInput): ClaimRequest {
  if (!Number.isSafeInteger(maxJobs) || maxJobs < 0) {
    refuse("max_jobs", "max_jobs is negative: give 1 to 100, or 0 for 1.");
  }
  return {
    queues: validateQueues(queue, queues),
    maxJobs: Math.min(Math.max(1, maxJobs), limits.claimedJobs),
    leaseMs: validateLeaseSeconds(leaseSeconds),
    worker: checkLine("worker", worker, limits.workerNameLength),
  };
}

/**
 * Checks a request for a page of jobs: 0 is page 1, or 50 jobs a page; more than 1,000 a page are cut to that.
 * @throws {JobError} `invalid_request`
 */
export function validateList(input: ListQuery): ListQuery {
  const { queue, state, attempt, page, pageSize } = input;
  if (queue !== "") validateQueueName(queue);
  checkWhole("state", state, 0, 5);
  checkWhole("page", page, 0, 2 ** 31 - 1);
  checkWhole("page_size", pageSize, 0, 2 ** 31 - 1);
  checkWhole("attempt", attempt, 0, 2 ** 31 - 1);
  return {
    ...input,
    page: Math.max(1, page),
    pageSize: pageSize === 0 ? defaults.pageSize : Math.min(pageSize, limits.pageSize),
  };
}
