// SPDX-License-Identifier: Apache-2.0
// `charts.ts check [chart …]`: lint, render, validate and unit-test charts; part of `pnpm check`.
// `charts.ts package <chart>`: charts/<chart>/dist/<chart>-<version>.tgz; what `turbo chart` runs.
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Chart, findCharts, loadChart } from "./chart.ts";
import { type ChartTools, findChartTools, runChartTool } from "./chart-tools.ts";
import { checkChart } from "./check-chart.ts";
import { writeKubernetesSchemas } from "./kubernetes-schemas.ts";

const root = join(import.meta.dirname, "..", "..");

async function check(charts: readonly Chart[], tools: ChartTools, home: string): Promise<boolean> {
  const schemas = join(home, "schemas");
  await mkdir(schemas);
  const schemaLocation = await writeKubernetesSchemas(tools.swaggerFile, schemas);
  let ok = true;
  for (const chart of charts) {
    const problems = await checkChart(chart, { tools, schemaLocation, home });
    for (const { step, output } of problems) process.stdout.write(`${chart.name}: ${step}\n${output}\n`);
    if (problems.length === 0)
      process.stdout.write(`${chart.name}: lint, templates, schemas and unit tests hold\n`);
    ok &&= problems.length === 0;
  }
  return ok;
}

async function packageCharts(charts: readonly Chart[], tools: ChartTools, home: string): Promise<boolean> {
  for (const chart of charts) {
    const target = join(chart.folder, "dist");
    await rm(target, { recursive: true, force: true });
    const { ok, output } = await runChartTool(
      tools.helm,
      ["package", chart.folder, "--destination", target],
      home,
    );
    process.stdout.write(`${output.trim().replace(`${root}/`, "")}\n`);
    if (!ok) return false;
  }
  return true;
}

async function main(command: string | undefined, names: readonly string[]): Promise<number> {
  const known = await findCharts(root);
  const unknown = names.find((name) => !known.includes(name));
  if ((command !== "check" && command !== "package") || unknown !== undefined) {
    process.stderr.write(`usage: charts.ts check|package [${known.join("|")}]\n`);
    return 2;
  }
  const found = await findChartTools();
  if (found.status === "missing") {
    process.stdout.write(`note: charts were not checked. ${found.reason}\n`);
    return command === "check" && process.env["TESTBED_REQUIRE"] !== "all" ? 0 : 1;
  }
  const charts = await Promise.all((names.length === 0 ? known : names).map((name) => loadChart(root, name)));
  const home = await mkdtemp(join(tmpdir(), "charts-"));
  try {
    const run = command === "check" ? check : packageCharts;
    return (await run(charts, found.tools, home)) ? 0 : 1;
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

const [command, ...names] = process.argv.slice(2);
process.exitCode = await main(command, names);
