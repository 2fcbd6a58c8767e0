// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { test, vi } from "vitest";
import { cpuPerOperation, formatFigure, medianOf, publishReport, runBench, toSvg, toTable } from "./index.ts";

function countingCase(name: string, log: string[], figures: readonly number[]) {
  let round = 0;
  return {
    name,
    sample() {
      log.push(name);
      round += 1;
      return figures[round - 1] ?? 0;
    },
  };
}

async function exampleReport(log: string[] = []) {
  return runBench({
    name: "example",
    title: 'Signing & "verifying"',
    rounds: 3,
    notes: ["Read this."],
    groups: [
      {
        title: "Time",
        unit: "µs",
        cases: [countingCase("old", log, [99, 5, 3, 4]), countingCase("new", log, [99, 1, 2, 9])],
      },
      { title: "Rate", unit: "/s", isMoreBetter: true, cases: [countingCase("only", [], [0, 10, 30, 20])] },
    ],
  });
}

test("measures in turn, another case first each round, and leaves the warm-up out", async ({ expect }) => {
  const log: string[] = [];
  const { groups } = await exampleReport(log);
  expect(log).toEqual(["old", "new", "new", "old", "old", "new", "new", "old"]);
  expect(groups[0]?.figures).toEqual([
    { name: "old", best: 3, median: 4, samples: [5, 3, 4] },
    { name: "new", best: 1, median: 2, samples: [1, 2, 9] },
  ]);
  expect(groups[1]?.figures).toMatchObject([{ best: 30, median: 20 }]);
});

test("a report names the machine", async ({ expect }) => {
  const { machine } = await exampleReport();
  expect(machine.cores).toBeGreaterThan(0);
  expect(machine.node).toBe(process.version);
});

test("the median is not moved by one figure out of line", ({ expect }) => {
  expect(medianOf([3, 1, 2])).toBe(2);
  expect(medianOf([4, 1, 3, 2])).toBe(2.5);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 3, maxLength: 9 }), (figures) => {
      expect(medianOf([...figures, 1e9, -1e9])).toBe(medianOf(figures));
    }),
  );
});

test("processor time is divided by the operations", async ({ expect }) => {
  const spy = vi.spyOn(process, "cpuUsage");
  spy.mockReturnValueOnce({ user: 0, system: 0 }).mockReturnValueOnce({ user: 300, system: 100 });
  let done = 0;
  const sample = cpuPerOperation(200, (operations) => {
    done += operations;
  });
  expect(await sample()).toBe(2);
  expect(done).toBe(200);
});

test.for([
  [0.70412, "0.704"],
  [12.345, "12.3"],
  [100, "100"],
  [4649.6, "4,650"],
] as const)("shows %d as %s", ([value, shown], { expect }) => {
  expect(formatFigure(value)).toBe(shown);
});

test("the chart's bars are as long as their medians, and names are escaped", async ({ expect }) => {
  const svg = toSvg(await exampleReport());
  const widths = [...svg.matchAll(/<rect [^>]*width="([\d.]+)"/g)].map(([, width]) => Number(width));
  expect(widths[0]).toBeCloseTo((widths[1] ?? 0) * 2, 0);
  expect(svg).toContain("Signing &amp; &quot;verifying&quot;");
  expect(svg).toContain("Rate (/s, more is better)");
});

test("publishes table, JSON and SVG", async ({ expect }) => {
  const folder = await mkdtemp(join(tmpdir(), "bench-"));
  const output = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  try {
    const report = await exampleReport();
    await publishReport(report, join(folder, "results"));
    expect(output.mock.calls.map(([text]) => String(text)).join("")).toBe(`${toTable(report)}\n`);
    expect(await readdir(join(folder, "results"))).toEqual(["example.json", "example.svg"]);
    const text = await readFile(join(folder, "results", "example.json"), "utf8");
    expect(JSON.parse(text)).toEqual(report);
  } finally {
    output.mockRestore();
    await rm(folder, { recursive: true });
  }
});
