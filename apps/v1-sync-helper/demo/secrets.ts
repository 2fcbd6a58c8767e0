// SPDX-License-Identifier: MIT

const patterns = [
  // A JWT.
  /eyJ[\w-]{10,}/,
  // A token of v1's token endpoint.
  /(?<![\w-])[\w-]{43}(?![\w-])/,
  /Bearer /i,
  /PRIVATE KEY/,
  // An e-mail address; `x@clients` is none.
  /[\w.+-]+@[\w-]+\.\w+/,
];

/** Whether a line holds what no log may hold: a token, a key, an e-mail address, or one of `secrets`. */
export function secretsIn(line: string, secrets: readonly string[]): boolean {
  return patterns.some((pattern) => pattern.test(line)) || secrets.some((secret) => line.includes(secret));
}
