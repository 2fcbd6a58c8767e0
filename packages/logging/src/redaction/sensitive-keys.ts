// SPDX-License-Identifier: Apache-2.0

/**
 * Last words of names under which a secret stands, without `-` and `_`: `accessToken`, `AUTH0_PRIVATE_KEY` and
 * `set-cookie` all end in one. What merely speaks of a secret does not: `tokenCount`, `secretName`, `keyId`.
 */
const endings = [
  "authorization",
  "token",
  "tokens",
  "secret",
  "secrets",
  "password",
  "passwords",
  "passwd",
  "passphrase",
  "cookie",
  "cookies",
  "credential",
  "credentials",
  "apikey",
  "accesskey",
  "secretkey",
  "privatekey",
  "signingkey",
  "secretaccesskey",
  "clientassertion",
];

const sensitive = new RegExp(`(?:${endings.join("|")})$`);

/** Finds quickly whether a JSON line can hold such a key at all; says yes too often, never too rarely. */
const hint = /(?:[nN]|[tT]|[sS]|[dD]|[eE]|[yY]|[lL])"\s*:/;

export function mayHoldSensitiveKey(line: string): boolean {
  return hint.test(line);
}

export function isSensitiveKey(name: string): boolean {
  return sensitive.test(name.replaceAll(/[-_.\s]/g, "").toLowerCase());
}
