// SPDX-License-Identifier: Apache-2.0
import { waitFor } from "@repo/testkit";
import { type JobResult, ProcessType } from "../../src/gen/job/v1/job_pb.ts";
import type { ScriptedServer, ServedAttempt } from "./scripted-server.ts";

/** A job that is a line of shell, without a terminal. */
export function shell(script: string, more: object = {}) {
  return { command: "/bin/sh", args: ["-c", script], processType: ProcessType.PIPE, ...more };
}

/** For jobs that find each other's files: they run in the workspace itself. */
export const shared = { workingDirectory: "." };

/** Prints `lines` numbered lines of 100 bytes, with a pause after every hundred. */
export function manyLines(lines: number, pauseSeconds = 0): string {
  const pause = pauseSeconds === 0 ? "" : `if (NR % 100 == 0) { fflush(); system("sleep ${pauseSeconds}") }`;
  return `seq 1 ${lines} | awk '{ printf "%099d\\n", $1; ${pause} }'`;
}

export function expectedLines(lines: number): Buffer {
  return Buffer.concat(
    Array.from({ length: lines }, (_, index) => Buffer.from(`${String(index + 1).padStart(99, "0")}\n`)),
  );
}

export async function resultOf(server: ScriptedServer, jobId: string): Promise<JobResult> {
  return await waitFor(() => server.attemptsOf(jobId).at(-1)?.result, {
    what: `the result of ${jobId}`,
    deadlineMs: 40_000,
  });
}

export function lastAttempt(server: ScriptedServer, jobId: string): ServedAttempt {
  const attempt = server.attemptsOf(jobId).at(-1);
  if (attempt === undefined) throw new Error(`${jobId} has no attempt`);
  return attempt;
}
