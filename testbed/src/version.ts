// SPDX-License-Identifier: Apache-2.0

/** The first dotted number in a text (`go version go1.26.8 linux` → `1.26.8`), or `undefined`. */
export function versionIn(text: string): string | undefined {
  return /\d+\.\d+(?:\.\d+)*/.exec(text)?.[0];
}

/** Negative, zero or positive as `a` is older than, the same as or newer than `b`; missing parts count as 0. */
export function compareVersions(a: string, b: string): number {
  const left = a.split(".").map(Number);
  const right = b.split(".").map(Number);
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
