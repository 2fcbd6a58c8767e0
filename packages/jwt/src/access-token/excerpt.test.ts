// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { test } from "vitest";
import { signerOf } from "../../test/support/keys.ts";
import { signJwt } from "../sign/signer.ts";
import { redactedExcerpt } from "./excerpt.ts";

test.for<[string, string]>([
  ['{"error":"invalid_client","error_description":"no such client"}', "same"],
  ["Bad gateway\r\n\tnginx\u0000\u2028", "Bad gateway nginx"],
  ['{"access_token":"abc def","x":1}', '{"access_token":[hidden],"x":1}'],
  ["client_secret=abc&grant_type=x", "client_secret=[hidden]&grant_type=x"],
  ['{"client_assertion": "a\\"b", "n": 1}', '{"client_assertion": [hidden], "n": 1}'],
  ["got Authorization: Bearer abc.def", "got Authorization: [hidden] abc.def"],
  ["use Basic dXNlcjpwdw== please", "use Basic [hidden] please"],
  ["assertion eyJhbGciOiJFUzI1NiJ9.eyJ.x was refused", "assertion [hidden] was refused"],
  ["-----BEGIN PRIVATE KEY----- MIGH -----END PRIVATE KEY----- !", "[hidden] !"],
  ["-----BEGIN PRIVATE KEY-----\nMIGH\nabc", "[hidden]"],
  [`key ${"a1".repeat(16)} is unknown`, "key [hidden] is unknown"],
])("shows %j without its secrets, on one line", ([text, expected], { expect }) => {
  expect(redactedExcerpt(text)).toBe(expected === "same" ? text : expected);
});

test("is at most 200 characters long", ({ expect }) => {
  expect(redactedExcerpt("word ".repeat(100))).toHaveLength(200);
  expect(redactedExcerpt("word ".repeat(40))).toHaveLength(199);
});

test("never shows a token, wherever it stands and however it is cut", async ({ expect }) => {
  const token = await signJwt(signerOf("ES256"), { sub: "jdoe" });
  fc.assert(
    fc.property(fc.string({ maxLength: 300 }), fc.string({ maxLength: 50 }), (before, after) => {
      const shown = redactedExcerpt(`${before}${token}${after}`);
      expect(shown.length).toBeLessThanOrEqual(200);
      for (const part of token.split(".")) {
        for (let at = 0; at + 12 <= part.length; at += 4)
          expect(shown).not.toContain(part.slice(at, at + 12));
      }
    }),
  );
});
