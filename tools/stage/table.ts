// SPDX-License-Identifier: Apache-2.0
import { wrapText } from "./format.ts";

export interface Column {
  readonly title: string;
  /** Characters; a column without it takes its share of what the others leave. */
  readonly width?: number;
  readonly align?: "right";
}

export interface TableOptions {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly string[])[];
  /** Characters of a line at most. */
  readonly width: number;
  /** Colours a cell's line once it has its width; row -1 is the heading. */
  readonly paint?: (text: string, row: number, column: number) => string;
}

const gap = "  ";

/** Lines of a table whose cells are wrapped at blanks; a rule stands below the heading and between rows of several lines. */
export function formatTable({
  columns,
  rows,
  width,
  paint = (text) => text,
}: TableOptions): readonly string[] {
  const widths = resolveWidths(columns, width);
  const toLines = (cells: readonly string[], row: number): readonly string[] => {
    const wrapped = widths.map((size, column) => wrapText(cells[column] ?? "", size));
    const height = Math.max(...wrapped.map((lines) => lines.length));
    return Array.from({ length: height }, (_, index) =>
      wrapped
        .map((lines, column) => {
          const text = lines[index] ?? "";
          const size = widths[column] ?? 0;
          const padded = columns[column]?.align === "right" ? text.padStart(size) : text.padEnd(size);
          return paint(padded, row, column);
        })
        .join(gap)
        .trimEnd(),
    );
  };
  const rule = widths.map((size) => "─".repeat(size)).join(gap);
  const heading = toLines(
    columns.map((column) => column.title),
    -1,
  );
  const bodies = rows.map((cells, row) => toLines(cells, row));
  const lines = [...heading, rule];
  // Rows of several lines run into each other without a line between them.
  const isSpaced = bodies.some((body) => body.length > 1);
  for (const [row, body] of bodies.entries()) {
    if (isSpaced && row > 0) lines.push("");
    lines.push(...body);
  }
  return lines;
}

function resolveWidths(columns: readonly Column[], width: number): readonly number[] {
  const taken = columns.reduce((sum, column) => sum + (column.width ?? 0), gap.length * (columns.length - 1));
  const open = columns.filter((column) => column.width === undefined).length;
  const share = Math.max(8, Math.floor((width - taken) / Math.max(1, open)));
  return columns.map((column) => column.width ?? share);
}
