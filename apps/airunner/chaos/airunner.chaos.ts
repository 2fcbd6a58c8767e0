// SPDX-License-Identifier: Apache-2.0
// `pnpm chaos airunner [--seed N] [--minutes M]`: one server, workers, publishers, monitors and readers, each behind a
// faulty network of its own, are killed, frozen and cut off, about forty times a minute; then everything is checked.
import { parseArgs } from "node:util";
import { type CampaignOptions, type CampaignReport, runCampaign } from "../test/campaign/campaign.ts";

const faultsPerMinute = 40;

/** 0 minutes: as many faults as the test has. */
function toOptions(seed: number, minutes: number): CampaignOptions {
  return {
    seed,
    faults: minutes === 0 ? 36 : Math.ceil(minutes * faultsPerMinute),
    meanGapMs: 60_000 / faultsPerMinute,
    concurrency: [3, 2, 2, 1],
    leaseSeconds: 5,
    openJobs: 9,
  };
}

function counts(of: ReadonlyMap<string, number>): string {
  return [...of]
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([name, count]) => `${name} ${count}`)
    .join(", ");
}

function toLines(report: CampaignReport): string {
  const { jobs, scriptedJobs, events, outputBytes, readers, monitors, resumes, refusedCalls } = report;
  const faults = [...report.faults.values()].reduce((sum, count) => sum + count, 0);
  return [
    `${faults} faults (${counts(report.faults)})`,
    `${jobs} jobs of workers and ${scriptedJobs} of publishers; attempts: ${counts(report.attempts)}`,
    `${events} events, ${outputBytes} bytes of output; ${readers} readers and ${monitors} monitors, which went on ${resumes} times after a break`,
    `${refusedCalls} calls with old tokens refused; the server took ${Math.round(report.serverPeakBytes / 2 ** 20)} MiB at most`,
    ...report.violations,
  ].join("\n");
}

const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    minutes: { type: "string", default: "6" },
    verbose: { type: "boolean", default: false },
  },
});
const seed = values.seed === undefined ? Date.now() % 1_000_000_000 : Number(values.seed);
const minutes = Number(values.minutes);
if (!Number.isInteger(seed) || !Number.isFinite(minutes) || minutes < 0) {
  process.stderr.write(
    "--seed must be a whole number and --minutes a number of minutes, 0 for a few dozen faults.\n",
  );
  process.exitCode = 2;
} else {
  process.stdout.write(`airunner under chaos for ${minutes} minutes from seed ${seed}\n`);
  const startedAt = performance.now();
  const onProgress = (line: string): void => {
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    if (values.verbose) process.stdout.write(`${seconds.padStart(6)} s  ${line}\n`);
  };
  const report = await runCampaign({ ...toOptions(seed, minutes), onProgress });
  const isWhole = report.violations.length === 0;
  process.stdout.write(
    `\n${toLines(report)}\n${isWhole ? "No promise was broken." : "A promise was broken."}\n`,
  );
  if (!isWhole) process.stdout.write(`To repeat: pnpm chaos airunner --seed ${seed} --minutes ${minutes}\n`);
  process.exitCode = isWhole ? 0 : 1;
}
