// SPDX-License-Identifier: Apache-2.0
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type BenchReport, publishReport, RESULTS } from "@repo/bench";
import { generateSections } from "../generated/sections.ts";
import { toMarkdown } from "./markdown.ts";

/** The benchmarks of a member, in the order of its section in docs/bench/README.md. */
export interface BenchDocument {
  /** Name of the section. */
  readonly member: string;
  /** Their reports are `<member>-<name>`. */
  readonly names: readonly string[];
}

/** Prints and stores a report, and brings its member's tables in docs/bench/README.md up to date with it. */
export async function publishDocument(report: BenchReport, { member, names }: BenchDocument): Promise<void> {
  await publishReport(report);
  const texts: string[] = [];
  for (const name of names) {
    const path = join(RESULTS, `${member}-${name}.json`);
    if (existsSync(path)) texts.push(toMarkdown(await readFile(path, "utf8"), `${member}-${name}.svg`));
  }
  await generateSections(join(RESULTS, "README.md"), { [member]: texts.join("\n\n") });
}
