// SPDX-License-Identifier: Apache-2.0
// `pnpm bench overhead`: what s3-sync costs beside bare rclone with the same flags, doing the same job.
import { bareRclone, bundle, type Contender, rival } from "./support/contenders.ts";
import { type BenchOptions, readBenchOptions } from "./support/options.ts";
import { cpuView, expectDone, memoryView, ownCpuView, publishRaces, type Race } from "./support/race.ts";
import { overheadTarget } from "./support/target.ts";
import {
  type BenchWorld,
  DESTINATION_BUCKET,
  rcloneNote,
  SOURCE_BUCKET,
  startBenchWorld,
} from "./support/world.ts";

const latencyMs = 5;
const count = 20_000;
const present = 1_000;

const BARE = "bare rclone";
const UNGUARDED = "s3-sync, MAX_DELETE=-1";
const GUARDED = "s3-sync";

const COPY = `${count.toLocaleString("en-US")} new objects beside ${present.toLocaleString("en-US")} unchanged`;
const UNCHANGED = `${count.toLocaleString("en-US")} unchanged objects`;
const TINY = "1 unchanged object";

function contenders(world: BenchWorld, { against }: BenchOptions): readonly Contender[] {
  return [
    bareRclone(BARE, world),
    bundle(UNGUARDED, world, { MAX_DELETE: "-1" }),
    bundle(GUARDED, world, {}),
    ...(against === undefined ? [] : [rival(against, world, against, {})]),
  ];
}

/** Fills one side; the same call makes the same objects. */
type Fill = (side: "source" | "destination") => Promise<void>;

function filling(world: BenchWorld, objects: number, prefix: string): Fill {
  return (side) =>
    world[side].seed({
      bucket: side === "source" ? SOURCE_BUCKET : DESTINATION_BUCKET,
      count: objects,
      prefix,
      folders: 40,
      bodySeed: "overhead",
      modifiedMs: Date.UTC(2026, 9, 1),
    });
}

async function clear(world: BenchWorld): Promise<void> {
  await world.source.deleteUnder(SOURCE_BUCKET, "");
  await world.destination.deleteUnder(DESTINATION_BUCKET, "");
  await world.source.clearLog();
  await world.destination.clearLog();
}

function copyRace(world: BenchWorld, options: BenchOptions): Race {
  const old = filling(world, present, "old/");
  const fresh = filling(world, count, "new/");
  return {
    title: COPY,
    contenders: contenders(world, options),
    prepare: async () => {
      await clear(world);
      await Promise.all([old("source"), old("destination"), fresh("source")]);
    },
    check: async (run) => {
      expectDone(run, count);
      const { length } = await world.destination.objects(DESTINATION_BUCKET, "");
      if (length !== count + present) throw new Error(`${length} objects at the destination`);
    },
  };
}

function unchangedRace(world: BenchWorld, options: BenchOptions, title: string, objects: number): Race {
  const all = filling(world, objects, "same/");
  return {
    title,
    contenders: contenders(world, options),
    prepare: async () => {
      await clear(world);
      await Promise.all([all("source"), all("destination")]);
    },
    check: (run) => expectDone(run, 0),
  };
}

async function main(options: BenchOptions): Promise<void> {
  await using world = await startBenchWorld({ latencyMs });
  await publishRaces({
    name: "s3-sync-overhead",
    title: `s3-sync beside bare rclone (${latencyMs} ms a request)`,
    rounds: options.rounds,
    directory: world.directory,
    races: [
      copyRace(world, options),
      unchangedRace(world, options, UNCHANGED, count),
      unchangedRace(world, options, TINY, 1),
    ],
    views: [cpuView, ownCpuView, memoryView],
    notes: [
      await rcloneNote(world),
      "Bare rclone is `rclone sync` with the flags that s3-sync gives it. With MAX_DELETE=-1 s3-sync does the same one pass; by default it plans deletions in a pass of its own, a listing of both sides, before it copies.",
    ],
    targets: (median) =>
      [COPY, UNCHANGED, TINY].flatMap((race) =>
        [UNGUARDED, GUARDED].map((name) =>
          overheadTarget(`${race}, ${name}`, median(race, BARE), median(race, name)),
        ),
      ),
  });
}

const options = readBenchOptions(3);
if (options !== undefined) await main(options);
