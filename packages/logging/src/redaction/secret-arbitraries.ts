// SPDX-License-Identifier: Apache-2.0
// What the tests of redaction share: hostile secrets, ways to write them, and text that is no part of them.
import fc from "fast-check";
import { redactedMark } from "./redactor.ts";

/** Letters of {@link surroundings}: never in a secret, so that what belongs to whom is beyond doubt. */
const outside = ["α", "β", "γ", "δ", "ε"];

const hostileLetters = Array.from('\\\\""//++%%&<>\'= \n\r\t\u0000nutr025abAB-_.~!*()é漢😀');

/** Secrets of 4 to 30 characters: any text, and text made of what encoders treat in a special way. */
export const secrets = fc
  .oneof(
    fc.string({ unit: "binary", minLength: 4, maxLength: 30 }),
    fc.string({ unit: fc.constantFrom(...hostileLetters), minLength: 4, maxLength: 30 }),
    fc.string({ unit: "grapheme-ascii", minLength: 4, maxLength: 30 }),
  )
  .filter((secret) => secret.length >= 4 && secret.trim() !== "" && !redactedMark.includes(secret))
  .filter((secret) => !outside.some((letter) => secret.includes(letter)))
  // Lines of 16 letters are secrets of their own, which leaves the line breaks between them.
  .filter((secret) => secret.length < 16 || !/[\r\n]|\\n/.test(secret));

export const surroundings = fc.string({ unit: fc.constantFrom(...outside), maxLength: 8 });

/** How programs write a secret into text. */
export const encoders: Readonly<Record<string, (secret: string) => string>> = {
  itself: (secret) => secret,
  JSON: inJson,
  "JSON in JSON": (secret) => inJson(inJson(secret)),
  "JSON in JSON in JSON": (secret) => inJson(inJson(inJson(secret))),
  "JSON in ASCII only": inAsciiJson,
  "JSON with escaped slashes": (secret) => inJson(secret).replaceAll("/", String.raw`\/`),
  "a URL component": encodeURIComponent,
  "a URL component with lower-case digits": lowerCasePercent,
  "a URL component, twice": (secret) => encodeURIComponent(encodeURIComponent(secret)),
  "RFC 3986 asks": strictPercent,
  "a URL path": (secret) => encodeURI(secret),
  "a form": (secret) => new URLSearchParams({ "": secret }).toString().slice(1),
  XML: inXml,
  "a URL component in JSON": (secret) => inJson(encodeURIComponent(secret)),
};

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function inAsciiJson(secret: string): string {
  return inJson(secret).replaceAll(
    /[<>&\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function lowerCasePercent(secret: string): string {
  return encodeURIComponent(secret).replaceAll(/%../g, (code) => code.toLowerCase());
}

function strictPercent(secret: string): string {
  return encodeURIComponent(secret).replaceAll(
    /[!'()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function inXml(secret: string): string {
  const names = new Map([
    ["&", "&amp;"],
    ["<", "&lt;"],
    [">", "&gt;"],
    ['"', "&quot;"],
    ["'", "&#39;"],
  ]);
  return secret.replaceAll(/[&<>"']/g, (letter) => names.get(letter) ?? letter);
}
