// SPDX-License-Identifier: Apache-2.0
import {
  type Attempt,
  AttemptState,
  type GetJobResponse,
  type Job,
  type JobParams,
  type JobResult,
  JobState,
  ProcessType,
} from "../../gen/job/v1/job_pb.ts";
import { cell, harmless } from "../text/harmless.ts";
import { attemptStateName, jobStateName, reasonName } from "../text/names.ts";
import { dateTime, roughly, toMs, toNanoseconds } from "../text/times.ts";

type Row = readonly [label: string, value: string];

/** Everything about a job on one page: lines with their ends, harmless to a terminal. */
export function jobPage({ job, attempts }: GetJobResponse, nowMs: number): string {
  if (job === undefined) return "The server told nothing about this job.\n";
  const sections = [
    lines(overview(job, nowMs)),
    heading("Parameters", job.jobParams === undefined ? [] : parameters(job.jobParams)),
    heading("Environment", pairs(job.jobParams?.environment, job.environmentRedacted)),
    heading("Metadata", pairs(job.jobParams?.metadata, false)),
    attemptsTable(attempts, nowMs),
    story(job, attempts),
  ];
  return sections.filter((section) => section !== "").join("\n");
}

function overview(job: Job, nowMs: number): readonly Row[] {
  const { result, retryPolicy } = job;
  return [
    ["Job", job.jobId],
    ["State", stateText(job)],
    ["Queue", job.queue],
    ["Priority", job.priority === 0 ? "" : String(job.priority)],
    ["Submitter", job.submitter],
    ["Created", moment(job.createdAt, nowMs)],
    ["Updated", moment(job.updatedAt, nowMs)],
    ["Not before", job.state === JobState.SCHEDULED ? moment(job.notBefore, nowMs) : ""],
    [
      "Retries",
      retryPolicy === undefined
        ? ""
        : `up to ${retryPolicy.maxAttempts} attempts, first wait ${roughly(toNanoseconds(retryPolicy.initialBackoff) / 1e6)}`,
    ],
    ["Result", result === undefined ? "" : resultText(result)],
    ["Took", result === undefined ? "" : span(result)],
  ];
}

function stateText(job: Job): string {
  const name = jobStateName(job.state);
  if (job.cancelRequested && job.state === JobState.RUNNING) return `${name}, cancelling was asked for`;
  return job.dead ? `${name}: its attempts are used up` : name;
}

function parameters(params: JobParams): readonly Row[] {
  const { gitClone } = params;
  return [
    ["Command", commandLine(params)],
    ["Repository", params.repository],
    ["Branch", params.branch],
    ["Commit", params.commit],
    ["Checkout", gitClone?.enabled === true ? cloneText(gitClone) : ""],
    ["Directory", params.workingDirectory],
    ["Process", params.processType === ProcessType.PIPE ? "pipe" : "terminal"],
    ["Time limit", params.timeoutSeconds === 0 ? "" : roughly(params.timeoutSeconds * 1000)],
    ["Owner", params.owner],
  ];
}

function cloneText({ depth, submodules }: { readonly depth: number; readonly submodules: boolean }): string {
  return [depth === 0 ? "yes" : `yes, depth ${depth}`, submodules ? "with submodules" : ""]
    .filter(Boolean)
    .join(", ");
}

/** As it could be typed: words with blanks or quotes in quotes. */
function commandLine({ command, args }: JobParams): string {
  if (command === "") return "";
  return [command, ...args]
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(" ");
}

function pairs(map: Readonly<Record<string, string>> | undefined, areHidden: boolean): readonly Row[] {
  return Object.entries(map ?? {})
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => [name, areHidden ? "(hidden)" : value || '""']);
}

const attemptColumns = [
  ["Attempt", 7, (attempt: Attempt) => String(attempt.number)],
  ["State", 10, (attempt: Attempt) => attemptStateName(attempt.state)],
  ["Worker", 24, (attempt: Attempt) => attempt.worker || "-"],
  ["Started", 19, (attempt: Attempt) => dateTime(toMs(attempt.startedAt))],
  ["Took", 8, attemptTook],
  ["Events", 8, (attempt: Attempt) => String(attempt.lastSequence)],
  ["Result", 60, (attempt: Attempt) => (attempt.result === undefined ? "" : resultText(attempt.result))],
] as const;

function attemptsTable(attempts: readonly Attempt[], nowMs: number): string {
  if (attempts.length === 0) return "";
  const header = attemptColumns.map(([name, width]) => cell(name, width)).join(" ");
  const rows = attempts.map((attempt) =>
    attemptColumns.map(([, width, value]) => cell(value(attempt, nowMs), width)).join(" "),
  );
  return ["Attempts", header, ...rows]
    .map((line, index) => `${index === 0 ? "" : "  "}${line.trimEnd()}\n`)
    .join("");
}

function attemptTook(attempt: Attempt, nowMs: number): string {
  const from = toMs(attempt.startedAt);
  const to = toMs(attempt.endedAt) ?? (attempt.state === AttemptState.RUNNING ? nowMs : undefined);
  return from === undefined || to === undefined ? "-" : roughly(to - from);
}

function resultText(result: JobResult): string {
  if (result.success) return "succeeded";
  if (result.errorMessage !== "") return result.errorMessage;
  const reason = reasonName(result.reason);
  const how = result.signal === "" ? `exit code ${result.exitCode}` : `signal ${result.signal}`;
  return reason === "exited" || reason === "unspecified" ? how : `${reason} (${how})`;
}

/** One sentence of what to do next. */
function story(job: Job, attempts: readonly Attempt[]): string {
  const watch = `airunner-cli monitor ${job.jobId}`;
  if (job.state === JobState.FAILED || job.state === JobState.CANCELLED) {
    const see = attempts.length === 0 ? "" : `'${watch}' shows its output, `;
    return `${see}'airunner-cli retry ${job.jobId}' runs it again.\n`;
  }
  if (job.state === JobState.SCHEDULED || job.state === JobState.RUNNING) {
    return `'${watch}' shows its output, 'airunner-cli cancel ${job.jobId}' ends it.\n`;
  }
  return `'${watch}' shows its output.\n`;
}

function span(result: JobResult): string {
  const from = toMs(result.startedAt);
  const to = toMs(result.completedAt);
  return from === undefined || to === undefined ? "" : roughly(to - from);
}

function moment(timestamp: Job["createdAt"], nowMs: number): string {
  const ms = toMs(timestamp);
  if (ms === undefined) return "";
  const away = nowMs - ms;
  return `${dateTime(ms)} UTC (${away >= 0 ? `${roughly(away)} ago` : `in ${roughly(-away)}`})`;
}

function heading(title: string, rows: readonly Row[]): string {
  const text = lines(rows, "  ");
  return text === "" ? "" : `${title}\n${text}`;
}

/** Rows without a value are left out. */
function lines(rows: readonly Row[], indent = ""): string {
  const shown = rows
    .filter(([, value]) => value !== "")
    .map(([label, value]) => [harmless(label), harmless(value)] as const);
  const width = Math.min(30, Math.max(0, ...shown.map(([label]) => label.length)));
  return shown.map(([label, value]) => `${indent}${label.padEnd(width)}  ${value}\n`).join("");
}
