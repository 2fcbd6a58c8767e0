// SPDX-License-Identifier: Apache-2.0
import type { ProcessSpec } from "./process.ts";

export interface JobEnvironmentOptions {
  /** The worker's own environment, of which only PATH, HOME and LANG are taken. */
  readonly worker: Readonly<Record<string, string | undefined>>;
  /** The job's own variables; they win over the worker's. */
  readonly job: Readonly<Record<string, string>>;
  readonly jobId: string;
  readonly attempt: number;
  readonly mode: ProcessSpec["mode"];
}

/**
 * The environment of a job: PATH, HOME and LANG of the worker, TERM in a terminal, the job's own variables, and
 * AIRUNNER_JOB_ID and AIRUNNER_ATTEMPT. Nothing else of the worker, and so never its token.
 *
 * Without a value the worker's PATH is that of a Debian shell, HOME is "/", LANG is "C.UTF-8".
 */
export function createJobEnvironment(options: JobEnvironmentOptions): Readonly<Record<string, string>> {
  const { worker, job, jobId, attempt, mode } = options;
  return {
    PATH: worker.PATH || "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    HOME: worker.HOME || "/",
    LANG: worker.LANG || "C.UTF-8",
    ...(mode === "pty" ? { TERM: "xterm-256color" } : {}),
    ...job,
    AIRUNNER_JOB_ID: jobId,
    AIRUNNER_ATTEMPT: String(attempt),
  };
}
