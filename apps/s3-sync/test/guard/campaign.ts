// SPDX-License-Identifier: Apache-2.0
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type JobEnvironment, runJob } from "./job.ts";
import { violations } from "./rules.ts";
import type { PlannedRun, Scenario } from "./scenario.ts";
import { buildWorld, contentsOf, type World } from "./world.ts";

const QUIET: PlannedRun = { faults: [], kill: undefined, recreate: undefined };

/** What a played scenario showed. */
export interface Played {
  /** Empty when every promise was kept. */
  readonly violations: readonly string[];
  readonly exitCodes: readonly (number | null)[];
  readonly deletions: number;
}

/** Paths of the two versions of rclone, and a folder for configurations. */
export interface Campaign {
  readonly rclone: Readonly<Record<Scenario["rclone"], string>>;
  readonly directory: string;
}

/** Plays the runs of `scenario` one after the other and a quiet one at the end, checking each. */
export async function play(scenario: Scenario, campaign: Campaign): Promise<Played> {
  await using world = await buildWorld(scenario);
  const configDirectory = join(campaign.directory, "config");
  await mkdir(configDirectory, { recursive: true, mode: 0o700 });
  const environment = { rclone: campaign.rclone[scenario.rclone], configDirectory };
  const found: string[] = [];
  const exitCodes: (number | null)[] = [];
  let deletions = 0;
  for (const [index, run] of [...scenario.runs, QUIET].entries()) {
    const episode = await playRun(world, scenario, run, environment);
    exitCodes.push(episode.exitCode);
    deletions += episode.deletions;
    found.push(...episode.violations.map((violation) => `run ${index + 1}: ${violation}`));
    if (episode.violations.length > 0) found.push(episode.output);
  }
  return { violations: found, exitCodes, deletions };
}

async function playRun(world: World, scenario: Scenario, run: PlannedRun, environment: JobEnvironment) {
  const sourceBefore = contentsOf(world.source.bucket);
  const before = contentsOf(world.destination.bucket);
  const sizes = sizesOf(world);
  const { exit, observations, output } = await runJob(world, scenario, run, environment);
  const after = contentsOf(world.destination.bucket);
  const source = contentsOf(world.source.bucket);
  // Only sizes are compared with "size": two contents of one length are alike to it.
  const isBlindTo = (key: string) => scenario.compare === "size" && sizes(key);
  const found = violations({
    limits: scenario,
    sourceBefore,
    source,
    before,
    after,
    exitCode: exit.code,
    isBlindTo,
    observations,
  });
  return { violations: found, exitCode: exit.code, deletions: observations.deletions, output };
}

/** Whether both sides held `key` in one size before the run. */
function sizesOf(world: World): (key: string) => boolean {
  const sizes = (bucket: World["source"]["bucket"]) =>
    new Map([...bucket.objects].map(([key, object]) => [key, object.sizeBytes]));
  const source = sizes(world.source.bucket);
  const destination = sizes(world.destination.bucket);
  return (key) => source.get(key) === destination.get(key);
}
