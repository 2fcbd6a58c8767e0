// SPDX-License-Identifier: MIT

/** Controls, marks that turn the direction of text, and line ends of Unicode: a terminal would act on them. */
const harmful = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\u2028\u2029]/gu;

/** One line of text that no terminal acts on, whatever somebody put into a record. */
export function harmless(text: string): string {
  return text.replace(/[\r\n\t]+/g, " ").replace(harmful, "\u{fffd}");
}

/** At most `width` characters; longer ones end with an ellipsis. */
export function cut(text: string, width: number): string {
  const letters = Array.from(text);
  return letters.length <= width ? text : `${letters.slice(0, Math.max(0, width - 1)).join("")}…`;
}

/** Rows in columns as wide as their longest cell, at most `maxWidth`; no blanks at line ends. */
export function columns(rows: readonly (readonly string[])[], maxWidth = 60): string {
  const shown = rows.map((row) => row.map((cell) => cut(harmless(cell), maxWidth)));
  const widths: number[] = [];
  for (const row of shown)
    row.forEach((cell, index) => (widths[index] = Math.max(widths[index] ?? 0, Array.from(cell).length)));
  const fill = (cell: string, index: number): string =>
    cell + " ".repeat(Math.max(0, (widths[index] ?? 0) - Array.from(cell).length));
  return shown.map((row) => `${row.map(fill).join("  ").trimEnd()}\n`).join("");
}
