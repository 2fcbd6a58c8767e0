// SPDX-License-Identifier: Apache-2.0
// What workers do with jobs.
import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  type DequeueJobRequest,
  type DequeueJobResponseSchema,
  type ExecutionConfig,
  JobService,
} from "../../gen/job/v1/job_pb.ts";
import { JobError } from "../../job/errors.ts";
import type { Lease } from "../../job/job.ts";
import type { Claim } from "../../job/job-store.ts";
import { validateReason } from "../../job/validate.ts";
import type { CallContext, RpcMethod } from "../rpc/method.ts";
import { serverStream, unary } from "./define-method.ts";
import { stateName } from "./enum-names.ts";
import { toExecutionConfig, toJobMessage } from "./job-messages.ts";
import {
  forLegacyWorker,
  isLegacy,
  isShortForLegacy,
  toClaimRequest,
  toLeaseMs,
  toResult,
} from "./job-requests.ts";
import type { LeaseOrder } from "./lease-order.ts";
import type { ServiceOptions } from "./service-options.ts";

type DequeueJobResponseInit = MessageInitShape<typeof DequeueJobResponseSchema>;

/** DequeueJob, UpdateJob, CompleteJob and ReleaseJob. */
export function workMethods(options: ServiceOptions, order: LeaseOrder): readonly RpcMethod[] {
  const { store, tokens, metrics, now, defaultLeaseSeconds } = options;
  const { method } = JobService;
  const dequeueOptions = { ...options, executionConfig: toExecutionConfig(options.execution) };

  /** Only where it matters: short leases are rare, and each look costs a read of the store. */
  async function leaseMsFor(lease: Lease, seconds: number): Promise<number> {
    const leaseMs = toLeaseMs(seconds, defaultLeaseSeconds);
    if (!isShortForLegacy(leaseMs)) return leaseMs;
    const { attempts } = await store.get(lease.jobId);
    const worker = attempts.find(({ number }) => number === lease.attempt)?.worker;
    return worker !== undefined && isLegacy(worker) ? forLegacyWorker(leaseMs) : leaseMs;
  }

  return [
    serverStream(method.dequeueJob, "work", (request, context) => dequeue(dequeueOptions, request, context)),

    unary(method.updateJob, "work", async (request) => {
      const lease = tokens.read(request.taskToken);
      if (request.queue !== lease.queue) {
        throw new JobError("queue_mismatch", "queue is not the one of the task token.", { field: "queue" });
      }
      const leaseMs = await leaseMsFor(lease, request.visibilityTimeoutSeconds);
      const { expiresAtMs, cancel } = await store.extend(lease, leaseMs);
      metrics.visibilityUpdates.add(1);
      return {
        leaseExpiresAt: timestampFromMs(expiresAtMs),
        cancelRequested: cancel !== undefined,
        cancelReason: cancel?.reason ?? "",
      };
    }),

    unary(method.completeJob, "work", async (request) => {
      const lease = tokens.read(request.taskToken);
      const result = toResult(request, lease, now());
      const state = await order.runLast(lease, () => store.complete(lease, result));
      metrics.completed.add(1, { queue: lease.queue, state: stateName(state) });
      return { state };
    }),

    unary(method.releaseJob, "work", async (request) => {
      const lease = tokens.read(request.taskToken);
      const reason = validateReason(request.reason);
      const state = await order.runLast(lease, () => store.release(lease, reason));
      metrics.released.add(1, { queue: lease.queue });
      return { state };
    }),
  ];
}

interface DequeueOptions extends ServiceOptions {
  readonly executionConfig: ExecutionConfig;
}

/** Waits for jobs, sends them, and gives back those that did not reach the worker. */
async function* dequeue(
  options: DequeueOptions,
  request: DequeueJobRequest,
  { signal }: CallContext,
): AsyncGenerator<DequeueJobResponseInit, void, undefined> {
  const { store, tokens, metrics, executionConfig } = options;
  const claims = await store.claim(toClaimRequest(request, options.defaultLeaseSeconds), signal);
  let sent = 0;
  try {
    for (const { job, lease } of claims) {
      if (signal.aborted) return;
      yield {
        job: toJobMessage(job, { executionConfig, showsSecrets: true }),
        taskToken: tokens.issue(lease),
      };
      // Taken by a call that has ended meanwhile: its worker was told that there is no job.
      if (signal.aborted) return;
      sent += 1;
      metrics.dequeued.add(1, { queue: job.queue });
      if (lease.attempt > 1) metrics.redelivered.add(1, { queue: job.queue });
    }
  } finally {
    await giveBack(options, claims.slice(sent));
  }
}

/** With a call that is over: nothing of it may decide whether the jobs go back. */
async function giveBack({ store, metrics, logger }: ServiceOptions, claims: readonly Claim[]): Promise<void> {
  await Promise.all(
    claims.map(async ({ lease }) => {
      try {
        await store.release(lease, "The worker was gone before it had the job.");
        metrics.released.add(1, { queue: lease.queue });
      } catch (error) {
        // Its lease runs out by itself.
        logger.warn({ jobId: lease.jobId, attempt: lease.attempt, err: error }, "job not given back");
      }
    }),
  );
}
