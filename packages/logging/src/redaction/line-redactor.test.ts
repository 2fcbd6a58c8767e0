// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, test } from "vitest";
import { captureLogs } from "../testing.ts";
import { createLineRedactor } from "./line-redactor.ts";
import { redactedMark } from "./redactor.ts";
import { encoders, secrets, surroundings } from "./secret-arbitraries.ts";
import { isSensitiveKey } from "./sensitive-keys.ts";

/** A value for a log call with one hole; filled with anything, all else stays the same. */
type Template = (fill: string) => unknown;

const leaf: fc.Arbitrary<Template> = fc.tuple(surroundings, surroundings).map(
  ([before, after]) =>
    (fill) =>
      `${before}${fill}${after}`,
);

const beside = fc.oneof(fc.constantFrom<unknown>(null, true, false, 0, -1.5, 2 ** 60, "γ"), surroundings);

/** The hole below up to three levels of objects and lists, with other values before and after it. */
const templates: fc.Arbitrary<Template> = fc
  .tuple(leaf, fc.array(fc.tuple(fc.constantFrom("object", "list", "key"), beside, beside), { maxLength: 3 }))
  .map(([inner, levels]) =>
    levels.reduce<Template>((template, [kind, first, last]) => {
      if (kind === "list") return (fill) => [first, template(fill), last];
      if (kind === "key") return (fill) => ({ α: first, [`β${fill}γ`]: template(fill), ε: last });
      return (fill) => ({ α: first, β: template(fill), ε: last });
    }, inner),
  );

describe("a logger with secrets", () => {
  test.for(Object.keys(encoders))(
    "hides a secret written as %s anywhere in a call, and nothing else",
    (name, { expect }) => {
      const encode = encoders[name] ?? String;
      fc.assert(
        fc.property(secrets, templates, leaf, (secret, field, message) => {
          // A secret that stands in its own encoding (`a%2` in `a%252`) does not tell where it ends.
          fc.pre(encode(secret) === secret || !encode(secret).includes(secret));
          const hidden = captureLogs({ name: "δ", version: "δ", secrets: [secret] });
          hidden.logger.info({ field: field(encode(secret)) }, String(message(encode(secret))));
          const record = hidden.records[0];
          expect(withoutEdges(record?.["field"])).toEqual(withoutEdges(field(redactedMark)));
          expect(withoutEdges(record?.["msg"])).toEqual(withoutEdges(message(redactedMark)));
        }),
        { numRuns: 40 },
      );
    },
  );

  test("hides a secret that is an error's message, its cause's, and a child logger's binding", ({
    expect,
  }) => {
    const logs = captureLogs({ secrets: ['top"secret'] });
    const child = logs.logger.child({ url: "https://x/?k=top%22secret" });
    child.error({ err: new Error('bad top"secret', { cause: new TypeError('top"secret') }) }, "failed");
    expect(logs.text).not.toContain("secret");
    expect(logs.records).toEqual([
      expect.objectContaining({
        url: "https://x/?k=[redacted]",
        err: expect.objectContaining({ message: "bad [redacted]", type: "Error" }),
        msg: "failed",
      }),
    ]);
  });
});

/**
 * Of a secret that begins or ends in a character which encoders rewrite, what the encoder added may stay behind: a backslash,
 * the `25` of `%25`, the `amp;` of `&amp;`. None of it is a part of the secret.
 */
function withoutEdges(value: unknown): unknown {
  const edges = /(?:\\\\)*\[redacted\](?:\\\\)*(?:(?:25)+|amp;)?/g;
  return JSON.parse(JSON.stringify(value).replaceAll(edges, redactedMark));
}

describe("createLineRedactor", () => {
  const redact = createLineRedactor([]);

  test.for([
    ["at the top", '{"password":"p","a":1}', '{"password":"[redacted]","a":1}'],
    ["deep down", '{"a":[{"b":{"apiKey":"p"}}],"c":"d"}', '{"a":[{"b":{"apiKey":"[redacted]"}}],"c":"d"}'],
    [
      "an object",
      '{"secret":{"a":"p","b":[1,null,true]},"c":2}',
      '{"secret":{"a":"[redacted]","b":["[redacted]",null,true]},"c":2}',
    ],
    ["a list", '{"cookies":["p","q"],"c":["r"]}', '{"cookies":["[redacted]","[redacted]"],"c":["r"]}'],
    ["last in a list", '[{"token":"p"},{"c":"r"}]', '[{"token":"[redacted]"},{"c":"r"}]'],
    ["a number", '{"password":1234,"n":5}', '{"password":"[redacted]","n":5}'],
    ["a count, which stays", '{"maxTokens":512}', '{"maxTokens":512}'],
    ["an empty object", '{"token":{},"a":"b"}', '{"token":{},"a":"b"}'],
    ["spaced out", '{ "token" : "p" , "a" : "b" }', '{ "token" : "[redacted]" , "a" : "b" }'],
    [
      "given twice",
      '{"token":"p","token":"q","a":"b"}',
      '{"token":"[redacted]","token":"[redacted]","a":"b"}',
    ],
    ["with braces in it", '{"token":"}\\"{,","a":"b"}', '{"token":"[redacted]","a":"b"}'],
  ] as const)("hides what stands under a sensitive key: %s", ([, line, hidden], { expect }) => {
    expect(redact(line)).toBe(hidden);
  });

  test("leaves every other byte as it is", ({ expect }) => {
    const line = '{"big":12345678901234567890,"e":1E5,"u":"\\u00e9","d":1,"d":2,"token":"p"}\n';
    expect(redact(line)).toBe(line.replace('"p"', '"[redacted]"'));
    const harmless = '{"key":"a","tokenCount":3,"secretName":"n","keyId":"k","msg":"the token: x"}\n';
    expect(redact(harmless)).toBe(harmless);
  });

  test("keeps a line JSON where a secret looks like a part of an escape", ({ expect }) => {
    const line = JSON.stringify({ tab: "\test", unicode: "\u0001abc", text: "a test" });
    const hidden = createLineRedactor(["test", "0001"])(line);
    expect(JSON.parse(hidden)).toEqual({ tab: "\test", unicode: "\u0001abc", text: "a [redacted]" });
  });

  test.for([
    ["status", '{"event":"summary","status":"success","msg":"[redacted]: success"}'],
    ["summary", '{"event":"summary","status":"success","msg":"status: success"}'],
    ["success", '{"event":"summary","status":"success","msg":"status: [redacted]"}'],
  ] as const)("keeps a line's own words where %s is a secret", ([secret, expected], { expect }) => {
    const line = '{"event":"summary","status":"success","msg":"status: success"}';
    expect(createLineRedactor([secret])(line)).toBe(expected);
  });

  test("keeps names in plain letters at any depth, no others", ({ expect }) => {
    const redactIt = createLineRedactor(["count", "aB3dEfgh"]);
    const line = '{"a":{"count":1,"top_counts":[{"countOf":2}],"aB3dEfgh":3,"the count":4}}';
    expect(redactIt(line)).toBe(
      '{"a":{"count":1,"top_counts":[{"countOf":2}],"[redacted]":3,"the [redacted]":4}}',
    );
  });

  test("hides a secret in the line's own words where they are not at the top, not one word, or hidden", ({
    expect,
  }) => {
    const redactIt = createLineRedactor(["hunter2"]);
    const line = '{"a":{"status":"hunter2"},"b":["hunter2"],"event":"is hunter2","service":["hunter2"]}';
    expect(redactIt(line)).not.toContain("hunter2");
    expect(redactIt('{"password":{"event":"hunter2"}}')).not.toContain("hunter2");
  });

  test("hides a secret that stands as a number, never a word of JSON", ({ expect }) => {
    const redactSome = createLineRedactor(["12345678", "true", "null"]);
    expect(redactSome('{"pin":12345678,"a":true,"b":null,"c":"true"}')).toBe(
      '{"pin":"[redacted]","a":true,"b":null,"c":"[redacted]"}',
    );
  });
});

describe("isSensitiveKey", () => {
  test.for([
    "authorization",
    "Authorization",
    "proxy-authorization",
    "cookie",
    "set-cookie",
    "password",
    "PGPASSWORD",
    "token",
    "accessToken",
    "refresh_token",
    "taskToken",
    "x-amz-security-token",
    "clientSecret",
    "SOURCE_SECRET_KEY",
    "DEST_ACCESS_KEY",
    "secretAccessKey",
    "x-api-key",
    "apiKeys",
    "AUTH0_PRIVATE_KEY",
    "private key",
    "client_assertion",
    "credentials",
    "passphrase",
  ])("is true for %s", (name, { expect }) => {
    expect(isSensitiveKey(name)).toBe(true);
  });

  test.for([
    "key",
    "keyId",
    "publicKey",
    "tokenCount",
    "tokenExpiresAt",
    "secretName",
    "passwordSet",
    "author",
    "monkey",
  ])("is false for %s", (name, { expect }) => {
    expect(isSensitiveKey(name)).toBe(false);
  });
});
