// SPDX-License-Identifier: Apache-2.0
// `generate.ts <chart> [--check]`: the environment's part of values.schema.json from the app's schema, and the README's
// table from values.yaml.
import { readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { execa } from "execa";
import { generateFile, generateSections } from "../generated/sections.ts";
import { loadChart } from "./chart.ts";
import { loadAppVariables, withEnvironment } from "./env-schema.ts";
import { toValuesTable } from "./values-table.ts";

const root = join(import.meta.dirname, "..", "..");

const [name] = process.argv.slice(2);
if (name === undefined || name.startsWith("-")) {
  throw new TypeError("Name the chart whose files are wanted, e.g. generate.ts s3-sync");
}
const chart = await loadChart(root, name);

const schemaPath = join(chart.folder, "values.schema.json");
const before = await readFile(schemaPath, "utf8");
const document: unknown = JSON.parse(before);
const variables = await loadAppVariables(root, chart.app);
const filled = withEnvironment(document, chart.environmentAt, variables, chart.extraVariables);
const after = await format(JSON.stringify(filled));
await generateFile(relative(process.cwd(), schemaPath), after, before);

const values = await readFile(join(chart.folder, "values.yaml"), "utf8");
await generateSections(relative(process.cwd(), join(chart.folder, "README.md")), {
  values: toValuesTable(values),
});

/** As `pnpm fix` would, so that both agree. */
async function format(json: string): Promise<string> {
  const { stdout } = await execa("biome", ["format", "--stdin-file-path=values.schema.json"], {
    cwd: root,
    input: json,
    preferLocal: true,
    stripFinalNewline: false,
  });
  return stdout;
}
