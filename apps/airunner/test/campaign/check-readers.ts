// SPDX-License-Identifier: Apache-2.0
import { exitCodes } from "../../src/cli/exit-codes.ts";
import { JobState, ResultReason } from "../../src/gen/job/v1/job_pb.ts";
import { checkTranscript, type Transcript } from "./transcript.ts";
import type { Truth } from "./truth.ts";

export function checkReader(transcript: Transcript, { logs }: Truth): string[] {
  return checkTranscript(transcript, new Map([...logs].map(([attempt, { items }]) => [attempt, items])));
}

/** A monitor of the whole job exits with what the job's end means. */
export function checkExitCode({ job }: Truth, reader: string, code: number | null): string[] {
  const expected = expectedCode(job);
  return code === expected
    ? []
    : [`${reader} of job ${job.jobId} exited with ${code} instead of ${expected}.`];
}

function expectedCode({ state, result }: Truth["job"]): number {
  if (state === JobState.COMPLETED) return 0;
  if (state === JobState.CANCELLED) return exitCodes.cancelled;
  if (result?.reason === ResultReason.TIMED_OUT) return exitCodes.timedOut;
  return result === undefined || result.exitCode === 0 ? exitCodes.failed : result.exitCode;
}
