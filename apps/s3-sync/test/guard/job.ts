// SPDX-License-Identifier: Apache-2.0
import { join } from "node:path";
import { type Executable, type Exit, runExecutable } from "@repo/testkit/process";
import { DEFAULT_CREDENTIALS } from "../fault-s3/index.ts";
import { childrenOf, killContainer, sendQuietly } from "../support/process-tree.ts";
import { Mischief, type Observations } from "./mischief.ts";
import type { PlannedKill, PlannedRun, Scenario } from "./scenario.ts";
import { DESTINATION_BUCKET, SOURCE_BUCKET, type World } from "./world.ts";

/** The bundle, as the image runs it. */
export const BUNDLE = join(import.meta.dirname, "../../dist/s3-sync.mjs");

/** Longest run that is not a hang, milliseconds. */
const DEADLINE_MS = 120_000;

export interface JobEnvironment {
  /** Path of the rclone under test. */
  readonly rclone: string;
  /** Where the job puts its configuration. */
  readonly configDirectory: string;
}

export interface JobResult {
  readonly exit: Exit;
  readonly observations: Observations;
  readonly output: string;
}

/** Runs the job once against `world` while `run` happens to it. */
export async function runJob(
  world: World,
  scenario: Scenario,
  run: PlannedRun,
  environment: JobEnvironment,
): Promise<JobResult> {
  const started: { job?: Executable } = {};
  const mischief = new Mischief(world, run, (who) => void killPart(started.job, who));
  await using job = await runExecutable({
    file: BUNDLE,
    env: toEnvironment(world, scenario, environment),
    inheritEnv: ["PATH"],
  });
  started.job = job;
  const exit = await job.waitForExit({ deadlineMs: DEADLINE_MS });
  return {
    exit,
    observations: mischief.observations,
    output: [...job.stdout.lines, ...job.stderr.lines].join("\n"),
  };
}

function toEnvironment(
  world: World,
  scenario: Scenario,
  { rclone, configDirectory }: JobEnvironment,
): Record<string, string> {
  const { accessKeyId, secretAccessKey } = DEFAULT_CREDENTIALS;
  return {
    SOURCE_S3_ENDPOINT: world.source.server.endpoint,
    SOURCE_ACCESS_KEY: accessKeyId,
    SOURCE_SECRET_KEY: secretAccessKey,
    SOURCE_BUCKET,
    DEST_S3_ENDPOINT: world.destination.server.endpoint,
    DEST_ACCESS_KEY: accessKeyId,
    DEST_SECRET_KEY: secretAccessKey,
    DEST_BUCKET: DESTINATION_BUCKET,
    MAX_DELETE: String(scenario.maxDelete),
    ...(scenario.maxDeletePercent === undefined
      ? {}
      : { MAX_DELETE_PERCENT: String(scenario.maxDeletePercent) }),
    ALLOW_EMPTY_SOURCE: String(scenario.allowEmptySource),
    COMPARE: scenario.compare,
    FAST_LIST: String(scenario.fastList),
    RETRIES: "1",
    CHECKERS: "4",
    TRANSFERS: "4",
    RCLONE_PATH: rclone,
    CONFIG_DIR: configDirectory,
    TERMINATION_LOG_PATH: join(configDirectory, "termination-log"),
  };
}

async function killPart(job: Executable | undefined, who: PlannedKill["who"]): Promise<void> {
  if (job === undefined) return;
  if (who === "all") await killContainer(job);
  else if (who === "job_by_sigterm") job.kill("SIGTERM");
  else for (const pid of await childrenOf(job.pid)) sendQuietly(pid, "SIGKILL");
}
