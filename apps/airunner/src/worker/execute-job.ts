// SPDX-License-Identifier: Apache-2.0
import { resolve } from "node:path";
import { type Job, ResultReason } from "../gen/job/v1/job_pb.ts";
import { checkOutJob } from "./check-out-job.ts";
import { type JobFile, loadJobFile } from "./checkout/job-file.ts";
import { JobFileError } from "./checkout/job-file-error.ts";
import type { EventRecorder } from "./event-recorder.ts";
import { startHeartbeat } from "./heartbeat.ts";
import { JobFailure } from "./job-failure.ts";
import { makeJobFolder } from "./job-folder.ts";
import { type JobPlan, planJob } from "./job-plan.ts";
import { cancelSentence, endOfProcess, failedEnd, type JobEnd } from "./job-result.ts";
import type { JobStop, StopSwitch } from "./job-stop.ts";
import type { LeaseEnd } from "./lease-end.ts";
import { leaseMarginMs } from "./lease-keeper.ts";
import { createJobEnvironment } from "./process/environment.ts";
import { markerPrefix } from "./process/kill-attempt.ts";
import type { ProcessSpec } from "./process/process.ts";
import { recordError, runProcess } from "./run-process.ts";
import { startTimeLimit, type TimeLimit } from "./time-limit.ts";
import type { WorkerServices } from "./worker-services.ts";

export interface ExecuteOptions {
  readonly job: Job;
  readonly recorder: EventRecorder;
  readonly services: WorkerServices;
  readonly stop: StopSwitch;
  /** Milliseconds of silence after which a HEARTBEAT is recorded. */
  readonly heartbeatMs: number;
  /** The process is not to outlive it. */
  readonly leaseEnd: LeaseEnd;
}

export interface ExecutedJob extends JobEnd {
  /** It was stopped before it could end by itself, because the worker is being stopped. */
  readonly isInterrupted: boolean;
}

/** Does what a job says, and records its events. Every failure becomes the job's end; nothing is thrown for one. */
export async function executeJob(options: ExecuteOptions): Promise<ExecutedJob> {
  const { job, recorder, services, stop } = options;
  try {
    return await execute(options);
  } catch (error) {
    const isOwn = error instanceof JobFailure;
    const asked = stop.asked();
    if (!isOwn && asked !== undefined) return stoppedEnd(asked);
    if (!isOwn) {
      services.log.error(
        { jobId: job.jobId, attempt: job.attempt, err: error },
        "the worker failed at a job",
      );
    }
    const message = isOwn ? error.message : `Something failed in the worker: ${textOf(error)}.`;
    recordError(recorder, message);
    const reason = isOwn ? error.reason : ResultReason.WORKER_ERROR;
    return { ...failedEnd(reason, message), isInterrupted: false };
  }
}

async function execute(options: ExecuteOptions): Promise<ExecutedJob> {
  const { job, recorder, services, stop, leaseEnd } = options;
  const { clock } = services;
  const guardMarginMs = leaseMarginMs(services.settings.leaseSeconds) / 2;
  const plan = planJob(job);
  let isProcessAlive = false;
  using _heartbeat = startHeartbeat({
    recorder,
    clock: services.clock,
    intervalMs: options.heartbeatMs,
    isProcessAlive: () => isProcessAlive,
  });
  const ownLimit = startTimeLimit(plan.timeoutSeconds, services.clock);
  await using checkout =
    plan.checkout === undefined
      ? undefined
      : await checkOutJob({ ...options, params: plan.checkout, limit: ownLimit, signal: stop.signal });
  // A job that names a directory knows where it wants to be; two that do not must not find each other's files.
  await using folder =
    checkout === undefined && plan.workingDirectory === "" ? await makeJobFolder(services, job) : undefined;
  const file =
    plan.command === undefined && checkout !== undefined ? await readFile(checkout.directory) : undefined;
  // A limit of the job itself covers the checkout; one of the file is about its command.
  const limit =
    plan.timeoutSeconds === 0 ? startTimeLimit(file?.timeoutSeconds ?? 0, services.clock) : ownLimit;
  const spec = toSpec(options, { plan, file, limit, directory: checkout?.directory ?? folder?.path });
  stop.signal.throwIfAborted();
  isProcessAlive = true;
  const end = await runProcess({
    spec,
    timeoutSeconds: limit.seconds,
    recorder,
    stop,
    leaseEnd,
    guardMarginMs,
    clock,
  });
  isProcessAlive = false;
  const context = { timeoutSeconds: limit.seconds, cancelReason: stop.asked()?.detail ?? "" };
  return { ...endOfProcess(end, context), isInterrupted: end.stoppedBy === "shutdown" };
}

interface SpecParts {
  readonly plan: JobPlan;
  readonly file: JobFile | undefined;
  readonly limit: TimeLimit;
  /** Of the checkout, or the attempt's own; `undefined` where it has neither. */
  readonly directory: string | undefined;
}

function toSpec({ job, services }: ExecuteOptions, parts: SpecParts): Omit<ProcessSpec, "onOutput"> {
  const { plan, file, limit, directory } = parts;
  const { settings, guard } = services;
  const leftMs = limit.leftMs();
  // As in the Go program: what is not said to be a pipe is a terminal.
  const mode = plan.mode ?? file?.processType ?? "pty";
  return {
    command: plan.command?.name ?? file?.command ?? "",
    args: plan.command?.args ?? file?.args ?? [],
    env: createJobEnvironment({
      worker: settings.env,
      job: { ...allowed(settings), ...file?.environment, ...plan.environment },
      jobId: job.jobId,
      attempt: job.attempt,
      mode,
    }),
    cwd: resolve(file?.workingDirectory ?? directory ?? settings.workspace, plan.workingDirectory),
    mode,
    ...(leftMs !== Number.POSITIVE_INFINITY && { timeoutMs: Math.max(1, leftMs) }),
    killGraceMs: settings.killGraceMs,
    outputGraceMs: settings.outputGraceMs,
    marker: markerOf(job),
    ...(guard !== undefined && { guard }),
  };
}

async function readFile(directory: string): Promise<JobFile> {
  try {
    return await loadJobFile(directory);
  } catch (error) {
    if (!(error instanceof JobFileError)) throw error;
    throw new JobFailure(ResultReason.CHECKOUT_FAILED, error.message, { cause: error });
  }
}

function allowed({ env, envAllow }: WorkerServices["settings"]): Readonly<Record<string, string>> {
  return Object.fromEntries(envAllow.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
}

/** Two workers of one machine may run two attempts of one job for a moment, so the time is part of it. */
function markerOf({ jobId, attempt }: Job): string {
  return `${markerPrefix(jobId, attempt)}${process.pid}.${Date.now().toString(36)}`;
}

function stoppedEnd({ reason, detail }: JobStop): ExecutedJob {
  const isInterrupted = reason === "shutdown";
  switch (reason) {
    case "cancel":
      return { ...failedEnd(ResultReason.CANCELLED, cancelSentence(detail)), isInterrupted };
    case "shutdown":
      return { ...failedEnd(ResultReason.WORKER_STOPPED, "The worker was stopped."), isInterrupted };
    case "lease_lost":
    case "timeout":
      return {
        ...failedEnd(ResultReason.LEASE_LOST, "The worker lost its lease on the job."),
        isInterrupted,
      };
  }
}

function textOf(error: unknown): string {
  return Error.isError(error) ? error.message : String(error);
}
