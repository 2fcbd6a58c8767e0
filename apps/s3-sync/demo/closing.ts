// SPDX-License-Identifier: Apache-2.0
import { readdir } from "node:fs/promises";
import { describeChecks, formatCount, formatDuration, type Stage, showClosingTable } from "@repo/tools/stage";
import { isAsExpected, type StepResult } from "./check.ts";
import type { Rehearsal } from "./rehearsal.ts";

/** What must be true after all the jobs: no secret in what they wrote, no configuration left behind. */
export async function lookBack(rehearsal: Rehearsal): Promise<StepResult> {
  const { stage, output, world } = rehearsal;
  const secrets = [world.source, world.destination].flatMap(({ credentials }) => {
    const { secretAccessKey } = credentials;
    return [
      secretAccessKey,
      encodeURIComponent(secretAccessKey),
      Buffer.from(secretAccessKey).toString("base64"),
    ];
  });
  const leaking = output.filter((line) => secrets.some((secret) => line.includes(secret))).length;
  const left = await readdir(rehearsal.configDir);
  const checks = [
    { what: "lines with a secret", expected: "0", actual: formatCount(leaking) },
    { what: "files left behind", expected: "0", actual: formatCount(left.length) },
  ];
  const title = "No traces";
  stage.print();
  stage.print(stage.style("bold", title));
  stage.note(
    `Looked for both secret keys in all ${formatCount(output.length)} lines of output, and into the configuration folder.`,
  );
  stage.mark(isAsExpected({ title, checks, jobMs: 0 }), describeChecks(checks, "actual"));
  return { title, checks, jobMs: 0 };
}

/** The table of all steps. */
export function showTable(stage: Stage, results: readonly StepResult[], totalMs: number): void {
  showClosingTable(stage, {
    heading: { title: "step", width: 20 },
    rows: results.map(({ title, checks, jobMs }) => ({
      title,
      checks,
      time: jobMs === 0 ? "" : formatDuration(jobMs),
    })),
    totalMs,
  });
}

export const pointers = [
  ["apps/s3-sync/README.md", "every variable, comparison and exit code"],
  ["apps/s3-sync/demo/scenario.ts", "these steps; --seed N takes other objects"],
  ["apps/s3-sync/test/guard", "the guard as a property; pnpm chaos s3-sync"],
  ["charts/s3-sync", "the CronJob"],
  ["docs/bench/README.md", "figures beside bare rclone"],
] as const;
