// SPDX-License-Identifier: Apache-2.0
import { base64Sources, encodedSource, literalSource } from "./encodings.ts";

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
 * more is hidden on its own. Not found: hex, compression, a secret cut in two.
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
  const values = hiddenValues(secrets, minLength);
  if (values.length === 0) return undefined;
  const forms = [...values.map(encodedSource), ...values.flatMap(base64Sources)].join("|");
  const literal = new RegExp(values.map(literalSource).join("|"), "g");
  const encoded = new RegExp(forms, "g");
  const any = new RegExp(forms);
  return {
    test: (text) => any.test(text),
    // Exact matches first: the tolerant pattern would take backslashes beside them for a part of the secret.
    hide: (text) => text.replace(literal, redactedMark).replace(encoded, redactedMark),
  };
}

/** Longest first, so that a secret that contains another one is hidden whole. */
function hiddenValues(secrets: readonly string[], minLength: number): string[] {
  const values = new Set<string>();
  for (const secret of secrets) {
    if (secret.length >= minLength && secret.trim() !== "") values.add(secret);
    for (const line of secretLines(secret)) values.add(line);
  }
  return [...values].toSorted((a, b) => b.length - a.length);
}

function secretLines(secret: string): string[] {
  const lines = secret.split(/\r\n|\n|\\n/).map((line) => line.trim());
  if (lines.length === 1) return [];
  return lines.filter((line) => line.length >= minLineLength && !line.startsWith("-----"));
}
