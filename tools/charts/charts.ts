// SPDX-License-Identifier: Apache-2.0
// `charts.ts check [chart …]`: lint, render, validate and unit-test charts; part of `pnpm check`.
// `charts.ts package <chart>`: charts/<chart>/dist/<chart>-<version>.tgz; what `turbo chart` runs.
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findProgram } from "@repo/testbed";
import { type Chart, findCharts, loadChart } from "./chart.ts";
import { findChartTools, runChartTool } from "./chart-tools.ts";
import { checkChart } from "./check-chart.ts";
import { writeKubernetesSchemas } from "./kubernetes-schemas.ts";

const root = join(import.meta.dirname, "..", "..");

/** @returns the exit code; a machine without the programs passes with a note, unless everything is required */
async function check(charts: readonly Chart[], home: string): Promise<number> {
  const found = await findChartTools();
  if (found.status === "missing") {
    process.stdout.write(`note: charts were not checked. ${found.reason}\n`);
    return process.env["TESTBED_REQUIRE"] === "all" ? 1 : 0;
  }
  const { tools } = found;
  const schemas = join(home, "schemas");
  await mkdir(schemas);
  const schemaLocation = await writeKubernetesSchemas(tools.swaggerFile, schemas);
  let exitCode = 0;
  for (const chart of charts) {
    const problems = await checkChart(chart, { tools, schemaLocation, home });
    for (const { step, output } of problems) process.stdout.write(`${chart.name}: ${step}\n${output}\n`);
    if (problems.length === 0)
      process.stdout.write(`${chart.name}: lint, templates, schemas and unit tests hold\n`);
    else exitCode = 1;
  }
  return exitCode;
}

async function packageCharts(charts: readonly Chart[], home: string): Promise<number> {
  const helm = await findProgram("helm");
  if (helm.status === "missing") {
    process.stderr.write(`Charts cannot be packaged. ${helm.reason}\n`);
    return 1;
  }
  for (const chart of charts) {
    const target = join(chart.folder, "dist");
    await rm(target, { recursive: true, force: true });
    const { ok, output } = await runChartTool(
      helm.path,
      ["package", chart.folder, "--destination", target],
      home,
    );
    process.stdout.write(`${output.trim().replace(`${root}/`, "")}\n`);
    if (!ok) return 1;
  }
  return 0;
}

async function main(command: string | undefined, names: readonly string[]): Promise<number> {
  const known = await findCharts(root);
  const unknown = names.find((name) => !known.includes(name));
  if ((command !== "check" && command !== "package") || unknown !== undefined) {
    process.stderr.write(`usage: charts.ts check|package [${known.join("|")}]\n`);
    return 2;
  }
  const charts = await Promise.all((names.length === 0 ? known : names).map((name) => loadChart(root, name)));
  const home = await mkdtemp(join(tmpdir(), "charts-"));
  try {
    return await (command === "check" ? check(charts, home) : packageCharts(charts, home));
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

const [command, ...names] = process.argv.slice(2);
process.exitCode = await main(command, names);
