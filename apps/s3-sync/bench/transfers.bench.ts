// SPDX-License-Identifier: Apache-2.0
// `pnpm bench transfers`: what the number of transfers does for small new objects.
import { bareRclone, bundle, rival } from "./support/contenders.ts";
import { type BenchOptions, readBenchOptions } from "./support/options.ts";
import { cpuView, expectDone, publishRaces } from "./support/race.ts";
import { speedupTarget } from "./support/target.ts";
import { DESTINATION_BUCKET, rcloneNote, SOURCE_BUCKET, startBenchWorld } from "./support/world.ts";

const latencyMs = 20;
const count = 2_000;
const RACE = "by transfers at once";

async function main({ rounds, against }: BenchOptions): Promise<void> {
  await using world = await startBenchWorld({ latencyMs });
  await world.source.seed({ bucket: SOURCE_BUCKET, count, folders: 40, bodySeed: "transfers" });
  const numbers = [4, 16, 64] as const;
  await publishRaces({
    name: "s3-sync-transfers",
    title: `Copying ${count.toLocaleString("en-US")} small new objects (${latencyMs} ms a request)`,
    rounds,
    directory: world.directory,
    races: [
      {
        title: RACE,
        contenders: [
          ...numbers.map((transfers) =>
            bundle(`s3-sync, ${transfers}`, world, { TRANSFERS: String(transfers) }),
          ),
          ...numbers.map((transfers) => bareRclone(`bare rclone, ${transfers}`, world, [], { transfers })),
          ...(against === undefined ? [] : [rival(against, world, against, {})]),
        ],
        prepare: async () => void (await world.destination.deleteUnder(DESTINATION_BUCKET, "")),
        check: async (run) => {
          expectDone(run, count);
          const { length } = await world.destination.objects(DESTINATION_BUCKET, "");
          if (length !== count) throw new Error(`${length} objects at the destination`);
        },
      },
    ],
    views: [cpuView],
    notes: [await rcloneNote(world), "16 is the default of TRANSFERS."],
    targets: (median) =>
      ["s3-sync", "bare rclone"].map((name) =>
        speedupTarget(`${name}, 64 transfers against 4`, {
          slow: median(RACE, `${name}, 4`),
          fast: median(RACE, `${name}, 64`),
          times: 14,
        }),
      ),
  });
}

const options = readBenchOptions(2);
if (options !== undefined) await main(options);
