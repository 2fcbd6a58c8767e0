// SPDX-License-Identifier: Apache-2.0
import { type Job, JobState } from "../../gen/job/v1/job_pb.ts";
import { cell, harmless } from "../text/harmless.ts";
import { jobStateName, reasonName } from "../text/names.ts";
import { dateTime, toMs } from "../text/times.ts";

export interface ListTable {
  readonly jobs: readonly Job[];
  readonly lastPage: number;
  readonly page: number;
  /** "" is all. */
  readonly queue: string;
  /** As the user wrote it; "" is all. */
  readonly state: string;
}

type Column = readonly [title: string, width: number, value: (job: Job) => string];

/** The Go program's columns at its widths, then how the job ended. */
const columns: readonly Column[] = [
  ["Job ID", 36, (job) => job.jobId],
  ["Queue", 12, (job) => job.queue || job.jobParams?.metadata["queue"] || "unknown"],
  ["State", 15, stateOf],
  ["Repository", 25, (job) => job.jobParams?.repository ?? ""],
  ["Owner", 20, (job) => job.jobParams?.owner ?? ""],
  ["Created At", 20, (job) => dateTime(toMs(job.createdAt))],
  ["Result", 16, resultOf],
];

/** Lines with their ends; nothing in them acts on a terminal, whatever the jobs hold. */
export function listTable({ jobs, lastPage, page, queue, state }: ListTable): string {
  const filters = `queue: ${harmless(queue) || "all"}, state: ${harmless(state) || "all"}`;
  const title = `Jobs (${filters}, page: ${page}/${lastPage}):`;
  if (jobs.length === 0) return `${title}\nNo jobs found.\n`;
  const header = columns.map(([name, width]) => cell(name, width)).join(" ");
  const rows = jobs.map((job) => columns.map(([, width, value]) => cell(value(job), width)).join(" "));
  return [
    title,
    header.trimEnd(),
    "─".repeat(header.trimEnd().length > 130 ? 145 : 130),
    ...rows.map((row) => row.trimEnd()),
    "",
    `Total jobs on this page: ${jobs.length}`,
    ...pagesHint(page, lastPage),
    "",
  ].join("\n");
}

function pagesHint(page: number, lastPage: number): readonly string[] {
  if (lastPage <= 1) return [];
  const pages = `Pages: ${page}/${lastPage}`;
  return page < lastPage ? [pages, `Use --page=${page + 1} to see next page`] : [pages];
}

function stateOf(job: Job): string {
  if (job.state === JobState.RUNNING && job.cancelRequested) return "cancelling";
  if (job.dead) return "failed (dead)";
  return jobStateName(job.state);
}

/** As `exit 3`, `SIGKILL`, `timed out`; "" while there is none. */
function resultOf(job: Job): string {
  const { result } = job;
  if (result === undefined) return "";
  if (result.success) return "ok";
  if (result.signal !== "" && reasonName(result.reason) === "signaled") return result.signal;
  const reason = reasonName(result.reason);
  return reason === "exited" || reason === "unspecified" ? `exit ${result.exitCode}` : reason;
}
