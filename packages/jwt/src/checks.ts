// SPDX-License-Identifier: Apache-2.0

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export interface Range {
  readonly min: number;
  readonly max: number;
}

/**
 * `value`, or `fallback` when it is not given.
 *
 * @throws {TypeError} naming the option, when the value is not a number in the range
 */
export function numberOption(
  name: string,
  value: number | undefined,
  fallback: number,
  range: Range,
): number {
  const number = value ?? fallback;
  if (typeof number !== "number" || !(number >= range.min && number <= range.max)) {
    throw new TypeError(`${name} must be a number from ${range.min} to ${range.max}.`);
  }
  return number;
}

/** @throws {TypeError} naming the option, when the text is empty or blank */
export function textOption(name: string, value: string): string {
  if (typeof value !== "string" || value.trim() === "") throw new TypeError(`${name} must not be empty.`);
  return value;
}
