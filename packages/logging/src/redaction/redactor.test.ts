// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, test } from "vitest";
import { base64Variants } from "./encodings.ts";
import { createRedactor, redactedMark } from "./redactor.ts";
import { encoders, secrets, surroundings } from "./secret-arbitraries.ts";

describe("createRedactor", () => {
  test.for(Object.keys(encoders))(
    "hides any secret written as %s and keeps the text around it",
    (name, { expect }) => {
      const encode = encoders[name] ?? String;
      fc.assert(
        fc.property(secrets, surroundings, surroundings, (secret, before, after) => {
          const hidden = createRedactor([secret])(before + encode(secret) + after);
          expect(hidden).toContain(redactedMark);
          expect(hidden).not.toContain(secret);
          expect(hidden).not.toContain(encode(secret));
          expect(hidden.startsWith(before)).toBe(true);
          expect(hidden.endsWith(after)).toBe(true);
        }),
      );
    },
  );

  test("replaces exactly the secret when it is written as it is", ({ expect }) => {
    fc.assert(
      fc.property(secrets, surroundings, surroundings, (secret, before, after) => {
        expect(createRedactor([secret])(before + secret + after)).toBe(before + redactedMark + after);
      }),
    );
  });

  test("keeps backslashes that stand beside a secret", ({ expect }) => {
    expect(createRedactor(['"password'])(String.raw`\\"password\\x`)).toBe(String.raw`\\[redacted]\\x`);
    expect(createRedactor(["\\password\\"])("\\\\password\\\\")).toBe("\\[redacted]\\");
  });

  test("hides a secret inside longer base64 at each of its three offsets, and no more than that", ({
    expect,
  }) => {
    const some = fc.uint8Array({ maxLength: 20 });
    const alphabet = fc.constantFrom("base64" as const, "base64url" as const);
    fc.assert(
      fc.property(secrets, some, some, alphabet, (secret, before, after, encoding) => {
        const secretBytes = Buffer.from(secret, "utf8");
        const bytes = Buffer.concat([before, secretBytes, after]);
        // A backslash before a secret that begins with one is the secret as JSON writes it, and hidden with it.
        const others = base64Variants(secret).filter((variant) => !variant.equals(secretBytes));
        fc.pre(!others.some((variant) => bytes.includes(variant)));
        const text = bytes.toString(encoding);
        const start = Math.floor((before.length * 8) / 6);
        const end = Math.ceil(((before.length + secretBytes.length) * 8) / 6);
        const expected = text.slice(0, start) + redactedMark + text.slice(end);
        expect(createRedactor([secret])(text)).toBe(expected);
      }),
      { numRuns: 300 },
    );
  });

  test("hides base64 that was percent-encoded or put into JSON with escaped slashes", ({ expect }) => {
    const secret = "~~~???>>>~~~???";
    const text = Buffer.from(`a:${secret}`).toString("base64");
    expect(text).toMatch(/[+/]/);
    const redact = createRedactor([secret]);
    for (const written of [encodeURIComponent(text), text.replaceAll("/", String.raw`\/`)]) {
      expect(redact(written)).toMatch(/^.{1,4}\[redacted\](?:=|%3D){0,2}$/);
    }
  });

  test.for([
    ["JSON", (text: string) => JSON.stringify({ key: text })],
    ["form-encoded Basic credentials", (text: string) => `user:${encodeURIComponent(text)}`],
  ] as const)("hides a secret in base64 of %s", ([, wrap], { expect }) => {
    const secret = 'pass"word/+ \\x';
    const text = Buffer.from(wrap(secret)).toString("base64");
    const hidden = createRedactor([secret])(text);
    expect(hidden).toContain(redactedMark);
    for (const part of hidden.split(redactedMark)) {
      expect(Buffer.from(part, "base64").toString("latin1")).not.toContain("word");
    }
  });

  test("hides the longest of secrets that contain one another", ({ expect }) => {
    const redact = createRedactor(["secret", "secret-and-more"]);
    expect(redact("a secret-and-more, a secret")).toBe("a [redacted], a [redacted]");
  });

  test("hides each long line of a secret of many lines, however the line breaks are written", ({
    expect,
  }) => {
    const pem = `-----BEGIN PRIVATE KEY-----\n${"Mii5".repeat(16)}\n${"qZ7w".repeat(16)}\n-----END PRIVATE KEY-----`;
    for (const secret of [pem, pem.replaceAll("\n", "\r\n"), pem.replaceAll("\n", String.raw`\n`)]) {
      expect(createRedactor([secret])(`line 2: ${"qZ7w".repeat(16)}.`)).toBe("line 2: [redacted].");
    }
    expect(createRedactor([pem])("-----BEGIN PRIVATE KEY-----")).toBe("-----BEGIN PRIVATE KEY-----");
  });

  test("leaves short and blank secrets alone unless told otherwise", ({ expect }) => {
    expect(createRedactor(["abc", "", "     "])("abc      d")).toBe("abc      d");
    expect(createRedactor(["abc", ""], { minLength: 3 })("abcd")).toBe("[redacted]d");
  });

  test("ends on text that invites endless backtracking", ({ expect }) => {
    const redact = createRedactor([String.raw`\"`.repeat(40), "%25".repeat(40), String.raw`\\\\\\\\\\\\x`]);
    const text = `${"\\".repeat(20_000)}${String.raw`\\\"`.repeat(5000)}${"%2525".repeat(5000)}`;
    expect(redact(`${text}y`).endsWith("y")).toBe(true);
  });
});
