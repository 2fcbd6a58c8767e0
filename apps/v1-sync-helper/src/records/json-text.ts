// SPDX-License-Identifier: MIT
import { MalformedError, maxDepth } from "./plain.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Text that may hold a number which a double cannot; cheap to look for, and seldom there. */
const suspect = /[\d.]{16,}|[eE][+-]?\d{3}/;

/**
 * Parses JSON text without rounding: integers beyond 2^53, and numbers of more digits than a double holds, come as the
 * text they were written as.
 *
 * @throws {MalformedError} whose message quotes nothing of the value, for values hold personal data
 */
export function parseJson(bytes: Uint8Array): unknown {
  const text = readUtf8(bytes);
  try {
    const value: unknown = JSON.parse(text);
    if (!suspect.test(text)) return value;
    return JSON.parse(text, withoutRounding);
  } catch (error) {
    // Only looking for big numbers recurses; plain parsing does not, and depth is checked after it.
    if (error instanceof RangeError)
      throw new MalformedError(`is nested deeper than ${maxDepth} levels`, { cause: error });
    throw new MalformedError(`begins like a JSON object and is none${positionIn(error)}`, { cause: error });
  }
}

/** A reviver; what a number was written as comes as its third argument, which the types do not know yet. */
function withoutRounding(_name: string, value: unknown, ...rest: readonly unknown[]): unknown {
  const [context] = rest;
  if (typeof value !== "number" || typeof context !== "object" || context === null) return value;
  return "source" in context && typeof context.source === "string" ? exact(value, context.source) : value;
}

function readUtf8(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch (error) {
    throw new MalformedError("begins like a JSON object and is not UTF-8", { cause: error });
  }
}

function exact(value: number, source: string): number | string {
  if (!Number.isFinite(value)) return source;
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) return source;
  return digitsOf(source) === digitsOf(String(value)) ? value : source;
}

/** The significant digits and the power of ten of a decimal number, so that `1.50` and `15e-1` are one. */
function digitsOf(decimal: string): string {
  const [mantissa = "", exponent = "0"] = decimal.toLowerCase().split("e");
  const [whole = "", fraction = ""] = mantissa.replace(/^[+-]/, "").split(".");
  const digits = (whole + fraction).replace(/^0+/, "");
  const significant = digits.replace(/0+$/, "");
  if (significant === "") return "0";
  return `${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`;
}

function positionIn(error: unknown): string {
  const position = error instanceof SyntaxError ? /at position (\d+)/.exec(error.message)?.[1] : undefined;
  return position === undefined ? "" : ` (at character ${position})`;
}
