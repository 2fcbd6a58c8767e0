// SPDX-License-Identifier: Apache-2.0
import { createPublicKey } from "node:crypto";
import { test } from "vitest";
import { createVerifier, type JwtVerifier, type VerifyingAlgorithm } from "../src/index.ts";
import { isVerifyingAlgorithm } from "../src/keys/algorithms.ts";
import { FakeClock } from "./support/fake-clock.ts";
import golang from "./vectors/golang-jwt.json" with { type: "json" };
import pyjwt from "./vectors/pyjwt.json" with { type: "json" };
import rfc from "./vectors/rfc.json" with { type: "json" };

/** One character of the signature changed to another that leaves its form intact. */
function withOtherSignature(token: string): string {
  const at = token.lastIndexOf(".") + 2;
  return token.slice(0, at) + (token[at] === "A" ? "B" : "A") + token.slice(at + 1);
}

function algorithmOf(name: string): VerifyingAlgorithm {
  if (!isVerifyingAlgorithm(name)) throw new TypeError(`${name} is not an algorithm of the verifier.`);
  return name;
}

function pemOf(key: Record<string, string>): string {
  return createPublicKey({ key, format: "jwk" }).export({ format: "pem", type: "spki" }).toString();
}

function verifierAt(epochMs: number, algorithm: string, keys: readonly string[]): JwtVerifier {
  return createVerifier({ keys, algorithms: [algorithmOf(algorithm)], clock: new FakeClock(epochMs) });
}

const published = [...rfc.rfc7515, ...rfc.rfc7520];

test.for(published)(
  "verifies the example of $section, $algorithm",
  async ({ token, key, algorithm, claims }, { expect }) => {
    const verifier = verifierAt(1_300_819_000_000, algorithm, [pemOf(key)]);
    if (claims) {
      expect((await verifier.verify(token)).claims).toEqual({
        iss: "joe",
        exp: 1_300_819_380,
        "http://example.com/is_root": true,
      });
    } else {
      // These sign a plain text. Only a token whose signature is right gets as far as its claims.
      await expect(verifier.verify(token)).rejects.toMatchObject({
        code: "token_malformed",
        message: "The token is signed, but its claims are not a JSON object.",
      });
    }
    await expect(verifier.verify(withOtherSignature(token))).rejects.toMatchObject({
      code: "signature_invalid",
    });
  },
);

test("the RFC's own tokens expire too", async ({ expect }) => {
  for (const { token, key, algorithm, claims } of rfc.rfc7515) {
    if (!claims) continue;
    const verifier = verifierAt(1_300_819_385_000, algorithm, [pemOf(key)]);
    await expect(verifier.verify(token)).rejects.toMatchObject({ code: "token_expired" });
  }
});

test.for(rfc.refused)("refuses the example of $section", async ({ token }, { expect }) => {
  for (const { key, algorithm } of published) {
    const verifier = verifierAt(1_300_819_000_000, algorithm, [pemOf(key)]);
    await expect(verifier.verify(token)).rejects.toMatchObject({ code: "algorithm_refused" });
  }
});

const libraries = [
  { library: "PyJWT", ...pyjwt },
  { library: "golang-jwt", ...golang },
].flatMap(({ library, claims, tokens }) => tokens.map((vector) => ({ library, claims, ...vector })));

test.for(libraries)("verifies a token of $library, $algorithm", async (vector, { expect }) => {
  const { algorithm, publicKey, token, claims } = vector;
  const verifier = verifierAt(1_790_000_000_000, algorithm, [publicKey]);
  const verified = await verifier.verify(token);
  expect(verified.claims).toEqual(claims);
  expect(verified.header).toEqual({ alg: algorithm, ...("keyId" in vector ? { kid: vector.keyId } : {}) });
  await expect(verifier.verify(withOtherSignature(token))).rejects.toMatchObject({
    code: "signature_invalid",
  });
});

test("verifies by a certificate's key", async ({ expect }) => {
  const token = pyjwt.tokens.find(({ algorithm }) => algorithm === "ES256")?.token ?? "";
  const verifier = verifierAt(1_790_000_000_000, "ES256", [pyjwt.certificateOfEs256]);
  await expect(verifier.verify(token)).resolves.toMatchObject({ claims: pyjwt.claims });
});
