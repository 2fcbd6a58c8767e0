// SPDX-License-Identifier: MIT

/** A key that a bucket cannot hold. */
export class IllegalKeyError extends Error {
  override readonly name = "IllegalKeyError";
}

/** The server closes a connection that sends a longer line than 4 096 bytes; a line holds the key, its bucket and a reply subject. */
const maxKeyLength = 3_500;

const legal = /^[-/=\w]+(?:\.[-/=\w]+)*$/;

/** @throws {IllegalKeyError} a sentence that names the key */
export function checkKey(key: string): void {
  if (key.length <= maxKeyLength && legal.test(key)) return;
  const shown = JSON.stringify(key.length > 100 ? `${key.slice(0, 100)}…` : key);
  throw new IllegalKeyError(
    key.length > maxKeyLength
      ? `The key ${shown} has ${key.length} characters; a bucket takes ${maxKeyLength}.`
      : `The key ${shown} holds what a bucket does not take: only letters, digits, "-", "_", "/", "=", and single dots within. Escape it.`,
  );
}

const ordinary = /^[-/\w]+(?:\.[-/\w]+)*$/;
/** Lone surrogates apart: they have no UTF-8 form. Then dots that would make an empty part, and what is not ordinary. */
const toEscape = /([\uD800-\uDFFF])|^\.|\.$|(?<=\.)\.|[^-/\w.]/gu;

/**
 * Any text as a legal key. Ordinary keys stay as they are; other characters become their UTF-8 bytes as `=` and two
 * hexadecimal digits, e.g. `a b` → `a=20b`, `a..b` → `a.=2Eb`. No two texts give the same key.
 */
export function escapeKey(text: string): string {
  if (ordinary.test(text)) return text;
  // A key must not be empty.
  if (text === "") return "=";
  return text.replace(toEscape, (found: string, lone: string | undefined) =>
    lone === undefined ? escapeBytes(found) : `=u${lone.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function escapeBytes(text: string): string {
  let escaped = "";
  for (const byte of Buffer.from(text)) escaped += `=${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  return escaped;
}

/** The text that {@link escapeKey} made the key of. A key that it did not make is taken as well as can be. */
export function unescapeKey(key: string): string {
  if (!key.includes("=")) return key;
  if (key === "=") return "";
  return key.replace(/=u([0-9A-F]{4})|(?:=[0-9A-F]{2})+/g, (found: string, lone: string | undefined) =>
    lone === undefined
      ? Buffer.from(found.replaceAll("=", ""), "hex").toString("utf8")
      : String.fromCharCode(Number.parseInt(lone, 16)),
  );
}
