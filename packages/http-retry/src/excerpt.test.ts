// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { test } from "vitest";
import { excerptOf, hideCredentials } from "./excerpt.ts";

const bytes = (text: string) => Buffer.from(text);
const asItIs = (text: string) => text;

test("quotes a body on one line, cut to 200 characters", ({ expect }) => {
  expect(excerptOf(bytes(" <Code>\n\tSlowDown\u0007</Code> "), asItIs)).toBe("<Code> SlowDown </Code>");
  const long = excerptOf(bytes("é".repeat(20_001)), asItIs);
  expect(long).toHaveLength(200);
  expect(long?.endsWith("é…")).toBe(true);
});

test("quotes nothing of an empty or binary body", ({ expect }) => {
  expect(excerptOf(bytes(""), asItIs)).toBeUndefined();
  expect(excerptOf(bytes(" \n"), asItIs)).toBeUndefined();
  expect(excerptOf(bytes("a\0b"), asItIs)).toBeUndefined();
  expect(excerptOf(Buffer.from([0x1f, 0x8b, 0x08, 0xff]), asItIs)).toBeUndefined();
});

test("hides a given secret before it cuts, so that no half of one is left", ({ expect }) => {
  const secret = "sesame-open-sesame";
  const redact = (text: string) => text.replaceAll(secret, "[hidden]");
  for (let at = 170; at < 210; at++) {
    expect(excerptOf(bytes("x".repeat(at) + secret), redact)).not.toContain("sesame");
  }
});

test.for([
  ["a bearer token", "authorization: Bearer abcdef123456", "authorization: Bearer [hidden]"],
  ["a JWT", "got eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl here", "got [hidden] here"],
  ["a token in JSON", '{"access_token":"abcdef"}', '{"access_token":"[hidden]"}'],
  ["a secret in a form", "client_secret=abcdef&a=b", "client_secret=[hidden]&a=b"],
  ["a signature in a query", "?X-Amz-Signature=0123abcd&x=1", "?X-Amz-Signature=[hidden]&x=1"],
  ["an API key", "api-key: abcdef", "api-key: [hidden]"],
  [
    "no ordinary word",
    "the token was refused; basic checks failed",
    "the token was refused; basic checks failed",
  ],
] as const)("hides %s", ([, text, expected], { expect }) => {
  expect(hideCredentials(text)).toBe(expected);
});

test("hides a bearer token wherever it stands", ({ expect }) => {
  const tokens = fc.stringMatching(/^[A-Za-z0-9._~+/-]{16,60}$/);
  fc.assert(
    fc.property(fc.string(), tokens, fc.string(), (before, token, after) => {
      expect(hideCredentials(`${before} Bearer ${token} ${after}`)).not.toContain(`Bearer ${token}`);
    }),
  );
});
