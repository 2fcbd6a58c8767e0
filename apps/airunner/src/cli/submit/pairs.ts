// SPDX-License-Identifier: Apache-2.0
import { UsageError } from "../context.ts";

/**
 * Splits as the Go program's flag parser did: a backslash before the separator keeps it, any other backslash stays,
 * and nothing comes of an empty end.
 */
export function splitEscaped(text: string, separator: string): readonly string[] {
  const parts: string[] = [];
  let part = "";
  for (let index = 0; index < text.length; index += 1) {
    const letter = text.charAt(index);
    if (letter === "\\" && text.charAt(index + 1) === separator) {
      part += separator;
      index += 1;
    } else if (letter === separator) {
      parts.push(part);
      part = "";
    } else part += letter;
  }
  if (part !== "") parts.push(part);
  return parts;
}

/**
 * Reads `K=V;K2=V2`, once or several times; later values win.
 * @throws {UsageError} names the option and the key, never the value
 */
export function parsePairs(flag: string, texts: readonly string[]): Record<string, string> {
  const pairs: Record<string, string> = {};
  for (const text of texts.flatMap((given) => splitEscaped(given, ";"))) {
    const at = text.indexOf("=");
    // Text without "=" may well be a secret that a shell cut off: only its place is told.
    if (at === -1)
      throw new UsageError(
        `${flag} has a part without "="; write NAME=VALUE, several as A=1;B=2 or with ${flag} again`,
      );
    const name = text.slice(0, at).trim();
    if (name === "") throw new UsageError(`${flag} has a value without a name; write NAME=VALUE`);
    pairs[name] = text.slice(at + 1);
  }
  return pairs;
}
