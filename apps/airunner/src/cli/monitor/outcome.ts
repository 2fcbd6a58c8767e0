// SPDX-License-Identifier: Apache-2.0
import {
  type Attempt,
  type Job,
  type JobEvent,
  type JobResult,
  JobState,
  ResultReason,
} from "../../gen/job/v1/job_pb.ts";
import { exitCodes } from "../exit-codes.ts";
import { harmless } from "../text/harmless.ts";

/** How a job, or one attempt of it, ended: what the command exits with and says. */
export interface Outcome {
  /** 0 to 255. */
  readonly exitCode: number;
  /** One sentence; "" where the end of the process, which was shown, says it all. */
  readonly sentence: string;
  readonly isSuccess: boolean;
}

/**
 * Of a job that has ended, or of one attempt of it.
 *
 * @param isEndShown the end of the process stood in the log and was shown
 */
function outcomeOfResult(result: JobResult, state: JobState, isEndShown: boolean): Outcome {
  const message = harmless(result.errorMessage);
  if (state === JobState.CANCELLED || result.reason === ResultReason.CANCELLED) {
    return failure(exitCodes.cancelled, message || "The job was cancelled");
  }
  if (result.reason === ResultReason.TIMED_OUT) {
    return failure(exitCodes.timedOut, message || "The job ran out of its time limit");
  }
  if (result.success) return { exitCode: exitCodes.success, sentence: "", isSuccess: true };
  const isPlain = result.reason === ResultReason.EXITED || result.reason === ResultReason.SIGNALED;
  const how = result.signal === "" ? `exit code ${result.exitCode}` : `signal ${harmless(result.signal)}`;
  const sentence = message || `The job failed${result.exitCode === 0 ? "" : ` (${how})`}`;
  return failure(processCode(result.exitCode), isPlain && isEndShown ? "" : sentence);
}

export function outcomeOfJob(job: Job, isEndShown: boolean): Outcome {
  if (job.result !== undefined) return outcomeOfResult(job.result, job.state, isEndShown);
  // Without a result: cancelled before it ran, or ended by a server that keeps none.
  if (job.state === JobState.COMPLETED) return { exitCode: 0, sentence: "", isSuccess: true };
  if (job.state === JobState.CANCELLED) {
    const because = job.cancelReason === "" ? "" : `: ${harmless(job.cancelReason)}`;
    return failure(exitCodes.cancelled, `The job was cancelled${because}`);
  }
  if (job.state === JobState.FAILED) return failure(exitCodes.failed, "The job failed");
  return failure(exitCodes.failed, "The job has not ended yet");
}

export function outcomeOfAttempt(job: Job, attempt: Attempt | undefined, number: number): Outcome {
  if (attempt?.result !== undefined) return outcomeOfResult(attempt.result, JobState.UNSPECIFIED, false);
  const state = attempt === undefined ? "is not known any more" : "ended without a result";
  return failure(exitCodes.failed, `Attempt ${number} of job ${job.jobId} ${state}`);
}

/** Of a server that tells no results: what the log says last. */
export function outcomeOfEvents(last: JobEvent | undefined): Outcome {
  if (last?.eventData.case === "processEnd") {
    const { exitCode } = last.eventData.value;
    return exitCode === 0
      ? { exitCode: exitCodes.success, sentence: "", isSuccess: true }
      : failure(processCode(exitCode), "");
  }
  if (last?.eventData.case === "processError") {
    return failure(exitCodes.failed, `The job failed: ${harmless(last.eventData.value.errorMessage)}`);
  }
  return failure(exitCodes.failed, "The stream ended without the end of the job; how it went is not known");
}

/** What a process of ours can exit with. A failed job without a process of its own, or with a code of 256, is 1. */
function processCode(exitCode: number): number {
  return (exitCode & 0xff) === 0 ? exitCodes.failed : exitCode & 0xff;
}

function failure(exitCode: number, sentence: string): Outcome {
  return { exitCode, sentence, isSuccess: false };
}
