// SPDX-License-Identifier: MIT

/**
 * A line in lines of `width` characters at most, folded at blanks where there are some.
 *
 * @param hang how much deeper than the first line the others begin
 */
export function foldLine(line: string, width: number, hang = 4): readonly string[] {
  if (line.length <= width) return [line];
  const indent = line.length - line.trimStart().length;
  const deeper = Math.min(indent + hang, Math.floor(width / 2));
  const blank = line.lastIndexOf(" ", width);
  const at = blank > indent ? blank : width;
  const rest = `${" ".repeat(deeper)}${line.slice(at).trimStart()}`;
  return [line.slice(0, at).trimEnd(), ...foldLine(rest, width, 0)];
}
