// SPDX-License-Identifier: Apache-2.0
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { type Chart, versionProblems } from "./chart.ts";
import { type ChartTools, runChartTool, type ToolResult } from "./chart-tools.ts";

/** Oldest Kubernetes that charts are rendered for, beside the pinned one. */
const oldestKubernetes = "1.31.0";

export interface CheckOptions {
  readonly tools: ChartTools;
  /** From {@link writeKubernetesSchemas}. */
  readonly schemaLocation: string;
  /** An empty folder for what the programs leave behind. */
  readonly home: string;
}

/** A step that failed and what it printed. */
export interface ChartProblem {
  readonly step: string;
  readonly output: string;
}

/** Checks one chart: versions, lint, every case of `ci/` rendered and validated, and its unit tests. */
export async function checkChart(chart: Chart, options: CheckOptions): Promise<readonly ChartProblem[]> {
  const { tools, home } = options;
  const problems = versionProblems(chart.name, chart.versions).map((output) => ({
    step: "versions",
    output,
  }));
  const cases = await casesOf(chart);
  const lint = await runChartTool(tools.helm, ["lint", "--strict", "--quiet", chart.folder], home);
  const unittest = await runChartTool(tools.unittest, ["--strict", chart.folder], home);
  const steps: (readonly [string, ToolResult])[] = [
    ["helm lint", lint],
    ["helm-unittest", unittest],
  ];
  for (const values of [undefined, ...cases]) steps.push(...(await checkCase(chart, values, options)));
  return [
    ...problems,
    ...steps.filter(([, result]) => !result.ok).map(([step, { output }]) => ({ step, output })),
  ];
}

/** Renders the chart with the default values or a case, and validates every object against the API's schemas. */
async function checkCase(
  chart: Chart,
  values: string | undefined,
  { tools, schemaLocation, home }: CheckOptions,
): Promise<(readonly [string, ToolResult])[]> {
  const name = values ?? "default values";
  const flags = values === undefined ? [] : ["--values", join(chart.folder, "ci", values)];
  const versions = ["--kube-version", oldestKubernetes];
  const lint = await runChartTool(tools.helm, ["lint", "--strict", "--quiet", ...flags, chart.folder], home);
  const rendered = await runChartTool(
    tools.helm,
    ["template", "check", chart.folder, ...versions, ...flags],
    home,
  );
  if (!rendered.ok) return [[`helm template with ${name}`, rendered]];
  const validated = await runChartTool(
    tools.kubeconform,
    ["-strict", "-summary", "-schema-location", schemaLocation, "-"],
    home,
    rendered.stdout,
  );
  return [
    [`helm lint with ${name}`, lint],
    [`kubeconform with ${name}`, validated],
  ];
}

async function casesOf(chart: Chart): Promise<readonly string[]> {
  const names = await readdir(join(chart.folder, "ci"));
  const cases = names.filter((name) => name.endsWith(".yaml")).sort();
  if (cases.length === 0) throw new Error(`charts/${chart.name}/ci holds no values to try the chart with.`);
  return cases;
}
