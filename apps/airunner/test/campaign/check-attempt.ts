// SPDX-License-Identifier: Apache-2.0
import { attemptStateName, reasonName } from "../../src/cli/text/names.ts";
import { type Attempt, AttemptState, ResultReason } from "../../src/gen/job/v1/job_pb.ts";
import { attemptKey, type Facts } from "./facts.ts";
import { type CampaignJob, exitCodeOf, outputOf } from "./job.ts";
import { scriptedOutput } from "./publisher.ts";
import type { AttemptLog, Truth } from "./truth.ts";

const noLog: AttemptLog = { events: [], items: [], output: Buffer.alloc(0) };

/** What must hold of the log of every attempt, whoever wrote it. */
export function checkLogs({ job, attempts, logs }: Truth, facts: Facts): string[] {
  return attempts.flatMap(({ number, state, lastSequence }) => {
    const about = `Attempt ${number} of job ${job.jobId} (${attemptStateName(state)})`;
    const { items } = logs.get(number) ?? noLog;
    const key = attemptKey(job.jobId, number);
    const found: string[] = [];
    const wrong = items.findIndex(({ sequence }, index) => sequence !== index + 1);
    if (wrong >= 0)
      found.push(`${about} has sequence ${items[wrong]?.sequence} at place ${wrong + 1} of its log.`);
    if (items.length !== Number(lastSequence))
      found.push(`${about} has ${items.length} events and is said to have ${lastSequence}.`);
    const acknowledged = facts.acknowledged.get(key) ?? 0;
    if (items.length < acknowledged)
      found.push(`${about} has ${items.length} events; ${acknowledged} were acknowledged.`);
    for (const left of facts.left) {
      if (attemptKey(left.jobId, left.attempt) !== key || state === AttemptState.LOST) continue;
      // Who could end or give back the attempt has handed in first what the killed worker had.
      if (items.length < left.lastSequence)
        found.push(
          `${about} has ${items.length} events; its worker had ${left.lastSequence} on disk when killed.`,
        );
      if (left.hasResult && state === AttemptState.RELEASED)
        found.push(`${about} was given back, although its worker had its result on disk when killed.`);
    }
    return found;
  });
}

/** What must hold of an attempt that a worker ran: the exit code it really had, its output to the byte, one start. */
export function checkRun({ job, attempts, logs, journal }: Truth, plan: CampaignJob, facts: Facts): string[] {
  const found: string[] = [];
  const expected = outputOf(plan);
  for (const line of journal)
    if (line.startsWith("overlap"))
      found.push(`Job ${job.jobId} was run by two at once: ${journal.join(", ")}.`);
  for (const attempt of attempts) {
    const { number, state } = attempt;
    const about = `Attempt ${number} of job ${job.jobId} (${plan.tag}, ${plan.kind}, ${attemptStateName(state)} by ${attempt.worker})`;
    const begun = journal.filter((line) => line.startsWith(`begin ${number} `)).length;
    if (begun > 1) found.push(`${about} was started ${begun} times.`);
    const { output, events } = logs.get(number) ?? noLog;
    if (!output.equals(expected.subarray(0, output.length)))
      found.push(
        `${about} has output in its log that is not what the job writes: ${difference(output, expected)}.`,
      );
    const starts = events.filter(({ eventData }) => eventData.case === "processStart").length;
    const ends = events.filter(({ eventData }) => eventData.case === "processEnd").length;
    if (starts > 1 || ends > 1) found.push(`${about} has ${starts} starts and ${ends} ends in its log.`);
    const wrong = checkResult(attempt, {
      plan,
      journal,
      isKilled: facts.killed.has(attemptKey(job.jobId, number)),
    });
    if (wrong !== undefined) found.push(`${about} ${wrong}.`);
    const isWhole = state === AttemptState.SUCCEEDED || attempt.result?.reason === ResultReason.EXITED;
    if (isWhole && (output.length !== expected.length || ends !== 1))
      found.push(
        `${about} has ${output.length} of ${expected.length} bytes of output and ${ends} ends in its log.`,
      );
  }
  return found;
}

interface Run {
  readonly plan: CampaignJob;
  readonly journal: readonly string[];
  readonly isKilled: boolean;
}

/** Compares a reported result with the journal. */
function checkResult({ number, state, result }: Attempt, run: Run): string | undefined {
  const { plan, journal, isKilled } = run;
  const code = exitCodeOf(plan, number);
  const hasEnd = journal.includes(`end ${number} ${code}`);
  if (state === AttemptState.SUCCEEDED)
    return hasEnd && code === 0 ? undefined : `succeeded, but the journal says: ${journal.join(", ")}`;
  if (state !== AttemptState.FAILED) return undefined;
  const said = `${reasonName(result?.reason ?? 0)}, exit code ${result?.exitCode}: ${result?.errorMessage}`;
  switch (result?.reason) {
    case ResultReason.EXITED:
      return hasEnd && result.exitCode === code && code !== 0
        ? undefined
        : `is said to have ended with ${said}, but the journal says: ${journal.join(", ")}`;
    case ResultReason.SIGNALED:
      return isKilled && result.signal === "SIGKILL" ? undefined : `was ended by nobody (${said})`;
    case ResultReason.TIMED_OUT:
      return plan.timeoutSeconds > 0 ? undefined : "has no time limit and ran out of it";
    default:
      return `failed for no reason of this campaign (${said})`;
  }
}

/** What must hold of an attempt that the scripted publisher worked on. */
export function checkScripted({ job, attempts, logs }: Truth, facts: Facts): string[] {
  const ends = {
    succeeded: AttemptState.SUCCEEDED,
    failed: AttemptState.FAILED,
    released: AttemptState.RELEASED,
  } as const;
  return attempts.flatMap(({ number, state }) => {
    const about = `Attempt ${number} of scripted job ${job.jobId}`;
    const found: string[] = [];
    const { output, items } = logs.get(number) ?? noLog;
    const expected = Buffer.concat(items.map((_, index) => scriptedOutput(job.jobId, number, index + 1)));
    if (!output.equals(expected))
      found.push(`${about} has another output than what was published: ${difference(output, expected)}.`);
    const told = facts.toldEnds.get(attemptKey(job.jobId, number));
    if (told !== undefined && state !== ends[told])
      found.push(`${about} was acknowledged as ${told} and is ${attemptStateName(state)}.`);
    return found;
  });
}

function difference(output: Buffer, expected: Buffer): string {
  const at = output.findIndex((byte, index) => byte !== expected[index]);
  const from = Math.max(0, (at < 0 ? expected.length : at) - 20);
  const show = (bytes: Buffer): string => JSON.stringify(bytes.subarray(from, from + 60).toString());
  return `at byte ${at} there is ${show(output)} instead of ${show(expected)}`;
}
