// SPDX-License-Identifier: Apache-2.0
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { formatFigure, toSvg } from "./chart.ts";
import type { BenchReport } from "./harness.ts";

export const RESULTS = join(import.meta.dirname, "../../docs/bench");

/** A report as lines for a terminal, groups under their titles. */
export function toTable(report: BenchReport): string {
  const { cores, node } = report.machine;
  const lines = [`${report.title} – ${report.rounds} rounds, ${cores} cores, Node ${node}`];
  for (const { title, unit, figures } of report.groups) {
    const width = Math.max(...figures.map(({ name }) => name.length), 4);
    lines.push(
      "",
      `${title} (${unit})`,
      `  ${"".padEnd(width)}  ${"median".padStart(10)}  ${"best".padStart(10)}`,
    );
    for (const { name, median, best } of figures) {
      lines.push(
        `  ${name.padEnd(width)}  ${formatFigure(median).padStart(10)}  ${formatFigure(best).padStart(10)}`,
      );
    }
  }
  return [...lines, ...report.notes.map((note) => `\n${note}`), ""].join("\n");
}

/** Prints a report and writes it as `<name>.json` and `<name>.svg`, by default into `docs/bench`. */
export async function publishReport(report: BenchReport, folder: string = RESULTS): Promise<void> {
  process.stdout.write(`${toTable(report)}\n`);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${report.name}.json`), `${JSON.stringify(report, null, 2)}\n`);
  await writeFile(join(folder, `${report.name}.svg`), toSvg(report));
}
