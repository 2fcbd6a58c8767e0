// SPDX-License-Identifier: Apache-2.0
// `pnpm chaos s3-sync [--seed N] [--minutes M]`: plays random pairs of buckets, limits, lying and failing listings,
// kills and restarts against the built bundle until the time is over or a promise of the guard is broken.
import { parseArgs } from "node:util";
import { testDirectory } from "@repo/testkit";
import { rclone } from "@repo/testkit/rclone";
import fc from "fast-check";
import { type Campaign, play } from "../test/guard/campaign.ts";
import { type Scenario, scenarios } from "../test/guard/scenario.ts";

interface Tally {
  scenarios: number;
  runs: number;
  deletions: number;
  readonly exitCodes: Map<string, number>;
}

function scenarioOf(seed: number): Scenario {
  const [scenario] = fc.sample(scenarios, { seed, numRuns: 1 });
  if (scenario === undefined) throw new Error(`seed ${seed} gives no scenario`);
  return scenario;
}

function toLine({ scenarios: played, runs, deletions, exitCodes }: Tally): string {
  const codes = [...exitCodes]
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([code, count]) => `${code}: ${count}`);
  return `${played} scenarios, ${runs} runs, ${deletions} deletions; exit codes ${codes.join(", ")}`;
}

/** Plays the seeds from `firstSeed` on; returns false at the first broken promise. */
async function playUntil(
  endsAt: number,
  firstSeed: number,
  campaign: Campaign,
  tally: Tally,
): Promise<boolean> {
  for (let seed = firstSeed; tally.scenarios === 0 || Date.now() < endsAt; seed += 1) {
    const scenario = scenarioOf(seed);
    const played = await play(scenario, campaign);
    tally.scenarios += 1;
    tally.runs += played.exitCodes.length;
    tally.deletions += played.deletions;
    for (const code of played.exitCodes)
      tally.exitCodes.set(String(code ?? "killed"), (tally.exitCodes.get(String(code ?? "killed")) ?? 0) + 1);
    if (played.violations.length > 0) {
      process.stdout.write(
        `\nBroken with seed ${seed}:\n${played.violations.join("\n")}\n\n${JSON.stringify(scenario, undefined, 2)}\n`,
      );
      process.stdout.write(`\nTo repeat: pnpm chaos s3-sync --seed ${seed} --minutes 0\n`);
      return false;
    }
    if (process.stdout.isTTY) process.stdout.write(`\r\u001B[K${toLine(tally)}`);
    else if (tally.scenarios % 50 === 0) process.stdout.write(`${toLine(tally)}\n`);
  }
  return true;
}

const { values } = parseArgs({
  options: { seed: { type: "string" }, minutes: { type: "string", default: "2" } },
});
const seed = values.seed === undefined ? Date.now() % 1_000_000_000 : Number(values.seed);
const minutes = Number(values.minutes);
if (!Number.isInteger(seed) || !Number.isFinite(minutes) || minutes < 0) {
  process.stderr.write(
    "--seed must be a whole number and --minutes a number of minutes, 0 for one scenario.\n",
  );
  process.exitCode = 2;
} else {
  await using directory = await testDirectory("chaos-s3-sync");
  const campaign = {
    rclone: { newest: await rclone({ version: "newest" }), "1.60.1": await rclone({ version: "1.60.1" }) },
    directory: directory.path,
  };
  const tally: Tally = { scenarios: 0, runs: 0, deletions: 0, exitCodes: new Map() };
  process.stdout.write(`s3-sync under chaos for ${minutes} minutes from seed ${seed}\n`);
  const isWhole = await playUntil(Date.now() + minutes * 60_000, seed, campaign, tally);
  process.stdout.write(
    `\n${toLine(tally)}\n${isWhole ? "No promise was broken." : "A promise was broken."}\n`,
  );
  process.exitCode = isWhole ? 0 : 1;
}
