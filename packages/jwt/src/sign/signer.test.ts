// SPDX-License-Identifier: Apache-2.0
import { constants, verify } from "node:crypto";
import { inspect } from "node:util";
import { test } from "vitest";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { ecKey, rsaKey, signerOf } from "../../test/support/keys.ts";
import { createSigner, type Signer, signJwt, withKeyId } from "./signer.ts";

interface Parts {
  readonly header: unknown;
  readonly claims: unknown;
  readonly signed: Buffer;
  readonly signature: Buffer;
}

/** RFC 7515 section 3.1 by hand, so that the library does not vouch for itself. */
function partsOf(token: string): Parts {
  const [header = "", claims = "", signature = ""] = token.split(".");
  const decode = (text: string): unknown => JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
  return {
    header: decode(header),
    claims: decode(claims),
    signed: Buffer.from(`${header}.${claims}`),
    signature: Buffer.from(signature, "base64url"),
  };
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test("PS256 is RSA-PSS with SHA-256 and a salt as long as the hash", async ({ expect }) => {
  const { signed, signature } = partsOf(await signJwt(signerOf("PS256"), {}));
  const key = { key: rsaKey.publicKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
  expect(verify("sha256", signed, key, signature)).toBe(true);
});

test("RS256 is PKCS#1 v1.5", async ({ expect }) => {
  const { signed, signature } = partsOf(await signJwt(signerOf("RS256"), {}));
  expect(verify("sha256", signed, rsaKey.publicKey, signature)).toBe(true);
});

test("ES256 is r and s in 64 bytes, not DER", async ({ expect }) => {
  const { signed, signature } = partsOf(await signJwt(signerOf("ES256"), {}));
  expect(signature).toHaveLength(64);
  const key = { key: ecKey.publicKey, dsaEncoding: "ieee-p1363" } as const;
  expect(verify("sha256", signed, key, signature)).toBe(true);
});

test("adds iat, exp and a fresh jti, and keeps the claims as they are", async ({ expect }) => {
  const clock = new FakeClock(1_790_000_000_900);
  const claims = { iss: "heimdall", aud: ["a"], principal: "jdoe", email: undefined };
  const token = await signJwt(signerOf("ES256", "key-1"), claims, { clock, lifetimeSeconds: 120 });
  const { header, claims: signed } = partsOf(token);
  expect(header).toEqual({ alg: "ES256", typ: "JWT", kid: "key-1" });
  expect(signed).toEqual({
    iss: "heimdall",
    aud: ["a"],
    principal: "jdoe",
    iat: 1_790_000_000,
    exp: 1_790_000_120,
    jti: expect.stringMatching(UUID),
  });
  expect(await signJwt(signerOf("ES256"), claims, { clock })).not.toBe(token);
});

test("claims of their own win, and without a key id there is no kid", async ({ expect }) => {
  const given = { iat: 5, exp: 9, nbf: 4, jti: "mine", sub: "s" };
  const { header, claims } = partsOf(await signJwt(signerOf("ES256"), given));
  expect(claims).toEqual(given);
  expect(header).toEqual({ alg: "ES256", typ: "JWT" });
});

test("withKeyId signs with the same key under another id", async ({ expect }) => {
  const renamed = withKeyId(signerOf("ES256", "old"), "new");
  expect(partsOf(await signJwt(renamed, {})).header).toMatchObject({ kid: "new" });
  expect(renamed.publicJwk).toMatchObject({ kid: "new", alg: "ES256", use: "sig" });
});

test("the public half is public only", ({ expect }) => {
  for (const signer of [signerOf("PS256"), signerOf("ES256")]) {
    for (const secret of ["d", "p", "q", "dp", "dq", "qi"])
      expect(signer.publicJwk).not.toHaveProperty(secret);
  }
});

test("nothing that can be printed or serialised of a signer is secret", ({ expect }) => {
  const secret = ecKey.privateKey.export({ format: "jwk" }).d ?? "";
  const shown =
    inspect(signerOf("ES256"), { showHidden: true, depth: 10 }) + JSON.stringify(signerOf("ES256"));
  expect(secret).not.toBe("");
  expect(shown).not.toContain(secret);
  expect(shown).not.toContain("PRIVATE");
});

test.for([
  ["a lifetime of 0", { lifetimeSeconds: 0 }, {}, /lifetimeSeconds must be a number from 1/],
  ["a lifetime in milliseconds", { lifetimeSeconds: 300_000_000 }, {}, /lifetimeSeconds/],
  ["a lifetime that is no number", { lifetimeSeconds: Number.NaN }, {}, /lifetimeSeconds/],
  ["an expiry that is no number", {}, { exp: Number.NaN }, /"exp" must be a number/],
] as const)("refuses %s as a mistake of ours", async ([, options, claims, message], { expect }) => {
  const attempt = signJwt(signerOf("ES256"), claims, options);
  await expect(attempt).rejects.toThrow(message);
  await expect(attempt).rejects.toBeInstanceOf(TypeError);
});

test("refuses signers that were not made here, and algorithms that are not ours", async ({ expect }) => {
  const copy: Signer = { ...signerOf("ES256") };
  await expect(signJwt(copy, {})).rejects.toThrow(/must come from createSigner/);
  const options = { algorithm: "HS256", privateKey: ecKey.privatePem };
  // @ts-expect-error a caller without types
  expect(() => createSigner(options)).toThrow(TypeError);
  expect(() => withKeyId(signerOf("ES256"), " ")).toThrow(/keyId must not be empty/);
});
