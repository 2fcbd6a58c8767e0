// SPDX-License-Identifier: Apache-2.0
import { formatBytes } from "../progress/bytes.ts";
import { type Amount, type Deed, OTHER_PREFIXES, type PrefixTable } from "./prefix-table.ts";

const MAX_ROWS = 25;
const deeds: readonly Deed[] = ["copied", "replaced", "deleted"];

function cell({ objects, bytes }: Amount): string {
  return objects === 0 ? "–" : `${objects} (${formatBytes(bytes)})`;
}

/** A name as one printable line: names may hold anything, terminals obey escape sequences. */
function printable(prefix: string): string {
  if (prefix === "") return "(no folder)";
  const quoted = JSON.stringify(prefix)
    .slice(1, -1)
    .replaceAll(/[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, "\uFFFD");
  return quoted.length <= 40 ? quoted : `${quoted.slice(0, 39)}…`;
}

function addAmounts(a: Amount, b: Amount): Amount {
  return { objects: a.objects + b.objects, bytes: a.bytes + b.bytes };
}

function layOut(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((text, column) =>
          column === 0 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0),
        )
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** What a dry run would do, by top-level prefix, as a table for people. Ends with a line break. */
export function formatPlan(table: PrefixTable): string {
  const { rows, total } = table;
  if (rows.length === 0) return "The destination mirrors the source: there is nothing to do.\n";
  const shown = rows.slice(0, MAX_ROWS);
  const rest = rows.slice(MAX_ROWS);
  const lines = shown.map((row) => {
    const prefix = row.prefix === OTHER_PREFIXES ? row.prefix : printable(row.prefix);
    return [prefix].concat(deeds.map((deed) => cell(row[deed])));
  });
  if (rest.length > 0) {
    const sums = deeds.map((deed) =>
      cell(rest.map((row) => row[deed]).reduce(addAmounts, { objects: 0, bytes: 0 })),
    );
    lines.push([`(${rest.length} more)`, ...sums]);
  }
  const header = ["Prefix", "New", "Replaced", "Deleted"];
  return `${layOut([header, ...lines, ["Total", ...deeds.map((deed) => cell(total[deed]))]])}\n`;
}
