// SPDX-License-Identifier: Apache-2.0

/**
 * How the names under which a secret stands end: `accessToken`, `AUTH0_PRIVATE_KEY` and `set-cookie` all end so.
 * What merely speaks of a secret does not: `tokenCount`, `secretName`, `keyId`; nor does `key`, the name of an object.
 */
const endings = [
  "authorization",
  "tokens?",
  "secrets?",
  "passwords?",
  "passwd",
  "passphrase",
  "cookies?",
  "credentials?",
  String.raw`(?:api|access|secret|private|signing)[-_.\s]?keys?`,
  String.raw`client[-_.\s]?assertion`,
].join("|");

const sensitiveName = new RegExp(`(?:${endings})$`, "i");
const sensitiveMember = new RegExp(String.raw`(?:${endings})"\s*:`, "i");

/** Finds quickly whether a JSON line has such a key; may say yes for text that looks like one. */
export function mayHoldSensitiveKey(line: string): boolean {
  return sensitiveMember.test(line);
}

export function isSensitiveKey(name: string): boolean {
  return sensitiveName.test(name);
}
