// SPDX-License-Identifier: Apache-2.0
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "vitest";
import { parse } from "yaml";
import { type ChartVersions, findCharts, loadChart, versionProblems } from "./chart.ts";
import { loadAppVariables } from "./env-schema.ts";

const root = join(import.meta.dirname, "..", "..");
const good: ChartVersions = {
  chartName: "c",
  chart: "1.2.3",
  manifest: "1.2.3",
  appVersion: "1.2.3",
  app: "1.2.3",
};

describe("the versions of a chart", () => {
  test("fit when all are the app's", ({ expect }) => {
    expect(versionProblems("c", good)).toEqual([]);
  });

  test.for([
    ["chart", "version of Chart.yaml"],
    ["manifest", "version of package.json"],
    ["appVersion", "appVersion of Chart.yaml"],
  ] as const)("do not fit when %s differs", ([field, words], { expect }) => {
    expect(versionProblems("c", { ...good, [field]: "1.2.4" })).toEqual([
      `The ${words} is 1.2.4; it must be the app's, 1.2.3.`,
    ]);
  });

  test("do not fit when the chart is named otherwise than its folder", ({ expect }) => {
    expect(versionProblems("d", good)).toEqual(["Chart.yaml is named c, and its folder d."]);
  });
});

/** What stands at a dotted key of the values, as a part of a values schema. */
const schemaAt = (key: string, part: object): object =>
  key.split(".").reduceRight((inner, name) => ({ properties: { [name]: inner } }), part);

/** Every drain deadline that stands as a number of milliseconds in an app's sources; in seconds. */
async function drainSeconds(app: string): Promise<readonly number[]> {
  const folder = join(root, "apps", app, "src");
  const names = await readdir(folder, { recursive: true });
  const sources = names.filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"));
  const texts = await Promise.all(sources.map((name) => readFile(join(folder, name), "utf8")));
  return texts.flatMap((text) => numbersOf(text, /drainMs(?:: | = )([\d_]+)/g)).map((ms) => ms / 1000);
}

function numbersOf(text: string, pattern: RegExp): number[] {
  return [...text.matchAll(pattern)].map((match) => Number(match[1]?.replaceAll("_", "")));
}

describe("every chart of the repository", async () => {
  for (const name of await findCharts(root)) {
    test(`${name} can set every variable of its app`, async ({ expect }) => {
      const chart = await loadChart(root, name);
      const variables = (await loadAppVariables(root, chart.app)).map((setting) => setting.variable);
      const schema: unknown = (
        await import(join(chart.folder, "values.schema.json"), { with: { type: "json" } })
      ).default;
      const settable = Object.fromEntries(variables.map((variable) => [variable, expect.anything()]));
      expect(variables.length).toBeGreaterThan(0);
      expect(schema).toMatchObject(
        schemaAt(chart.environmentAt, { additionalProperties: false, properties: settable }),
      );
    });

    test(`${name} runs the image that a release makes`, async ({ expect }) => {
      const { folder, image } = await loadChart(root, name);
      const values: unknown = parse(await readFile(join(folder, "values.yaml"), "utf8"));
      expect(values).toMatchObject({
        image: { repository: expect.stringMatching(new RegExp(`(^|/)${image}$`)) },
      });
    });

    test(`${name} gives its pods longer to end than the app takes at most`, async ({ expect }) => {
      const { app, folder } = await loadChart(root, name);
      const drains = await drainSeconds(app);
      const graces = numbersOf(
        await readFile(join(folder, "values.yaml"), "utf8"),
        /terminationGracePeriodSeconds: (\d+)/g,
      );
      expect(drains).not.toEqual([]);
      expect(Math.min(...graces)).toBeGreaterThan(Math.max(...drains));
    });
  }
});
