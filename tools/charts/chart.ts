// SPDX-License-Identifier: Apache-2.0
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";

const Manifest = z.object({
  version: z.string(),
  config: z.object({
    /** Folder below `apps/` whose program the chart deploys. */
    app: z.string(),
    /** Below the owner's registry, where a release puts the image; as a rule the app's name. */
    image: z.string().optional(),
    /** Variables that the program reads beside its schema, such as those of proxies. */
    environment: z.array(z.string()).default([]),
    /** Key of values.yaml under which the variables stand, name by name. */
    environmentAt: z.string().default("env"),
  }),
});
const ChartYaml = z.object({ name: z.string(), version: z.string(), appVersion: z.string() });
const AppManifest = z.object({ version: z.string() });

/** A chart of the repository, as its files describe it. */
export interface Chart {
  /** Folder name below `charts/`. */
  readonly name: string;
  readonly folder: string;
  readonly app: string;
  /** Name of the image below the owner's registry. */
  readonly image: string;
  readonly extraVariables: readonly string[];
  /** Dotted key of values.yaml, such as `app.environment`. */
  readonly environmentAt: string;
  readonly versions: ChartVersions;
}

/** All places that name a version of the chart or of what it deploys. */
export interface ChartVersions {
  readonly chartName: string;
  readonly chart: string;
  readonly manifest: string;
  readonly appVersion: string;
  readonly app: string;
}

/** Folder names of all charts below `root`. */
export async function findCharts(root: string): Promise<readonly string[]> {
  const names = await readdir(join(root, "charts"));
  return names.filter((name) => existsSync(join(root, "charts", name, "Chart.yaml"))).sort();
}

/** Reads `charts/<name>`. Throws with the file's name when a file is not as expected. */
export async function loadChart(root: string, name: string): Promise<Chart> {
  const folder = join(root, "charts", name);
  const manifest = await read(join(folder, "package.json"), Manifest);
  const chart = await read(join(folder, "Chart.yaml"), ChartYaml);
  const app = await read(join(root, "apps", manifest.config.app, "package.json"), AppManifest);
  return {
    name,
    folder,
    app: manifest.config.app,
    image: manifest.config.image ?? manifest.config.app,
    extraVariables: manifest.config.environment,
    environmentAt: manifest.config.environmentAt,
    versions: {
      chartName: chart.name,
      chart: chart.version,
      manifest: manifest.version,
      appVersion: chart.appVersion,
      app: app.version,
    },
  };
}

/** What does not fit together, as sentences. The chart is versioned with its app. */
export function versionProblems(name: string, versions: ChartVersions): readonly string[] {
  const problems: string[] = [];
  if (versions.chartName !== name)
    problems.push(`Chart.yaml is named ${versions.chartName}, and its folder ${name}.`);
  for (const [where, version] of [
    ["version of Chart.yaml", versions.chart],
    ["version of package.json", versions.manifest],
    ["appVersion of Chart.yaml", versions.appVersion],
  ] as const) {
    if (version !== versions.app)
      problems.push(`The ${where} is ${version}; it must be the app's, ${versions.app}.`);
  }
  return problems;
}

async function read<T>(path: string, schema: z.ZodType<T>): Promise<T> {
  const result = schema.safeParse(parse(await readFile(path, "utf8")));
  if (result.success) return result.data;
  throw new Error(`${path} is not as expected:\n${z.prettifyError(result.error)}`);
}
