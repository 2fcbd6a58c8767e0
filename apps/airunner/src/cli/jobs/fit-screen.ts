// SPDX-License-Identifier: Apache-2.0
import { cut } from "../text/harmless.ts";

/**
 * As much of a text as a screen shows. What does not fit is left out at the end and at the right: log-update would
 * leave out the heading, and break long lines into several, which nobody can read as a table.
 */
export function fitScreen(
  text: string,
  { rows, columns }: { readonly rows: number; readonly columns: number },
): string {
  const lines = text.trimEnd().split("\n");
  const isTooHigh = lines.length >= rows;
  const shown = isTooHigh ? lines.slice(0, Math.max(1, rows - 2)) : lines;
  const more = isTooHigh ? [`… ${lines.length - shown.length} more lines`] : [];
  return [...shown, ...more].map((line) => cut(line, columns)).join("\n");
}
