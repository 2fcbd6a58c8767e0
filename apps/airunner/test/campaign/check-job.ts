// SPDX-License-Identifier: Apache-2.0

import { attemptStateName, jobStateName } from "../../src/cli/text/names.ts";
import { toMs } from "../../src/cli/text/times.ts";
import { type Attempt, AttemptState, JobState } from "../../src/gen/job/v1/job_pb.ts";
import { hasEnded, type Truth } from "./truth.ts";

/** Of a job without a policy: attempts that may be lost. */
const lostAttempts = 3;

export interface JobRules {
  /** Of the retry policy; `undefined` without one. */
  readonly maxAttempts: number | undefined;
  readonly isCancelAsked: boolean;
}

/** Whether a job and its attempts agree with each other: one end, fenced attempts, no more of them than allowed. */
export function checkJob({ job, attempts }: Truth, rules: JobRules): string[] {
  const found: string[] = [];
  const violate = (what: string): void => void found.push(`Job ${job.jobId} ${what} (${summary(attempts)}).`);
  if (!hasEnded(job)) violate("has not ended");
  if (attempts.length !== job.attempt || attempts.some(({ number }, index) => number !== index + 1))
    violate(`is at attempt ${job.attempt}, and its attempts are numbered otherwise`);
  for (const [index, attempt] of attempts.entries()) {
    const before = attempts[index - 1];
    if (attempt.state === AttemptState.RUNNING) violate(`has attempt ${attempt.number} running`);
    const [start, end] = [toMs(attempt.startedAt) ?? 0, toMs(before?.endedAt) ?? 0];
    if (start < end) violate(`began attempt ${attempt.number} before the end of the one before`);
    if (index < attempts.length - 1) checkEarlier(attempt, rules, violate);
  }
  const counted = attempts.filter(({ state }) => state !== AttemptState.RELEASED).length;
  const most = rules.maxAttempts ?? lostAttempts;
  if (counted > most) violate(`had ${counted} attempts where ${most} are allowed`);
  checkEnd({ job, attempts }, { ...rules, isUsedUp: counted === most }, violate);
  return found;
}

/** Of an attempt that another followed. */
function checkEarlier(
  { number, state }: Attempt,
  { maxAttempts }: JobRules,
  violate: (what: string) => void,
): void {
  if (state === AttemptState.SUCCEEDED || state === AttemptState.CANCELLED)
    violate(`went on after attempt ${number}, which had ended it`);
  if (state === AttemptState.FAILED && maxAttempts === undefined)
    violate(`was repeated without a policy after attempt ${number} failed`);
}

function checkEnd(
  { job, attempts }: Pick<Truth, "job" | "attempts">,
  rules: JobRules & { readonly isUsedUp: boolean },
  violate: (what: string) => void,
): void {
  const last = attempts.at(-1);
  const { state } = job;
  if ((state === JobState.COMPLETED) !== (last?.state === AttemptState.SUCCEEDED))
    violate(`is ${jobStateName(state)}, which its last attempt does not say`);
  if (state === JobState.CANCELLED && !rules.isCancelAsked)
    violate("is CANCELLED, and nobody asked for that");
  if (state !== JobState.FAILED) return;
  const isFinal = last?.state === AttemptState.FAILED && rules.maxAttempts === undefined;
  if (!isFinal && !rules.isUsedUp) violate("has FAILED with attempts left");
  if (job.result?.exitCode !== last?.result?.exitCode || job.result?.reason !== last?.result?.reason)
    violate("has another result than its last attempt");
}

export function summary(attempts: readonly Attempt[]): string {
  return attempts
    .map(({ number, state, worker }) => `${number}: ${attemptStateName(state)} by ${worker}`)
    .join(", ");
}
