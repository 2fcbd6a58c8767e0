// SPDX-License-Identifier: Apache-2.0
import { type Exit, runExecutable } from "@repo/testkit/process";
import { z } from "zod";
import {
  findSummary,
  type JobSummary,
  jobEnvironment,
  parseJson,
  requireBundle,
} from "../test/support/job.ts";
import { formatCount } from "./terminal/format.ts";
import type { Update } from "./terminal/stage.ts";
import type { World } from "./world.ts";

/** Longest job that is not a hang, milliseconds. */
const deadlineMs = 120_000;

export interface JobOptions {
  readonly world: Pick<World, "source" | "destination">;
  readonly rclone: string;
  readonly configDir: string;
  /** Settings beside the eight required variables. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly update: Update;
}

export interface JobResult {
  readonly exit: Exit;
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
  return [
    percent === null ? pass : `${pass} ${percent} %`,
    `${formatCount(objects_checked)} checked`,
    `${formatCount(objects_copied)} copied`,
    ...(objects_deleted > 0 ? [`${formatCount(objects_deleted)} deleted`] : []),
  ].join(", ");
}

/** Runs the built program once, as a CronJob would: environment in, JSON lines out. */
export async function runJob(options: JobOptions): Promise<JobResult> {
  const { source, destination } = options.world;
  await using job = await runExecutable({
    file: requireBundle(),
    env: jobEnvironment({
      source,
      destination,
      rclone: options.rclone,
      configDir: options.configDir,
      settings: { STATS_INTERVAL: "250ms", ...options.settings },
    }),
    diesWithParent: true,
  });
  using _listener = job.stdout.onLine((line) => {
    const text = describeProgress(line);
    if (text !== undefined) options.update(text);
  });
  const exit = await job.waitForExit({ deadlineMs });
  return {
    exit,
    summary: findSummary(job.stdout.lines),
    lines: [...job.stdout.lines, ...job.stderr.lines],
  };
}
