// SPDX-License-Identifier: Apache-2.0
import { decodeJwt } from "jose";
import { test } from "vitest";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { newEcKey, signerOf } from "../../test/support/keys.ts";
import { createVerifier } from "../verify/verifier.ts";
import { createOwnTokens } from "./own-tokens.ts";
import { createSigner, withKeyId } from "./signer.ts";

const service = { audience: "project-service", subject: "jdoe", claims: { principal: "jdoe", email: "j@x" } };

function tokensWith(options: Partial<Parameters<typeof createOwnTokens>[0]> = {}) {
  const clock = new FakeClock();
  const tokens = createOwnTokens({ signer: signerOf("ES256"), issuer: "heimdall", clock, ...options });
  return { clock, tokens };
}

test("signs once per identity and audience, however many ask at once", async ({ expect }) => {
  const { tokens } = tokensWith();
  const asked = await Promise.all([tokens.tokenFor(service), tokens.tokenFor({ ...service })]);
  expect(new Set(asked).size).toBe(1);
  const others = await Promise.all([
    tokens.tokenFor({ ...service, audience: "committee-service" }),
    tokens.tokenFor({ ...service, subject: "asmith" }),
    tokens.tokenFor({ ...service, claims: { principal: "jdoe" } }),
  ]);
  expect(new Set([...asked, ...others]).size).toBe(4);
  expect(tokens.size).toBe(4);
});

test("the order of claims makes no other identity, but their values do", async ({ expect }) => {
  const { tokens } = tokensWith();
  const first = await tokens.tokenFor({ audience: "a", subject: "s", claims: { x: { a: 1, b: [2] }, y: 3 } });
  expect(await tokens.tokenFor({ audience: "a", subject: "s", claims: { y: 3, x: { b: [2], a: 1 } } })).toBe(
    first,
  );
  expect(
    await tokens.tokenFor({ audience: "a", subject: "s", claims: { y: 3, x: { b: [3], a: 1 } } }),
  ).not.toBe(first);
  expect(
    await tokens.tokenFor({ audience: ["a"], subject: "s", claims: { x: { a: 1, b: [2] }, y: 3 } }),
  ).not.toBe(first);
});

test("writes the claims of the v2 services: issuer, audience, subject, principal, times", async ({
  expect,
}) => {
  const { tokens } = tokensWith({ notBeforeSkewSeconds: 30 });
  expect(decodeJwt(await tokens.tokenFor(service))).toEqual({
    iss: "heimdall",
    aud: "project-service",
    sub: "jdoe",
    principal: "jdoe",
    email: "j@x",
    iat: 1_790_000_000,
    nbf: 1_789_999_970,
    exp: 1_790_000_300,
    jti: expect.any(String),
  });
});

test("renews after a share of the life, long before a server would refuse it", async ({ expect }) => {
  const { clock, tokens } = tokensWith();
  const first = await tokens.tokenFor(service);
  clock.advance(239_999);
  expect(await tokens.tokenFor(service)).toBe(first);
  clock.advance(1);
  const second = await tokens.tokenFor(service);
  expect(second).not.toBe(first);
  expect(decodeJwt(second).iat).toBe(1_790_000_240);
});

test("gives at once what is signed already and good", async ({ expect }) => {
  const { clock, tokens } = tokensWith();
  expect(tokens.kept(service)).toBeUndefined();
  const pending = tokens.tokenFor(service);
  expect(tokens.kept(service)).toBeUndefined();
  const token = await pending;
  expect(tokens.kept({ ...service })).toBe(token);
  expect(tokens.kept({ ...service, subject: "other" })).toBeUndefined();
  clock.advance(240_000);
  expect(tokens.kept(service)).toBeUndefined();
  const next = await tokens.tokenFor(service);
  expect(tokens.kept(service)).toBe(next);
  tokens.invalidate(service);
  expect(tokens.kept(service)).toBeUndefined();
});

test("signs anew when the clock was set back: a token from the future is refused by servers", async ({
  expect,
}) => {
  const { clock, tokens } = tokensWith();
  const first = await tokens.tokenFor(service);
  clock.setEpochMs(1_789_999_000_000);
  const second = await tokens.tokenFor(service);
  expect(second).not.toBe(first);
  expect(decodeJwt(second).iat).toBe(1_789_999_000);
});

test("forgets a refused token, and only that one", async ({ expect }) => {
  const { tokens } = tokensWith();
  const other = { ...service, subject: "other" };
  const [first, kept] = await Promise.all([tokens.tokenFor(service), tokens.tokenFor(other)]);
  tokens.invalidate(service);
  expect(await tokens.tokenFor(service)).not.toBe(first);
  expect(await tokens.tokenFor(other)).toBe(kept);
});

test("keeps no more tokens than it may", async ({ expect }) => {
  const { tokens } = tokensWith({ maxEntries: 3 });
  for (const subject of ["a", "b", "c", "d", "e"]) await tokens.tokenFor({ audience: "x", subject });
  expect(tokens.size).toBe(3);
});

test("after a change of signer no token of the former one is handed out", async ({ expect }) => {
  const { clock, tokens } = tokensWith();
  const pending = tokens.tokenFor(service);
  const next = newEcKey();
  tokens.replaceSigner(withKeyId(createSigner({ algorithm: "ES256", privateKey: next.privatePem }), "next"));
  const verifier = createVerifier({ keys: [next.publicPem], algorithms: ["ES256"], clock });
  await pending;
  const token = await tokens.tokenFor(service);
  expect((await verifier.verify(token)).header.kid).toBe("next");
});

test("an identity cannot set the claims that are set here", async ({ expect }) => {
  const { tokens } = tokensWith();
  const attempt = tokens.tokenFor({ ...service, claims: { exp: 4_000_000_000 } });
  await expect(attempt).rejects.toThrow(/claim "exp" cannot be given/);
});

test("a signature that fails is not kept", async ({ expect }) => {
  const { tokens } = tokensWith({ signer: { ...signerOf("ES256") } });
  await expect(tokens.tokenFor(service)).rejects.toThrow(TypeError);
  expect(tokens.size).toBe(0);
});
