// SPDX-License-Identifier: Apache-2.0
// What people and their programs do with jobs.
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { type JobParams, JobService } from "../../gen/job/v1/job_pb.ts";
import { JobError } from "../../job/errors.ts";
import type { Job } from "../../job/job.ts";
import { validateJobId, validateQueueName, validateReason } from "../../job/validate.ts";
import type { Caller } from "../auth/caller.ts";
import { requireControl, seesSecrets } from "../auth/ownership.ts";
import { longBytes, ownTurn } from "../own-turn.ts";
import type { RpcMethod } from "../rpc/method.ts";
import { unary } from "./define-method.ts";
import { toAttemptMessage, toExecutionConfig, toJobMessage, toQueueStatMessage } from "./job-messages.ts";
import { toListQuery, toNewJob } from "./job-requests.ts";
import type { ServiceOptions } from "./service-options.ts";

/** Of the parameters in one answer: encoding more would keep everybody else waiting. */
const maxListedBytes = 16 * 1_048_576;

/**
 * @returns how many bytes their parameters have, about
 * @throws {JobError} `invalid_request` where a page is too large to be sent in one answer
 */
function requireListable(jobs: readonly Job[]): number {
  const bytes = jobs.reduce((sum, { params }) => sum + textLengthOf(params), 0);
  if (bytes <= maxListedBytes) return bytes;
  throw new JobError(
    "invalid_request",
    `The jobs of this page have more than ${maxListedBytes} bytes of parameters: ask for a smaller page_size.`,
    { field: "page_size" },
  );
}

/** Characters of the parameters that can be long. */
function textLengthOf({ environment, metadata, args }: JobParams): number {
  let length = 0;
  for (const map of [environment, metadata])
    for (const [name, value] of Object.entries(map)) length += name.length + value.length;
  for (const arg of args) length += arg.length;
  return length;
}

/** EnqueueJob, ListJobs, GetJob, CancelJob, RetryJob and QueueStats. */
export function jobMethods({ store, metrics, execution }: ServiceOptions): readonly RpcMethod[] {
  const { method } = JobService;
  const executionConfig = toExecutionConfig(execution);

  /** The job, if the caller may decide about it. */
  async function controlled(jobId: string, caller: Caller) {
    const { job } = await store.get(validateJobId(jobId));
    requireControl(caller, job);
    return job;
  }

  return [
    unary(method.enqueueJob, "submit", async (request, { caller }) => {
      const job = toNewJob(request, caller.subject);
      const { jobId, createdAtMs, state, isNew } = await store.enqueue(job);
      if (isNew) metrics.enqueued.add(1, { queue: job.queue });
      return { jobId, createdAt: timestampFromMs(createdAtMs), state };
    }),

    unary(method.listJobs, "read", async (request, { caller }) => {
      const query = toListQuery(request);
      const { jobs, total } = await store.list(query);
      // The answer is encoded in the turn in which it is returned.
      if (requireListable(jobs) > longBytes) await ownTurn();
      return {
        jobs: jobs.map((job) =>
          toJobMessage(job, { executionConfig, showsSecrets: seesSecrets(caller, job) }),
        ),
        // An empty list has one page, as the Go program counted.
        lastPage: Math.max(1, Math.ceil(total / query.pageSize)),
        total: BigInt(total),
      };
    }),

    unary(method.getJob, "read", async ({ jobId }, { caller }) => {
      const { job, attempts } = await store.get(validateJobId(jobId));
      return {
        job: toJobMessage(job, { executionConfig, showsSecrets: seesSecrets(caller, job) }),
        attempts: attempts.map((attempt) => toAttemptMessage(attempt, job.jobId)),
      };
    }),

    unary(method.cancelJob, "submit", async ({ jobId, reason }, { caller }) => {
      const checkedReason = validateReason(reason);
      const job = await controlled(jobId, caller);
      const state = await store.cancel(job.jobId, checkedReason);
      metrics.cancelRequests.add(1, { queue: job.queue });
      return { state };
    }),

    unary(method.retryJob, "submit", async ({ jobId }, { caller }) => {
      const job = await controlled(jobId, caller);
      const state = await store.retry(job.jobId);
      metrics.retries.add(1, { queue: job.queue });
      return { state };
    }),

    unary(method.queueStats, "read", async ({ queue }) => {
      const stats = await store.stats(queue === "" ? "" : validateQueueName(queue));
      return { queues: stats.map(toQueueStatMessage) };
    }),
  ];
}
