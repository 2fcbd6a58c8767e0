// SPDX-License-Identifier: Apache-2.0
import { allHold, type Check, describeChecks } from "./check.ts";
import { formatDuration } from "./format.ts";
import type { Stage } from "./stage.ts";
import { type Column, formatTable } from "./table.ts";

/** What a step of a demo promised, and what came of it. */
export interface ClosingRow {
  readonly title: string;
  readonly checks: readonly Check[];
  /** Cells of the further columns. */
  readonly further?: readonly string[];
  /** "" where the step took no time worth telling. */
  readonly time: string;
}

export interface ClosingTable {
  /** The first column: what a row is. */
  readonly heading: Column;
  /** Columns between what happened and the time. */
  readonly further?: readonly Column[];
  readonly rows: readonly ClosingRow[];
  readonly totalMs: number;
}

/** The table at the end of a demo: each step, what was expected and what happened, and how many are as expected. */
export function showClosingTable(stage: Stage, { heading, further = [], rows, totalMs }: ClosingTable): void {
  const isGood = rows.map(({ checks }) => allHold(checks));
  const lines = formatTable({
    width: stage.width,
    columns: [
      { title: "", width: 1 },
      heading,
      { title: "expected" },
      { title: "happened" },
      ...further,
      { title: "time", width: 6, align: "right" },
    ],
    rows: rows.map((row, index) => [
      isGood[index] === true ? "✔" : "✘",
      row.title,
      describeChecks(row.checks, "expected"),
      describeChecks(row.checks, "actual"),
      ...(row.further ?? []),
      row.time,
    ]),
    paint: (text, row, column) => {
      if (row === -1) return stage.style("bold", text);
      if (column === 0) return stage.style(isGood[row] === true ? "green" : "red", text);
      return isGood[row] === true || column !== 3 ? text : stage.style("red", text);
    },
  });
  stage.print();
  for (const line of lines) stage.print(line);
  const good = isGood.filter(Boolean).length;
  stage.print();
  stage.mark(good === rows.length, `${good} of ${rows.length} as expected`, formatDuration(totalMs));
}

/** Where to look further: a path, and what is there. */
export type Pointer = readonly [path: string, what: string];

export function showPointers(stage: Stage, pointers: readonly Pointer[]): void {
  stage.print();
  for (const [path, what] of pointers) stage.print(`  ${path.padEnd(30)} ${stage.style("dim", what)}`);
}
