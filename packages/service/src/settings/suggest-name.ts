// SPDX-License-Identifier: Apache-2.0

/** Names that differ in more than this many letters are not taken for slips. */
const maxEdits = 2;

/**
 * Finds a variable that is set but that no schema knows and whose name is nearly `missing`.
 *
 * Short names (under 6 letters) are never matched: too many are alike.
 */
export function suggestName(
  missing: string,
  present: readonly string[],
  known: readonly string[],
): string | undefined {
  if (missing.length < 6) return undefined;
  return present
    .filter((name) => !known.includes(name) && !known.includes(name.replace(/_FILE$/, "")))
    .find((name) => editDistance(missing, name.toUpperCase()) <= maxEdits);
}

/** Letters to change, add or drop (Levenshtein); stops counting where the lengths alone differ too much. */
function editDistance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > maxEdits) return maxEdits + 1;
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const swap = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(swap, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
