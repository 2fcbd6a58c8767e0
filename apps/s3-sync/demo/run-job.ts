// SPDX-License-Identifier: Apache-2.0

import { formatCount, type Update } from "@repo/tools/stage";
import { execa } from "execa";
import { z } from "zod";
import {
  findSummary,
  type JobSummary,
  jobEnvironment,
  parseJson,
  requireBundle,
} from "../test/support/job.ts";
import type { World } from "./world.ts";

/** Longest job that is not a hang, milliseconds. */
const deadlineMs = 180_000;

export interface JobOptions {
  readonly world: Pick<World, "source" | "destination">;
  readonly rclone: string;
  readonly configDir: string;
  /** Settings beside the eight required variables. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly update: Update;
  /** Lets the job write to this process's standard error; on a terminal it shows its plan there. */
  readonly sharesTerminal?: boolean;
}

export interface JobResult {
  /** The exit code, or the name of the signal that ended it. */
  readonly exit: number | string;
  readonly durationMs: number;
  /** `undefined` when the program died without one. */
  readonly summary: JobSummary | undefined;
  /** Everything it wrote. */
  readonly lines: readonly string[];
}

const progressSchema = z.object({
  event: z.literal("progress"),
  pass: z.string(),
  percent: z.number().nullable(),
  objects_checked: z.number(),
  objects_copied: z.number(),
  objects_deleted: z.number(),
});

/** `copy 41 %, 1,204 copied` from one line of the job's; `undefined` when the line tells no progress. */
export function describeProgress(line: string): string | undefined {
  const parsed = progressSchema.safeParse(parseJson(line));
  if (!parsed.success) return undefined;
  const { pass, percent, objects_checked, objects_copied, objects_deleted } = parsed.data;
  const counts = [
    [objects_checked, "checked"],
    [objects_copied, "copied"],
    [objects_deleted, "deleted"],
  ] as const;
  return [
    percent === null ? pass : `${pass} ${percent} %`,
    ...counts.filter(([count]) => count > 0).map(([count, deed]) => `${formatCount(count)} ${deed}`),
  ].join(", ");
}

/** Runs the built program once, as a CronJob would: environment in, JSON lines out. */
export async function runJob(options: JobOptions): Promise<JobResult> {
  const { source, destination } = options.world;
  const job = execa(process.execPath, [requireBundle()], {
    env: jobEnvironment({
      source,
      destination,
      rclone: options.rclone,
      configDir: options.configDir,
      settings: { STATS_INTERVAL: "250ms", ...options.settings },
    }),
    extendEnv: false,
    reject: false,
    stdin: "ignore",
    stderr: options.sharesTerminal === true ? "inherit" : "pipe",
    lines: true,
    timeout: deadlineMs,
  });
  for await (const line of job.iterable()) {
    const text = describeProgress(line);
    if (text !== undefined) options.update(text);
  }
  const { exitCode, signal, stdout, stderr, durationMs, shortMessage } = await job;
  return {
    exit: exitCode ?? signal ?? shortMessage ?? "unknown",
    durationMs,
    summary: findSummary(stdout),
    lines: [...stdout, ...(stderr ?? [])],
  };
}
