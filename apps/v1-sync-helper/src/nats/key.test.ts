// SPDX-License-Identifier: MIT
import fc from "fast-check";
import { test } from "vitest";
import { checkKey, escapeKey, IllegalKeyError, unescapeKey } from "./key.ts";

/** Also lone surrogates, control characters, dots in odd places and texts that look escaped. */
const anyText = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: "grapheme" }),
  fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
  fc.string({ unit: fc.constantFrom(".", "=", "u", "D", "8", "2", "E", "0", " ", "\ud800", "\udc00", "a") }),
);

test("makes a legal key of any text", ({ expect }) => {
  fc.assert(
    fc.property(anyText, (text) => {
      expect(() => checkKey(escapeKey(text))).not.toThrow();
    }),
  );
});

test("gives the text back, so that no two texts share a key", ({ expect }) => {
  const backAgain = fc.property(anyText, (text) => {
    expect(unescapeKey(escapeKey(text))).toBe(text);
  });
  fc.assert(backAgain, { numRuns: 1_000 });
});

test("leaves ordinary keys as they are", ({ expect }) => {
  const part = fc.stringMatching(/^[-/_a-zA-Z0-9]{1,20}$/);
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), (parts) => {
      expect(escapeKey(parts.join("."))).toBe(parts.join("."));
    }),
  );
});

test.for([
  ["salesforce-project__c.a0941000002wBz4AAE", "salesforce-project__c.a0941000002wBz4AAE"],
  ["itx-poll.a#b", "itx-poll.a=23b"],
  ["a b*>", "a=20b=2A=3E"],
  [".a..b.", "=2Ea.=2Eb=2E"],
  ["...", "=2E=2E=2E"],
  ["å😀", "=C3=A5=F0=9F=98=80"],
  ["a=b", "a=3Db"],
  ["\ud800", "=uD800"],
  ["", "="],
] as const)("escapes %j as %j", ([text, key], { expect }) => {
  expect(escapeKey(text)).toBe(key);
});

test.for([
  ["", /""/],
  [".a", /"\.a" holds what a bucket does not take/],
  ["a..b", /a\.\.b/],
  ["a.", /"a\."/],
  ["a b", /"a b"/],
  ["a.*", /"a\.\*"/],
  ["a\r\nPUB x 0", /\\r\\n/],
  ["x".repeat(4_000), /4000 characters/],
] as const)("rejects the key %j with a sentence", ([key, message], { expect }) => {
  expect(() => checkKey(key)).toThrow(IllegalKeyError);
  expect(() => checkKey(key)).toThrow(message);
});
