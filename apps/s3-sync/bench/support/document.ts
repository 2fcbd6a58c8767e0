// SPDX-License-Identifier: Apache-2.0
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type BenchReport, publishReport } from "@repo/bench";
import { generateSections } from "@repo/tools/generated";
import { toMarkdown } from "./markdown.ts";

const RESULTS = join(import.meta.dirname, "../../../../docs/bench");
const names = ["overhead", "startup", "memory", "compare", "transfers"] as const;

/** Prints and stores a report, and brings the tables of docs/bench/README.md up to date with it. */
export async function publish(report: BenchReport): Promise<void> {
  await publishReport(report);
  const texts: string[] = [];
  for (const name of names) {
    const path = join(RESULTS, `s3-sync-${name}.json`);
    if (existsSync(path)) texts.push(toMarkdown(await readFile(path, "utf8"), `s3-sync-${name}.svg`));
  }
  await generateSections(join(RESULTS, "README.md"), { "s3-sync": texts.join("\n\n") });
}
