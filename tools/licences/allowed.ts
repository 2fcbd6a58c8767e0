// SPDX-License-Identifier: Apache-2.0

/** Licences that ask for no more than their text, which the bundles carry beside them. */
const ALLOWED = new Set([
  "0BSD",
  "Apache-2.0",
  "BlueOak-1.0.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "CC0-1.0",
  "ISC",
  "MIT",
  "PostgreSQL",
  "Python-2.0",
  "Unlicense",
]);

/** Whether an SPDX expression is met by allowed licences: one side of an OR, both sides of an AND. */
export function isAllowed(expression: string): boolean {
  const text = expression.replaceAll(/[()]/g, " ");
  return text
    .split(/\sOR\s/)
    .some((choice) => choice.split(/\sAND\s/).every((licence) => ALLOWED.has(licence.trim())));
}
