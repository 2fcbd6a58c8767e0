// SPDX-License-Identifier: Apache-2.0
import { test } from "vitest";
import { toMarkdown } from "./markdown.ts";

const group = (title: string, unit: string, samples: readonly number[]) => ({
  title,
  unit,
  figures: [{ name: "bare | rclone", median: samples[1], samples }],
});

test("a report becomes one table a race, with a column for each view of its runs", ({ expect }) => {
  const report = {
    title: "Overhead",
    rounds: 3,
    measuredAt: "2026-11-21T12:00:00.000Z",
    machine: { cores: 2, processor: "Some CPU", node: "v24.21.0" },
    notes: ["Target met: it."],
    groups: [
      group("20,000 objects: wall time", "s", [1.5, 2, 2.5]),
      group("20,000 objects: memory", "MiB", [80, 81, 90]),
      group("From start to rclone", "ms", [1, 2, 3]),
    ],
  };
  expect(toMarkdown(JSON.stringify(report), "chart.svg").split("\n\n")).toEqual([
    "### Overhead",
    "2026-11-21, 2 cores (Some CPU), Node 24.21.0, median of 3 rounds (least – most). [Chart](chart.svg)",
    "| 20,000 objects | wall time, s | memory, MiB |\n| --- | ---: | ---: |\n| bare \\| rclone | 2 (1.5 – 2.5) | 81 (80 – 90) |",
    "| From start to rclone | ms |\n| --- | ---: |\n| bare \\| rclone | 2 (1 – 3) |",
    "- Target met: it.",
  ]);
});
