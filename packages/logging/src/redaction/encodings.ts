// SPDX-License-Identifier: Apache-2.0

/** How often a text may have been escaped or percent-encoded again: JSON in JSON in JSON, in a line of the log. */
const maxNesting = 4;

const base64Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".split("");

/** A text to hide: a secret, or one line of it, which is not looked for in base64. */
export interface HiddenValue {
  readonly value: string;
  readonly isWhole: boolean;
}

/** Short escapes of JSON, JavaScript and Go. */
const shortEscapes: Readonly<Record<string, string>> = {
  "\b": "b",
  "\f": "f",
  "\n": "n",
  "\r": "r",
  "\t": "t",
};

const entities: Readonly<Record<string, string>> = {
  '"': "quot",
  "&": "amp",
  "'": "apos",
  "<": "lt",
  ">": "gt",
};

/** Pattern of the secret itself, character by character. */
export function literalSource(secret: string): string {
  return secret.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);
}

/**
 * Pattern of the secret as any mixture of string escapes, percent-encoding and XML entities may write it.
 *
 * Each character is matched in all its forms, so encoders that differ in what they leave alone are all covered.
 * Backslashes are counted in runs together with the character after them: one quantifier per run keeps the
 * pattern free of ambiguity, hence linear on hostile text.
 */
export function encodedSource(secret: string): string {
  let source = "";
  let backslashes = 0;
  for (const character of secret) {
    if (character === "\\") {
      backslashes += 1;
      continue;
    }
    source += unitSource(backslashes, character, source === "" && backslashes === 0);
    backslashes = 0;
  }
  // Lazy, so that backslashes which follow the secret stay with the text around it.
  return backslashes === 0 ? source : source + group(backslashForms(backslashes, "?"));
}

/** One character after `backslashes` backslashes. The first of a secret leaves the escape before it to the text. */
function unitSource(backslashes: number, character: string, isFirst: boolean): string {
  if (backslashes === 0 && /^[\w.-]$/.test(character)) return literalSource(character);
  const nesting = 2 ** maxNesting;
  const atMost = backslashes * nesting;
  const escapeBefore = isFirst ? "" : run(backslashes, atMost + nesting - 1);
  // The plain character last: `%` would else be found in `%25`, and `25` taken for what follows.
  const forms = [
    ...escapeBodies(character).map((body) => `${run(backslashes + 1, atMost + nesting)}${body}`),
    ...safeForms(character).map((form) => `${run(backslashes, atMost)}${form}`),
    `${escapeBefore}${literalSource(character)}`,
  ];
  if (backslashes > 0) {
    const spelled = group([...safeForms(character), literalSource(character)]);
    forms.unshift(`(?:${percentSource("\\")}){${backslashes}}${spelled}`);
  }
  return group(forms);
}

/** What follows the backslash where the character is written as an escape: `n`, `u000a`. */
function escapeBodies(character: string): string[] {
  const short = shortEscapes[character];
  const units = character.split("").map((unit) => hexSource(unit.charCodeAt(0), 4));
  const unicode = units.map((unit) => `u${unit}`).join(run(1, 2 ** maxNesting));
  return short === undefined ? [unicode] : [short, unicode];
}

/** Forms that no string escape changes: percent-encoding, `+` for a blank, XML entities. */
function safeForms(character: string): string[] {
  const forms = [percentSource(character)];
  if (character === " ") forms.push(String.raw`\+`);
  const name = entities[character];
  if (name !== undefined) {
    const code = character.charCodeAt(0);
    forms.push(`&(?:${name}|#0*${code}|#[xX]0*${hexSource(code, 2)});`);
  }
  return forms;
}

function backslashForms(count: number, lazy: "" | "?"): string[] {
  return [
    `${run(count, count * 2 ** maxNesting)}${lazy}`,
    `(?:${percentSource("\\")}){${count}}`,
    `(?:&#92;){${count}}`,
  ];
}

function run(from: number, to: number): string {
  return to === 0 ? "" : String.raw`\\{${from},${to}}`;
}

function percentSource(character: string): string {
  const bytes = Buffer.from(character, "utf8");
  return Array.from(bytes, (byte) => `%(?:25){0,${maxNesting}}${hexSource(byte, 2)}`).join("");
}

function hexSource(value: number, digits: number): string {
  const hex = value.toString(16).padStart(digits, "0");
  return hex.replaceAll(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);
}

/** The secret as people put it into base64: as it is, inside JSON, and percent-encoded (RFC 6749, section 2.3.1). */
export function base64Variants(secret: string): Buffer[] {
  const variants = new Set([
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret.toWellFormed()),
    new URLSearchParams({ "": secret }).toString().slice(1),
  ]);
  return Array.from(variants, (variant) => Buffer.from(variant, "utf8"));
}

/** Patterns of the secret inside a longer base64 text: it may start at any byte of a group of three. */
export function base64Sources(secret: string): string[] {
  return base64Variants(secret).flatMap((bytes) => [0, 1, 2].map((offset) => base64At(bytes, offset)));
}

/** The sextets that hold at least one bit of `bytes`, when `offset` unknown bytes stand before them. */
function base64At(bytes: Buffer, offset: number): string {
  const firstBit = offset * 8;
  const endBit = firstBit + bytes.length * 8;
  let source = "";
  for (let start = firstBit - (firstBit % 6); start < endBit; start += 6) {
    const candidates = base64Alphabet.filter((_, value) =>
      [0, 1, 2, 3, 4, 5].every((index) => {
        const bit = start + index;
        if (bit < firstBit || bit >= endBit) return true;
        return bitOf(bytes, bit - firstBit) === ((value >> (5 - index)) & 1);
      }),
    );
    source += sextetSource(candidates);
  }
  return source;
}

function bitOf(bytes: Buffer, bit: number): number {
  return ((bytes[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1;
}

function sextetSource(candidates: readonly string[]): string {
  const plain = candidates.filter((letter) => letter !== "+" && letter !== "/").join("");
  const forms = plain === "" ? [] : [plain.length === 1 ? plain : `[${plain}]`];
  if (candidates.includes("+")) forms.push("[+-]", percentSource("+"));
  if (candidates.includes("/")) forms.push("[/_]", String.raw`\\{1,7}/`, percentSource("/"));
  return group(forms);
}

function group(forms: readonly string[]): string {
  return forms.length === 1 ? forms.join("") : `(?:${forms.join("|")})`;
}
