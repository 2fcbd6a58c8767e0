// SPDX-License-Identifier: Apache-2.0
import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { type JobResult, JobResultSchema, ResultReason } from "../gen/job/v1/job_pb.ts";
import type { ProcessEnd } from "./process/process.ts";

/** How the work on a job ended, before it is told to the server. */
export interface JobEnd {
  readonly isSuccess: boolean;
  readonly exitCode: number;
  readonly signal: string;
  readonly reason: ResultReason;
  /** One sentence; "" after a success. */
  readonly message: string;
}

/** A job that ended without a process of its own. */
export function failedEnd(reason: ResultReason, message: string): JobEnd {
  return { isSuccess: false, exitCode: 0, signal: "", reason, message };
}

export interface EndContext {
  /** 0 where there is none. */
  readonly timeoutSeconds: number;
  readonly cancelReason: string;
}

/** What the end of the process says of the job: only an exit with 0 that nobody forced is a success. */
export function endOfProcess(end: ProcessEnd, context: EndContext): JobEnd {
  const { exitCode, signal } = end;
  const failed = (reason: ResultReason, message: string): JobEnd => ({
    isSuccess: false,
    exitCode,
    signal,
    reason,
    message,
  });
  switch (end.stoppedBy) {
    case "timeout":
      return failed(ResultReason.TIMED_OUT, timeoutSentence(context.timeoutSeconds));
    case "cancel":
      return failed(ResultReason.CANCELLED, cancelSentence(context.cancelReason));
    case "lease_lost":
      return failed(ResultReason.LEASE_LOST, "The worker lost its lease on the job.");
    case "shutdown":
      return failed(ResultReason.WORKER_STOPPED, "The worker was stopped before the job could end.");
    case undefined:
      break;
  }
  if (signal !== "") return failed(ResultReason.SIGNALED, `The command was ended by ${signal}.`);
  if (exitCode !== 0) return failed(ResultReason.EXITED, `The command exited with code ${exitCode}.`);
  return { isSuccess: true, exitCode: 0, signal: "", reason: ResultReason.EXITED, message: "" };
}

export function timeoutSentence(timeoutSeconds: number): string {
  return `The job ran longer than its time limit of ${timeoutSeconds} s.`;
}

export function cancelSentence(reason: string): string {
  return reason === "" ? "The job was cancelled." : `The job was cancelled: ${reason}`;
}

export function toJobResult(
  jobId: string,
  end: JobEnd,
  startedAtMs: number,
  completedAtMs: number,
): JobResult {
  return create(JobResultSchema, {
    jobId,
    success: end.isSuccess,
    exitCode: end.exitCode,
    errorMessage: end.message,
    startedAt: timestampFromMs(startedAtMs),
    completedAt: timestampFromMs(completedAtMs),
    signal: end.signal,
    reason: end.reason,
  });
}
