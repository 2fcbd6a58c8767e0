// SPDX-License-Identifier: Apache-2.0
import { AnchorSearch, anchorsOf } from "./anchors.ts";
import { base64Sources, encodedSource, type HiddenValue, literalSource } from "./encodings.ts";

/** What stands in place of a secret. */
export const redactedMark = "[redacted]";

const defaultMinLength = 4;

/** Lines of a many-line secret (a PEM file) are hidden one by one from this length on. */
const minLineLength = 16;

export interface RedactorOptions {
  /**
   * Secrets with fewer characters are left alone, since hiding them would tear ordinary words; default 4.
   * Blank ones always are.
   */
  readonly minLength?: number;
}

/**
 * Makes a function that replaces every given secret in a text by `[redacted]`.
 *
 * Found as it is, and as JSON, JavaScript and Go strings, URLs (percent-encoded in either case, once or several
 * times, and form-encoded with `+`), XML and base64 (also base64url) write it, base64 also where the secret is only
 * a part of what was encoded, as in `Basic` credentials. Of a secret of many lines each line of 16 characters or
 * more is hidden on its own too, save in base64. Not found: hex, compression, a secret cut in two.
 *
 * The text around a secret stays. JSON text may be broken by a match inside an escape (`\test` in JSON is a tab and
 * `est`): use {@link createLineRedactor} for that. A secret that is a piece of `[redacted]` cannot be hidden by it.
 */
export function createRedactor(
  secrets: readonly string[],
  options: RedactorOptions = {},
): (text: string) => string {
  const matcher = createSecretMatcher(secrets, options);
  return matcher === undefined ? (text) => text : (text) => (matcher.test(text) ? matcher.hide(text) : text);
}

/** The two halves of a redactor: `test` is cheap and may say yes too often, never no too often. */
export interface SecretMatcher {
  test(text: string): boolean;
  hide(text: string): string;
}

/** @returns `undefined` when there is nothing to hide */
export function createSecretMatcher(
  secrets: readonly string[],
  { minLength = defaultMinLength }: RedactorOptions = {},
): SecretMatcher | undefined {
  const hidden = hiddenValues(secrets, minLength);
  if (hidden.length === 0) return undefined;
  const test = createTest(hidden);
  // Made at the first secret that gets this far, since the patterns of a private key take 100 ms.
  let hide: SecretMatcher["hide"] | undefined;
  return { test, hide: (text) => (hide ??= createHide(hidden))(text) };
}

function createTest(hidden: readonly HiddenValue[]): SecretMatcher["test"] {
  const anchors: string[] = [];
  const others: HiddenValue[] = [];
  for (const each of hidden) {
    const own = anchorsOf(each);
    if (own === undefined) others.push(each);
    else anchors.push(...own);
  }
  const search = anchors.length === 0 ? undefined : new AnchorSearch(anchors);
  const pattern = others.length === 0 ? undefined : new RegExp(others.flatMap(sourcesOf).join("|"));
  return (text) => search?.occursIn(text) === true || pattern?.test(text) === true;
}

function createHide(hidden: readonly HiddenValue[]): SecretMatcher["hide"] {
  const literal = new RegExp(hidden.map(({ value }) => literalSource(value)).join("|"), "g");
  const encoded = new RegExp(hidden.flatMap(sourcesOf).join("|"), "g");
  // Exact matches first: the tolerant pattern would take backslashes beside them for a part of the secret.
  return (text) => text.replace(literal, redactedMark).replace(encoded, redactedMark);
}

function sourcesOf({ value, isWhole }: HiddenValue): string[] {
  return isWhole ? [encodedSource(value), ...base64Sources(value)] : [encodedSource(value)];
}

/** Longest first, so that a secret that contains another one is hidden whole. */
function hiddenValues(secrets: readonly string[], minLength: number): HiddenValue[] {
  const whole = secrets.filter((secret) => secret.length >= minLength && secret.trim() !== "");
  const lines = secrets.flatMap(secretLines).filter((line) => !whole.includes(line));
  const values = [
    ...Array.from(new Set(whole), (value) => ({ value, isWhole: true })),
    ...Array.from(new Set(lines), (value) => ({ value, isWhole: false })),
  ];
  return values.toSorted((a, b) => b.value.length - a.value.length);
}

function secretLines(secret: string): string[] {
  const lines = secret.split(/\r\n|\n|\\n/).map((line) => line.trim());
  if (lines.length === 1) return [];
  return lines.filter((line) => line.length >= minLineLength && !line.startsWith("-----"));
}
