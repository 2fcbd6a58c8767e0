// SPDX-License-Identifier: Apache-2.0
// `pnpm bench startup`: how long s3-sync takes until it is of use.
import { chmod, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runBench } from "@repo/bench";
import { requireBundle } from "../test/support/job.ts";
import { bareRclone, bundle, type Contender, rival } from "./support/contenders.ts";
import { publish } from "./support/document.ts";
import { loadNote } from "./support/load.ts";
import { type Command, measure } from "./support/measure.ts";
import { type BenchOptions, readBenchOptions } from "./support/options.ts";
import { expectDone } from "./support/race.ts";
import {
  type BenchWorld,
  DESTINATION_BUCKET,
  rcloneNote,
  SOURCE_BUCKET,
  startBenchWorld,
} from "./support/world.ts";

/** An rclone that notes when it was started, and for what, before it is rclone. */
async function notingRclone(world: BenchWorld): Promise<{ readonly path: string; readonly notes: string }> {
  const path = join(world.directory, "rclone-noting");
  const notes = join(world.directory, "starts");
  const lines = ["#!/bin/bash", `echo "$EPOCHREALTIME $1" >> '${notes}'`, `exec '${world.rclone}' "$@"`, ""];
  await writeFile(path, lines.join("\n"));
  await chmod(path, 0o755);
  return { path, notes };
}

/** Milliseconds from the start of a job to the first start of rclone that `isWanted`. */
async function timeToRclone(
  { command }: Contender,
  directory: string,
  notes: string,
  isWanted: (subcommand: string) => boolean,
): Promise<number> {
  await rm(notes, { force: true });
  const startedAt = performance.timeOrigin + performance.now();
  expectDone(await measure(command, directory), 0);
  const starts = (await readFile(notes, "utf8")).trim().split("\n");
  const wanted = starts.map((line) => line.split(" ")).find(([, subcommand = ""]) => isWanted(subcommand));
  if (wanted === undefined) throw new Error(`rclone was started only for ${starts.join(", ")}`);
  return Number(wanted[0]) * 1000 - startedAt;
}

const wallMs = (command: Command, directory: string) => async (): Promise<number> => {
  const run = await measure(command, directory);
  if (run.exitCode !== 0) throw new Error(`${command.file} ended with ${run.exitCode}`);
  return run.wallSeconds * 1000;
};

async function main({ rounds, against }: BenchOptions): Promise<void> {
  await using world = await startBenchWorld();
  const one = { count: 1, bodySeed: "startup", modifiedMs: Date.UTC(2026, 9, 1) };
  await world.source.seed({ ...one, bucket: SOURCE_BUCKET });
  await world.destination.seed({ ...one, bucket: DESTINATION_BUCKET });
  const { path, notes } = await notingRclone(world);
  const settings = { RCLONE_PATH: path };
  const { directory } = world;
  const env = { PATH: "/usr/bin:/bin" };
  const node = (...args: readonly string[]): Command => ({ file: process.execPath, args, env });
  const jobs = [
    bundle("s3-sync", world, settings),
    ...(against === undefined ? [] : [rival(against, world, against, settings)]),
  ];
  const busy = loadNote();
  const report = await runBench({
    name: "s3-sync-startup",
    title: "Start-up of s3-sync",
    rounds,
    groups: [
      {
        title: "A program that does nothing yet",
        unit: "ms",
        cases: [
          { name: "Node itself (node -e 0)", sample: wallMs(node("-e", "0"), directory) },
          { name: "s3-sync --version", sample: wallMs(node(requireBundle(), "--version"), directory) },
          {
            name: "rclone version",
            sample: wallMs({ file: world.rclone, args: ["version"], env }, directory),
          },
        ],
      },
      {
        title: "From start to rclone",
        unit: "ms",
        cases: jobs.flatMap((job) => [
          {
            name: `${job.name}: first start of rclone`,
            sample: () => timeToRclone(job, directory, notes, () => true),
          },
          {
            name: `${job.name}: rclone at work`,
            sample: () => timeToRclone(job, directory, notes, (subcommand) => subcommand !== "version"),
          },
        ]),
      },
      {
        title: "A whole job over one unchanged object",
        unit: "ms",
        cases: [bareRclone("bare rclone", world), ...jobs].map(({ name, command }) => ({
          name,
          sample: wallMs(command, directory),
        })),
      },
    ],
    notes: [
      await rcloneNote(world),
      "rclone is at work when it is started for anything but its version.",
      ...busy,
    ],
  });
  await publish(report);
}

const options = readBenchOptions(9);
if (options !== undefined) await main(options);
