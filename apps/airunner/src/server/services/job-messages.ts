// SPDX-License-Identifier: Apache-2.0
// The domain as the protocol shows it.
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { durationFromMs, timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  type AttemptSchema,
  type ExecutionConfig,
  ExecutionConfigSchema,
  type JobParamsSchema,
  type JobResultSchema,
  type JobSchema,
  type QueueStatSchema,
} from "../../gen/job/v1/job_pb.ts";
import type { Attempt, Job, Result } from "../../job/job.ts";
import type { QueueStat } from "../../job/job-store.ts";
import { hasEnded } from "../../job/transition.ts";
import type { ExecutionSettings } from "../settings/settings.ts";

/** What stands in place of an environment value that the caller may not see. */
const hiddenValue = "[hidden]";

/** Make it once: it is part of every job that is sent. */
export function toExecutionConfig(settings: ExecutionSettings): ExecutionConfig {
  return create(ExecutionConfigSchema, {
    batching: {
      flushIntervalSeconds: settings.flushIntervalSeconds,
      maxBatchSize: settings.maxBatchSize,
      maxBatchBytes: BigInt(settings.maxBatchBytes),
      playbackIntervalMillis: settings.playbackIntervalMs,
    },
    heartbeatIntervalSeconds: settings.heartbeatIntervalSeconds,
    outputFlushIntervalMillis: settings.outputFlushIntervalMs,
  });
}

export interface JobView {
  readonly executionConfig: ExecutionConfig;
  /** Whether the caller may see the values of the environment. */
  readonly showsSecrets: boolean;
}

export function toJobMessage(
  job: Job,
  { executionConfig, showsSecrets }: JobView,
): MessageInitShape<typeof JobSchema> {
  const { params, notBeforeMs, retryPolicy, result, cancel } = job;
  const isHidden = !showsSecrets && Object.keys(params.environment).length > 0;
  return {
    jobId: job.jobId,
    jobParams: isHidden ? hideEnvironment(params) : params,
    state: job.state,
    createdAt: timestampFromMs(job.createdAtMs),
    updatedAt: timestampFromMs(job.updatedAtMs),
    executionConfig,
    queue: job.queue,
    attempt: job.attempt,
    priority: job.priority,
    submitter: job.submitter,
    // The store keeps the request with a job that was cancelled; there is nothing left to answer then.
    cancelRequested: cancel !== undefined && !hasEnded(job),
    cancelReason: cancel?.reason ?? "",
    dead: job.isDead,
    environmentRedacted: isHidden,
    ...(result !== undefined && { result: toResultMessage(result, job.jobId) }),
    ...(notBeforeMs !== undefined && { notBefore: timestampFromMs(notBeforeMs) }),
    ...(retryPolicy !== undefined && {
      retryPolicy: {
        maxAttempts: retryPolicy.maxAttempts,
        initialBackoff: durationFromMs(retryPolicy.initialBackoffMs),
        maxBackoff: durationFromMs(retryPolicy.maxBackoffMs),
      },
    }),
  };
}

/** A copy: the store's own parameters are never changed. */
function hideEnvironment(params: Job["params"]): MessageInitShape<typeof JobParamsSchema> {
  const environment = Object.fromEntries(Object.keys(params.environment).map((name) => [name, hiddenValue]));
  return { ...params, environment };
}

function toResultMessage(result: Result, jobId: string): MessageInitShape<typeof JobResultSchema> {
  return {
    jobId,
    success: result.isSuccess,
    exitCode: result.exitCode,
    errorMessage: result.message,
    completedAt: timestampFromMs(result.completedAtMs),
    signal: result.signal,
    reason: result.reason,
    ...(result.startedAtMs !== undefined && { startedAt: timestampFromMs(result.startedAtMs) }),
  };
}

export function toAttemptMessage(attempt: Attempt, jobId: string): MessageInitShape<typeof AttemptSchema> {
  const { endedAtMs, leaseExpiresAtMs, result } = attempt;
  return {
    number: attempt.number,
    state: attempt.state,
    worker: attempt.worker,
    startedAt: timestampFromMs(attempt.startedAtMs),
    lastSequence: BigInt(attempt.lastSequence),
    ...(endedAtMs !== undefined && { endedAt: timestampFromMs(endedAtMs) }),
    ...(leaseExpiresAtMs !== undefined && { leaseExpiresAt: timestampFromMs(leaseExpiresAtMs) }),
    ...(result !== undefined && { result: toResultMessage(result, jobId) }),
  };
}

export function toQueueStatMessage(stat: QueueStat): MessageInitShape<typeof QueueStatSchema> {
  const { oldestScheduledAtMs } = stat;
  return {
    queue: stat.queue,
    scheduled: BigInt(stat.scheduled),
    delayed: BigInt(stat.delayed),
    running: BigInt(stat.running),
    completed: BigInt(stat.completed),
    failed: BigInt(stat.failed),
    cancelled: BigInt(stat.cancelled),
    dead: BigInt(stat.dead),
    waitingWorkers: stat.waitingWorkers,
    ...(oldestScheduledAtMs !== undefined && { oldestScheduledAt: timestampFromMs(oldestScheduledAtMs) }),
  };
}
