// SPDX-License-Identifier: Apache-2.0
import { ResultReason } from "../gen/job/v1/job_pb.ts";
import type { Result } from "./job.ts";
import { limits } from "./limits.ts";

/** How the process ended, as the last PROCESS_END event of the attempt's log says. */
export interface ProcessEnd {
  /** 128 + n after signal n. */
  readonly exitCode: number;
  /** Name of the signal, "" where it exited or the worker did not say. */
  readonly signal: string;
}

function sentenceOf({ exitCode, signal, reason }: Pick<Result, "exitCode" | "signal" | "reason">): string {
  if (signal !== "") return `The command was ended by ${signal}.`;
  if (exitCode !== 0) return `The command exited with code ${exitCode}.`;
  return reason === ResultReason.CANCELLED
    ? "The job was cancelled."
    : "The worker reported a failure without saying why.";
}

/** Reason of a failure whose worker gave none, as those of the Go program. */
function reasonOf({ exitCode, signal }: ProcessEnd): ResultReason {
  if (signal !== "") return ResultReason.SIGNALED;
  return exitCode === 0 ? ResultReason.WORKER_ERROR : ResultReason.EXITED;
}

function succeeded(reported: Result): Result {
  return { ...reported, exitCode: 0, signal: "", reason: ResultReason.EXITED, message: "" };
}

/**
 * The truth about an attempt, from what its worker reports and what its log shows.
 *
 * Workers of the Go program report success for every process that they could watch to its end, whatever its exit
 * code; the log has the code, so a PROCESS_END other than 0 beats a reported success. A success that carries an
 * exit code of its own is a failure too. Of a failure, gaps are filled: code, signal, reason, message.
 */
export function settleResult(reported: Result, processEnd: ProcessEnd | undefined): Result {
  const hasFailed = (end: ProcessEnd): boolean => end.exitCode !== 0 || end.signal !== "";
  if (reported.isSuccess && !hasFailed(reported) && !(processEnd !== undefined && hasFailed(processEnd))) {
    return succeeded(reported);
  }
  const { exitCode, signal } = processEnd !== undefined && !hasFailed(reported) ? processEnd : reported;
  // A process that exited with 0 is no reason to fail.
  const isUnsaid =
    reported.reason === ResultReason.UNSPECIFIED ||
    (reported.reason === ResultReason.EXITED && exitCode === 0 && signal === "");
  const reason = reported.isSuccess || isUnsaid ? reasonOf({ exitCode, signal }) : reported.reason;
  const message = reported.message === "" ? sentenceOf({ exitCode, signal, reason }) : reported.message;
  return {
    ...reported,
    isSuccess: false,
    exitCode,
    signal,
    reason,
    message: message.slice(0, limits.messageLength),
  };
}
