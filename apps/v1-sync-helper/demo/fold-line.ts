// SPDX-License-Identifier: MIT

/**
 * A line in lines of `width` characters at most, folded at blanks where there are some; the row of a table is cut instead,
 * since its columns would mean nothing below each other.
 */
export function foldLine(line: string, width: number): readonly string[] {
  if (line.length <= width) return [line];
  return isRow(line) ? [`${line.slice(0, width - 1).trimEnd()}…`] : fold(line, width, 4);
}

/** Two gaps at least. */
function isRow(line: string): boolean {
  return /\S {2,}\S.*\S {2,}\S/.test(line);
}

/** @param hang how much deeper than the first line the others begin */
function fold(line: string, width: number, hang: number): readonly string[] {
  if (line.length <= width) return [line];
  const indent = line.length - line.trimStart().length;
  const deeper = Math.min(indent + hang, Math.floor(width / 2));
  const blank = line.lastIndexOf(" ", width);
  const at = blank > indent ? blank : width;
  const rest = `${" ".repeat(deeper)}${line.slice(at).trimStart()}`;
  return [line.slice(0, at).trimEnd(), ...fold(rest, width, 0)];
}
