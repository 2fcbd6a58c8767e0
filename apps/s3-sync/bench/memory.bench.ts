// SPDX-License-Identifier: Apache-2.0
// `pnpm bench memory`: what s3-sync itself takes while rclone writes hundreds of thousands of lines.
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { findSummary } from "../test/support/job.ts";
import { bundle, type Contender, rival } from "./support/contenders.ts";
import type { Run } from "./support/measure.ts";
import { type BenchOptions, readBenchOptions } from "./support/options.ts";
import { cpuView, expectDone, memoryView, ownCpuView, publishRaces, type Race } from "./support/race.ts";
import type { LineKind, LogShape } from "./support/rclone-lines.ts";
import { ceilingTarget } from "./support/target.ts";
import {
  type BenchWorld,
  DESTINATION_BUCKET,
  rcloneNote,
  SOURCE_BUCKET,
  startBenchWorld,
} from "./support/world.ts";

const lines = 300_000;
const realObjects = 20_000;
const ceilingMib = 120;

const PRINTED = `${lines.toLocaleString("en-US")} lines from a stand-in for rclone`;
const REAL = `${realObjects.toLocaleString("en-US")} objects copied by rclone, LOG_LEVEL=debug`;

/** Makes the stand-in a program, as RCLONE_PATH wants one. */
async function printingRclone(directory: string, shape: LogShape, kind: LineKind): Promise<string> {
  const path = join(directory, `rclone-${shape}-${kind}`);
  const script = join(import.meta.dirname, "support/printing-rclone.ts");
  await writeFile(
    path,
    `#!/bin/sh\nexec '${process.execPath}' '${script}' ${shape} ${lines} ${kind} -- "$@"\n`,
  );
  await chmod(path, 0o755);
  return path;
}

interface Printed {
  readonly name: string;
  readonly shape: LogShape;
  readonly kind: LineKind;
  readonly settings: Readonly<Record<string, string>>;
}

const unguarded = { MAX_DELETE: "-1", RETRIES: "1" } as const;
const printed: readonly Printed[] = [
  { name: "info, copied (1.75)", shape: "1.75", kind: "copied", settings: unguarded },
  {
    name: "debug, copied (1.75)",
    shape: "1.75",
    kind: "copied",
    settings: { ...unguarded, LOG_LEVEL: "debug" },
  },
  {
    name: "debug, copied (1.60)",
    shape: "1.60",
    kind: "copied",
    settings: { ...unguarded, LOG_LEVEL: "debug" },
  },
  {
    name: "dry run, planned (1.75)",
    shape: "1.75",
    kind: "planned",
    settings: { DRY_RUN: "true", RETRIES: "1" },
  },
  { name: "all failed (1.75)", shape: "1.75", kind: "failed", settings: unguarded },
];

async function printedContenders(
  world: BenchWorld,
  { against }: BenchOptions,
): Promise<readonly Contender[]> {
  const contenders: Contender[] = [];
  for (const { name, shape, kind, settings } of printed) {
    const environment = { ...settings, RCLONE_PATH: await printingRclone(world.directory, shape, kind) };
    contenders.push(bundle(name, world, environment));
    if (against !== undefined) contenders.push(rival(`${against}: ${name}`, world, against, environment));
  }
  return contenders;
}

/** The summary must show that every line was read. */
function checkPrinted(run: Run, { name }: Contender): void {
  const summary = findSummary(run.lastLines);
  // Another program may write no summary of our kind.
  if (summary === undefined && printed.every((one) => one.name !== name)) return;
  const counted =
    (summary?.objects_planned_copies ?? 0) + (summary?.objects_copied ?? 0) + (summary?.objects_failed ?? 0);
  // Failed objects are counted by name up to a bound, and by line beyond it.
  if (counted !== lines) throw new Error(`${counted} of ${lines} objects counted`);
}

async function races(world: BenchWorld, options: BenchOptions): Promise<readonly Race[]> {
  const { against } = options;
  const settings = { ...unguarded, LOG_LEVEL: "debug" };
  return [
    { title: PRINTED, contenders: await printedContenders(world, options), check: checkPrinted },
    {
      title: REAL,
      contenders: [
        bundle("s3-sync", world, settings),
        ...(against === undefined ? [] : [rival(against, world, against, settings)]),
      ],
      prepare: async () => void (await world.destination.deleteUnder(DESTINATION_BUCKET, "")),
      check: (run) => expectDone(run, realObjects),
    },
  ];
}

async function main(options: BenchOptions): Promise<void> {
  await using world = await startBenchWorld();
  await world.source.seed({ bucket: SOURCE_BUCKET, count: realObjects, folders: 40, bodySeed: "memory" });
  await publishRaces({
    name: "s3-sync-memory",
    title: "Memory of s3-sync itself, without rclone",
    rounds: options.rounds,
    directory: world.directory,
    races: await races(world, options),
    views: [memoryView, ownCpuView, cpuView],
    notes: [
      await rcloneNote(world),
      "The stand-in writes lines recorded from rclone 1.60.1 and 1.75.2 as fast as they are read, many times faster than rclone does. The processor time of all processes holds the stand-in's.",
    ],
    targets: (median) => [
      ...printed.map(({ name }) =>
        ceilingTarget(name, median(PRINTED, name, memoryView.figure), ceilingMib, "MiB"),
      ),
      ceilingTarget("rclone itself, debug", median(REAL, "s3-sync", memoryView.figure), ceilingMib, "MiB"),
    ],
  });
}

const options = readBenchOptions(3);
if (options !== undefined) await main(options);
