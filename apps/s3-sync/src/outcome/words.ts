// SPDX-License-Identifier: Apache-2.0

/** A number of things in words: `1 object`, `2 objects`. */
export function countOf(count: number, thing: string, things = `${thing}s`): string {
  return `${count} ${count === 1 ? thing : things}`;
}

/** `1 object was`, `2 objects were`. */
export function objectsThat(count: number, singular: string, plural: string): string {
  return `${countOf(count, "object")} ${count === 1 ? singular : plural}`;
}
