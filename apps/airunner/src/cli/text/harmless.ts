// SPDX-License-Identifier: Apache-2.0

/**
 * Controls, also those of 8 bits, marks that turn the direction of text, and line ends of Unicode: a job's metadata
 * may hold them, and a terminal would act on them.
 */
const harmful = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\u2028\u2029]/gu;

/** One line of text that no terminal acts on, whatever somebody put into it. */
export function harmless(text: string): string {
  return text.replace(/[\r\n\t]+/g, " ").replace(harmful, "\u{fffd}");
}

/** At most `width` characters; longer ones end with three dots, as the Go program cut them. */
export function cut(text: string, width: number): string {
  const letters = Array.from(text);
  return letters.length <= width ? text : `${letters.slice(0, Math.max(0, width - 3)).join("")}...`;
}

/** Harmless, cut, and filled up with blanks. */
export function cell(text: string, width: number): string {
  const shown = cut(harmless(text), width);
  return shown + " ".repeat(Math.max(0, width - Array.from(shown).length));
}
