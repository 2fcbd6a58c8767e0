// SPDX-License-Identifier: Apache-2.0
import { createHmac } from "node:crypto";
import { SignJWT } from "jose";
import { test } from "vitest";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { ecKey, newEcKey, publicPemOf, rsaKey, signerOf } from "../../test/support/keys.ts";
import { createSigner, type SigningClaims, signJwt } from "../sign/signer.ts";
import { createVerifier, type VerifierOptions } from "./verifier.ts";

const clock = new FakeClock();
const NOW = 1_790_000_000;

function verifierWith(options: Partial<VerifierOptions> = {}) {
  return createVerifier({ keys: [ecKey.publicPem], algorithms: ["ES256"], clock, ...options });
}

function tokenWith(claims: SigningClaims = {}): Promise<string> {
  return signJwt(signerOf("ES256"), claims, { clock });
}

/** A token with any header and claims, signed by our EC key whatever they say. */
async function forged(header: object, claims: object): Promise<string> {
  const token = await new SignJWT({ ...claims })
    .setProtectedHeader({ alg: "ES256", ...header })
    .sign(ecKey.privateKey);
  return token;
}

function encode(value: unknown): string {
  return Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
}

test.for(["PS256", "ES256", "RS256"] as const)(
  "verifies what we sign by %s",
  async (algorithm, { expect }) => {
    const verifier = verifierWith({ keys: [publicPemOf(algorithm)], algorithms: [algorithm] });
    const token = await signJwt(signerOf(algorithm, "kid-1"), { sub: "jdoe", scopes: ["read"] }, { clock });
    const { claims, header } = await verifier.verify(token);
    expect(claims).toMatchObject({ sub: "jdoe", scopes: ["read"], iat: NOW, exp: NOW + 300 });
    expect(header).toEqual({ alg: algorithm, kid: "kid-1" });
  },
);

test("tries each key that fits", async ({ expect }) => {
  const keys = [newEcKey().publicPem, rsaKey.publicPem, ecKey.publicPem];
  const verifier = verifierWith({ keys, algorithms: ["ES256", "PS256"] });
  await expect(verifier.verify(await tokenWith({ sub: "ec" }))).resolves.toMatchObject({
    claims: { sub: "ec" },
  });
  const rsaToken = await signJwt(signerOf("PS256"), { sub: "rsa" }, { clock });
  await expect(verifier.verify(rsaToken)).resolves.toMatchObject({ claims: { sub: "rsa" } });
});

test("refuses a key that is not ours, with or without a kid", async ({ expect }) => {
  const stranger = createSigner({ algorithm: "ES256", privateKey: newEcKey().privatePem, keyId: "ours" });
  const token = await signJwt(stranger, {}, { clock });
  await expect(verifierWith().verify(token)).rejects.toMatchObject({ code: "signature_invalid" });
  const rsaOnly = verifierWith({ keys: [rsaKey.publicPem], algorithms: ["ES256", "PS256"] });
  await expect(rsaOnly.verify(token)).rejects.toMatchObject({ code: "key_unknown" });
});

test("an algorithm must be on the list, even when a key fits it", async ({ expect }) => {
  const verifier = verifierWith({ keys: [rsaKey.publicPem], algorithms: ["PS256"] });
  const token = await signJwt(signerOf("RS256"), {}, { clock });
  await expect(verifier.verify(token)).rejects.toMatchObject({
    code: "algorithm_refused",
    message: "The token's algorithm is not allowed; it must be PS256.",
  });
});

test.for(["none", "None", "NONE", "", "HS256", "ES384", "toString", "__proto__"])(
  "refuses alg %j, signed or not",
  async (alg, { expect }) => {
    const input = `${encode({ alg })}.${encode({ exp: NOW + 60 })}`;
    const hmac = createHmac("sha256", ecKey.publicPem).update(input).digest("base64url");
    for (const token of [`${input}.`, `${input}.${hmac}`]) {
      await expect(verifierWith().verify(token)).rejects.toMatchObject({ code: "algorithm_refused" });
    }
  },
);

test.for([
  ["no algorithm at all", {}],
  ["an algorithm that is no text", { alg: ["ES256"] }],
] as const)("refuses %s", async ([, header], { expect }) => {
  const token = `${encode(header)}.${encode({ exp: NOW + 60 })}.AAAA`;
  await expect(verifierWith().verify(token)).rejects.toMatchObject({ code: "algorithm_refused" });
});

test("HMAC and none cannot even be put on the list", ({ expect }) => {
  for (const algorithm of ["HS256", "none", "ES256K", "toString"]) {
    // @ts-expect-error a caller without types
    expect(() => verifierWith({ algorithms: [algorithm] })).toThrow(/"none" and HMAC are never allowed/);
  }
  expect(() => verifierWith({ algorithms: [] })).toThrow(TypeError);
});

test("a key that the token brings along is not looked at", async ({ expect }) => {
  const own = newEcKey();
  const header = {
    alg: "ES256",
    jwk: own.publicKey.export({ format: "jwk" }),
    jku: "http://evil.example/jwks",
  };
  const token = await new SignJWT({ exp: NOW + 60 }).setProtectedHeader(header).sign(own.privateKey);
  await expect(verifierWith().verify(token)).rejects.toMatchObject({ code: "signature_invalid" });
});

test.for([
  ["crit with an unknown extension", { crit: ["http://example.com/x"], "http://example.com/x": true }],
  ["crit with b64", { crit: ["b64"], b64: true }],
  ["an empty crit", { crit: [] }],
  ["crit null", { crit: null }],
  ["a kid that is no text", { kid: 7 }],
] as const)("refuses %s", async ([, header], { expect }) => {
  const input = `${encode({ alg: "ES256", ...header })}.${encode({ exp: NOW + 60 })}`;
  await expect(verifierWith().verify(`${input}.AAAA`)).rejects.toMatchObject({ code: "token_malformed" });
});

test.for<[string, (token: string) => string]>([
  ["nothing", () => ""],
  ["one part", () => "abc"],
  ["two parts", (token) => token.split(".").slice(0, 2).join(".")],
  ["four parts", (token) => `${token}.AAAA`],
  ["a leading space", (token) => ` ${token}`],
  ["a final line break", (token) => `${token}\n`],
  ["padding", (token) => `${token}==`],
  ["ordinary base64", (token) => `${token.slice(0, -2)}+/`],
  ["a header that is not JSON", (token) => `AAAA${token.slice(token.indexOf("."))}`],
  ["a header that is an array", (token) => encode([]) + token.slice(token.indexOf("."))],
  [
    "a header that is no UTF-8",
    (token) => `${Buffer.from([0x7b, 0xff, 0x7d]).toString("base64url")}${token.slice(token.indexOf("."))}`,
  ],
  ["characters beyond ASCII", (token) => `${token}é`],
])("refuses a token with %s", async ([, mutate], { expect }) => {
  const token = mutate(await tokenWith());
  await expect(verifierWith().verify(token)).rejects.toMatchObject({ code: "token_malformed" });
});

test("a signature has one text only: spare bits must be zero", async ({ expect }) => {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const token = await tokenWith();
  const last = alphabet.indexOf(token.at(-1) ?? "");
  const twin = token.slice(0, -1) + alphabet[last ^ 1];
  expect(Buffer.from(twin.split(".")[2] ?? "", "base64url")).toEqual(
    Buffer.from(token.split(".")[2] ?? "", "base64url"),
  );
  await expect(verifierWith().verify(twin)).rejects.toMatchObject({ code: "token_malformed" });
});

test("refuses what is too long before anything else", async ({ expect }) => {
  const long = await tokenWith({ padding: "x".repeat(8_192) });
  await expect(verifierWith().verify(long)).rejects.toMatchObject({
    code: "token_too_large",
    message: "The token is longer than 8192 bytes.",
  });
  await expect(verifierWith({ maxTokenBytes: 20_000 }).verify(long)).resolves.toBeDefined();
  await expect(verifierWith().verify("x".repeat(50_000_000))).rejects.toMatchObject({
    code: "token_too_large",
  });
});

test.for<[string, SigningClaims, Partial<VerifierOptions>, string]>([
  ["expired", { exp: NOW - 5 }, {}, "token_expired"],
  ["expired, without tolerance", { exp: NOW }, { clockToleranceSeconds: 0 }, "token_expired"],
  ["not yet valid", { nbf: NOW + 6 }, {}, "token_not_yet_valid"],
  ["of another issuer", { iss: "b" }, { issuer: "a" }, "claim_refused"],
  ["without an issuer", {}, { issuer: "a" }, "claim_missing"],
  ["for another audience", { aud: ["x", "y"] }, { audience: "a" }, "claim_refused"],
  ["without an audience", {}, { audience: ["a", "b"] }, "claim_missing"],
])("refuses a token that is %s", async ([, claims, options, code], { expect }) => {
  await expect(verifierWith(options).verify(await tokenWith(claims))).rejects.toMatchObject({ code });
});

test.for<[string, SigningClaims, Partial<VerifierOptions>]>([
  ["expired within the tolerance", { exp: NOW - 4 }, {}],
  ["expiring in a second, without tolerance", { exp: NOW + 1 }, { clockToleranceSeconds: 0 }],
  ["not valid yet, within the tolerance", { nbf: NOW + 5 }, {}],
  ["of one of the issuers", { iss: "b" }, { issuer: ["a", "b"] }],
  ["for several audiences", { aud: ["x", "a"] }, { audience: ["a", "b"] }],
  ["without subject and issuer", {}, {}],
])("accepts a token that is %s", async ([, claims, options], { expect }) => {
  const token = await tokenWith(claims);
  const verifier = verifierWith(options);
  const first = await verifier.verify(token);
  expect(first.claims).toMatchObject(claims);
  expect(await verifier.verify(token)).toBe(first);
});

test.for<[string, object, string]>([
  ["without exp", { sub: "a" }, "claim_missing"],
  ["whose exp is a text", { exp: `${NOW + 60}` }, "claim_refused"],
  ["whose nbf is a text", { exp: NOW + 60, nbf: "now" }, "claim_refused"],
  ["whose sub is a number", { exp: NOW + 60, sub: 7 }, "claim_refused"],
  ["whose iss is an object", { exp: NOW + 60, iss: {} }, "claim_refused"],
  ["whose jti is null", { exp: NOW + 60, jti: null }, "claim_refused"],
  ["whose aud has a number", { exp: NOW + 60, aud: ["a", 7] }, "claim_refused"],
])("refuses a signed token %s", async ([, claims, code], { expect }) => {
  await expect(verifierWith().verify(await forged({}, claims))).rejects.toMatchObject({ code });
});

test("no refusal shows a claim's value, nor keeps the payload", async ({ expect }) => {
  const token = await tokenWith({ iss: "private-issuer", email: "private@example.org" });
  const error: unknown = await verifierWith({ issuer: "a" })
    .verify(token)
    .catch((reason: unknown) => reason);
  expect(error).toMatchObject({ message: `The token's "iss" is not one that is accepted here.` });
  expect(error).not.toHaveProperty("payload");
  expect(error).not.toHaveProperty("cause");
});

test("remembers a verified token, and shares one frozen result", async ({ expect }) => {
  const verifier = verifierWith();
  const token = await tokenWith({ roles: { list: ["a"] } });
  const first = await verifier.verify(token);
  expect(await verifier.verify(Buffer.from(token).toString())).toBe(first);
  expect(Object.isFrozen(first)).toBe(true);
  const { roles } = first.claims;
  expect(() => Object.assign(Object(roles), { list: [] })).toThrow(TypeError);
});

test("a remembered token expires when it would have expired anyway", async ({ expect }) => {
  const own = new FakeClock();
  const verifier = verifierWith({ clock: own });
  const token = await tokenWith({ exp: NOW + 60 });
  await verifier.verify(token);
  own.advance(64_999);
  await expect(verifier.verify(token)).resolves.toBeDefined();
  own.advance(1);
  await expect(verifier.verify(token)).rejects.toMatchObject({ code: "token_expired" });
  // Set back, the clock makes the token valid again, as for a token that was never seen.
  own.setEpochMs(NOW * 1000);
  await expect(verifier.verify(token)).resolves.toBeDefined();
});

test("a remembered token is not valid before its time either, when the clock is set back", async ({
  expect,
}) => {
  const own = new FakeClock();
  const verifier = verifierWith({ clock: own });
  const token = await tokenWith({ nbf: NOW - 10 });
  await verifier.verify(token);
  own.setEpochMs((NOW - 16) * 1000);
  await expect(verifier.verify(token)).rejects.toMatchObject({ code: "token_not_yet_valid" });
});

test("remembers nothing when told so, and no more than told", async ({ expect }) => {
  const none = verifierWith({ maxCached: 0 });
  const token = await tokenWith();
  expect(await none.verify(token)).not.toBe(await none.verify(token));
  const one = verifierWith({ maxCached: 1 });
  const first = await one.verify(token);
  await one.verify(await tokenWith());
  expect(await one.verify(token)).not.toBe(first);
});

test("a wrong key or option is refused at once", ({ expect }) => {
  expect(() => verifierWith({ keys: [rsaKey.publicPem], subject: "JWT_PUBLIC_KEY" })).toThrow(
    "JWT_PUBLIC_KEY is an RSA key; ES256 needs an EC key on curve P-256.",
  );
  expect(() => verifierWith({ keys: [] })).toThrow(/at least one public key/);
  expect(() => verifierWith({ audience: [] })).toThrow(/audience must not be empty/);
  expect(() => verifierWith({ issuer: " " })).toThrow(/issuer must not be empty/);
  expect(() => verifierWith({ clockToleranceSeconds: 301 })).toThrow(/from 0 to 300/);
});
