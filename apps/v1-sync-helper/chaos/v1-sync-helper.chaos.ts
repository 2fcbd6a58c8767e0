// SPDX-License-Identifier: MIT
// `pnpm chaos v1-sync-helper [--seed N] [--minutes M] [--objects N] [--instances N] [--long] [--quiet]`: instances of the
// built bundle bring the changes of a random v1 to v2 while they are killed, frozen and cut off, NATS restarts and the
// services fail, answer late or not at all; then v2, the mappings, the records and every single write are checked.
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type CampaignOptions, type CampaignReport, runCampaign } from "../test/campaign/campaign.ts";

const minute = 60_000;

function toOptions(values: Values, seed: number, minutes: number): CampaignOptions {
  return {
    seed,
    objects: Number(values.objects),
    durationMs: minutes * minute,
    meanGapMs: 1500,
    faultShare: 0.1,
    instances: Number(values.instances),
    longestOutageMs: values.long ? 3 * minute : 5000,
    // Waits between tries grow up to five minutes.
    settleMs: 8 * minute,
    ...(values.bundle !== undefined && { bundle: values.bundle }),
  };
}

function counts(of: ReadonlyMap<string, number>): string {
  return [...of]
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([name, count]) => `${name} ${count}`)
    .join(", ");
}

function sum(of: ReadonlyMap<string, number>): number {
  return [...of.values()].reduce((all, one) => all + one, 0);
}

function toLines(report: CampaignReport): string {
  const { objects, records, fates, disturbances, serviceFaults, outcomes, writes } = report;
  const { lateWrites, unansweredWrites, fallbackWrites, halfRenames, slugsMovedBack, retried, settledMs } =
    report;
  return [
    `${objects} objects (${counts(fates)}) in ${records} records`,
    `${sum(disturbances)} disturbances (${counts(disturbances)})`,
    `${sum(serviceFaults)} faults of the services (${counts(serviceFaults)})`,
    `${writes} writes to v2, of them ${unansweredWrites} unanswered, ${lateWrites} late, ${fallbackWrites} in nobody's name`,
    `outcomes: ${counts(outcomes)}`,
    `${halfRenames} renames that the service left half done, ${slugsMovedBack} slugs that it moved back; ${retried.size} objects that an operator had to try again${retried.size === 0 ? "" : ` (${[...new Set(retried.values())].join(", ")})`}`,
    `settled ${(settledMs / 1000).toFixed(1)} s after the last fault`,
  ].join("\n");
}

/** @returns the folder */
async function keep(report: CampaignReport): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "chaos-v1-sync-helper-"));
  const { evidence, history, logs, violations } = report;
  const files: Readonly<Record<string, string>> = {
    "violations.txt": violations.join("\n"),
    "history.jsonl": history.steps
      .map(({ object, revision }) => JSON.stringify({ key: object.key, fate: object.fate, ...revision }))
      .join("\n"),
    "writes.jsonl": evidence.writes.map((each) => JSON.stringify(each)).join("\n"),
    "states.json": JSON.stringify(Object.fromEntries(evidence.states), undefined, 1),
    "mappings.json": JSON.stringify(Object.fromEntries(evidence.mappings), undefined, 1),
    "source.json": JSON.stringify(Object.fromEntries(evidence.source), undefined, 1),
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  await mkdir(join(folder, "logs"));
  for (const [name, text] of logs)
    await writeFile(join(folder, "logs", `${name.replaceAll(" ", "-")}.jsonl`), text);
  return folder;
}

const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    minutes: { type: "string", default: "3" },
    objects: { type: "string", default: "2000" },
    instances: { type: "string", default: "2" },
    /** NATS is away for up to three minutes. */
    long: { type: "boolean", default: false },
    quiet: { type: "boolean", default: false },
    /** Another build than that of this repository. */
    bundle: { type: "string" },
  },
});
type Values = typeof values;

async function main(): Promise<number> {
  const seed = values.seed === undefined ? Date.now() % 1_000_000_000 : Number(values.seed);
  const minutes = Number(values.minutes);
  const isWhole = [seed, Number(values.objects), Number(values.instances)].every(Number.isInteger);
  if (!isWhole || !(minutes > 0) || Number(values.objects) < 40 || Number(values.instances) < 1) {
    process.stderr.write(
      "--seed, --objects (40 or more) and --instances must be whole numbers, --minutes a number above 0.\n",
    );
    return 2;
  }
  process.stdout.write(`v1-sync-helper under chaos for ${minutes} minutes from seed ${seed}\n`);
  const report = await runCampaign({ ...toOptions(values, seed, minutes), ...progress() });
  process.stdout.write(`\n${toLines(report)}\n`);
  if (report.violations.length === 0) {
    process.stdout.write("No promise was broken.\n");
    return 0;
  }
  const shown = report.violations.slice(0, 30);
  const more = report.violations.length - shown.length;
  process.stdout.write(
    `${report.violations.length} violations:\n${shown.join("\n")}\n${more > 0 ? `and ${more} more\n` : ""}A promise was broken.\n`,
  );
  process.stdout.write(`What is needed to look into it is in ${await keep(report)}\n`);
  const others = process.argv
    .slice(2)
    .filter((text, at, all) => !text.startsWith("--seed") && all[at - 1] !== "--seed");
  process.stdout.write(`To repeat: pnpm chaos v1-sync-helper --seed ${seed} ${others.join(" ")}\n`);
  return 1;
}

/** On a terminal one line that changes below those that stay; else a line every ten seconds. */
function progress(): Pick<CampaignOptions, "onProgress" | "onStatus"> {
  const startedMs = performance.now();
  const isLive = process.stdout.isTTY;
  let shownMs = 0;
  const at = (): string => `${((performance.now() - startedMs) / 1000).toFixed(1).padStart(6)} s  `;
  return {
    onProgress: (line) => {
      if (!values.quiet) process.stdout.write(`${isLive ? "\r\u001B[K" : ""}${at()}${line}\n`);
    },
    onStatus: (text) => {
      if (performance.now() - shownMs < (isLive ? 200 : 10_000)) return;
      shownMs = performance.now();
      process.stdout.write(isLive ? `\r\u001B[K${at()}${text}` : `${at()}${text}\n`);
    },
  };
}

process.exitCode = await main();
