// SPDX-License-Identifier: Apache-2.0
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { generateSections } from "@repo/tools/generated";
import { toMarkdown } from "./markdown.ts";

const RESULTS = join(import.meta.dirname, "../../../../docs/bench");
const names = ["overhead", "startup", "memory", "compare", "transfers"] as const;

/** Brings the tables of docs/bench/README.md up to date with the committed figures of s3-sync. */
export async function documentResults(): Promise<void> {
  const texts: string[] = [];
  for (const name of names) {
    const path = join(RESULTS, `s3-sync-${name}.json`);
    if (existsSync(path)) texts.push(toMarkdown(await readFile(path, "utf8"), `s3-sync-${name}.svg`));
  }
  await generateSections(join(RESULTS, "README.md"), { "s3-sync": texts.join("\n\n") });
}
