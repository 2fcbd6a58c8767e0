// SPDX-License-Identifier: Apache-2.0
// `pnpm bench compare`: what the ways of comparing cost when nothing has changed.
import { bareRclone, bundle, type Contender, rival, thenLarge } from "./support/contenders.ts";
import { type BenchOptions, readBenchOptions } from "./support/options.ts";
import { cpuView, expectDone, publishRaces, type Race } from "./support/race.ts";
import { speedupTarget } from "./support/target.ts";
import {
  type BenchWorld,
  DESTINATION_BUCKET,
  rcloneNote,
  SOURCE_BUCKET,
  startBenchWorld,
} from "./support/world.ts";

const latencyMs = 20;
const small = 2_000;
const large = 20;
const largeBytes = 6 * 1024 * 1024;
const modes = ["modtime", "hybrid", "checksum", "size"] as const;

const titleOf = (checkers: number): string => `${checkers} checkers`;

function contenders(world: BenchWorld, checkers: number, { against }: BenchOptions): readonly Contender[] {
  const tuning = { checkers };
  const settings = { CHECKERS: String(checkers) };
  return [
    ...modes.map((mode) => bundle(mode, world, { ...settings, COMPARE: mode })),
    bundle("hybrid, MAX_DELETE=-1", world, { ...settings, COMPARE: "hybrid", MAX_DELETE: "-1" }),
    bareRclone("bare rclone, modtime", world, [], tuning),
    thenLarge("bare rclone twice, hybrid", world, tuning),
    bareRclone("bare rclone, checksum", world, ["--checksum"], tuning),
    ...(against === undefined ? [] : [rival(against, world, against, settings)]),
  ];
}

/** Both sides hold the same; most is small, some is large enough for the second look of `hybrid`. */
async function fill(world: BenchWorld): Promise<void> {
  const common = { bodySeed: "compare", modifiedMs: Date.UTC(2026, 9, 1) };
  for (const [server, bucket] of [
    [world.source, SOURCE_BUCKET],
    [world.destination, DESTINATION_BUCKET],
  ] as const) {
    await server.seed({ ...common, bucket, count: small, folders: 40, prefix: "small/" });
    await server.seed({ ...common, bucket, count: large, sizeBytes: largeBytes, prefix: "large/" });
  }
}

async function main(options: BenchOptions): Promise<void> {
  await using world = await startBenchWorld({ latencyMs });
  await fill(world);
  const race = (checkers: number): Race => ({
    title: titleOf(checkers),
    contenders: contenders(world, checkers, options),
    check: (run) => expectDone(run, 0),
  });
  await publishRaces({
    name: "s3-sync-compare",
    title: `Comparing ${small.toLocaleString("en-US")} unchanged objects in 40 folders (${latencyMs} ms a request)`,
    rounds: options.rounds,
    directory: world.directory,
    races: [race(8), race(32)],
    views: [cpuView],
    notes: [
      await rcloneNote(world),
      `Beside the small objects there are ${large} of ${largeBytes / 1024 ** 2} MiB, at which \`hybrid\` looks a second time. s3-sync runs with its defaults, so its figures hold start-up, pre-flight and, but for MAX_DELETE=-1, the plan of deletions.`,
    ],
    targets: (median) => [
      speedupTarget("hybrid against modtime, 8 checkers", {
        slow: median(titleOf(8), "modtime"),
        fast: median(titleOf(8), "hybrid"),
        times: 15,
      }),
      speedupTarget("hybrid against modtime, 32 checkers", {
        slow: median(titleOf(32), "modtime"),
        fast: median(titleOf(32), "hybrid"),
        times: 4,
      }),
      speedupTarget("the same for bare rclone, 8 checkers", {
        slow: median(titleOf(8), "bare rclone, modtime"),
        fast: median(titleOf(8), "bare rclone twice, hybrid"),
        times: 15,
      }),
      speedupTarget("the same for bare rclone, 32 checkers", {
        slow: median(titleOf(32), "bare rclone, modtime"),
        fast: median(titleOf(32), "bare rclone twice, hybrid"),
        times: 4,
      }),
    ],
  });
}

const options = readBenchOptions(3);
if (options !== undefined) await main(options);
