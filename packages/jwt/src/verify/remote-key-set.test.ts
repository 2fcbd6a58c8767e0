// SPDX-License-Identifier: Apache-2.0
import { test } from "vitest";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { newEcKey, newRsaKey, type TestKey } from "../../test/support/keys.ts";
import { ScriptedTransport, settle } from "../../test/support/scripted-transport.ts";
import { createSigner, signJwt } from "../sign/signer.ts";
import { createVerifier, type JwksOptions } from "./verifier.ts";

const jwksUrl = new URL("https://issuer.example/jwks");

interface PublishedKey {
  readonly kid: string;
  readonly key: TestKey;
}

function setup(options: Partial<JwksOptions> = {}) {
  const clock = new FakeClock();
  const server = new ScriptedTransport();
  const verifier = createVerifier({
    keys: { jwksUrl, transport: server.transport, ...options },
    algorithms: ["ES256"],
    clock,
  });
  return { clock, server, verifier };
}

function published(kid: string): PublishedKey {
  return { kid, key: newEcKey() };
}

function jwksOf(...keys: readonly PublishedKey[]) {
  return {
    keys: keys.map(({ kid, key }) => Object.assign(key.publicKey.export({ format: "jwk" }), { kid })),
  };
}

function tokenBy({ kid, key }: PublishedKey, clock: FakeClock, lifetimeSeconds = 86_400): Promise<string> {
  const signer = createSigner({ algorithm: "ES256", privateKey: key.privatePem, keyId: kid });
  return signJwt(signer, {}, { clock, lifetimeSeconds });
}

test("the set is read when the first token comes, once for all who wait", async ({ expect }) => {
  const { clock, server, verifier } = setup();
  const a = published("a");
  const tokens = await Promise.all([tokenBy(a, clock), tokenBy(a, clock), tokenBy(a, clock)]);
  expect(server.requests).toHaveLength(0);
  const verified = Promise.all(tokens.map((token) => verifier.verify(token)));
  (await server.next()).answer(200, jwksOf(a, published("b")));
  expect((await verified).map(({ header }) => header.kid)).toEqual(["a", "a", "a"]);
  await verifier.verify(await tokenBy(a, clock));
  expect(server.requests).toHaveLength(1);
});

test("a new key id causes one more read, at most once per cool-down", async ({ expect }) => {
  const { clock, server, verifier } = setup({ cooldownMs: 30_000 });
  const [a, b, unknown] = [published("a"), published("b"), published("unknown")];
  const first = verifier.verify(await tokenBy(a, clock));
  (await server.next()).answer(200, jwksOf(a));
  await first;
  const early = verifier.verify(await tokenBy(b, clock));
  await expect(early).rejects.toMatchObject({ code: "key_unknown" });
  clock.advance(30_000);
  const rotated = verifier.verify(await tokenBy(b, clock));
  const beside = verifier.verify(await tokenBy(unknown, clock));
  const refused = expect(beside).rejects.toMatchObject({ code: "key_unknown" });
  (await server.next()).answer(200, jwksOf(a, b));
  await expect(rotated).resolves.toBeDefined();
  await refused;
  await expect(verifier.verify(await tokenBy(unknown, clock))).rejects.toMatchObject({ code: "key_unknown" });
  expect(server.requests).toHaveLength(2);
});

test("an old set serves on while it is read again beside the requests", async ({ expect }) => {
  const { clock, server, verifier } = setup({ maxAgeMs: 300_000 });
  const a = published("a");
  const token = await tokenBy(a, clock);
  const first = verifier.verify(token);
  (await server.next()).answer(200, jwksOf(a));
  await first;
  clock.advance(300_000);
  await expect(verifier.verify(token)).resolves.toBeDefined();
  await expect(verifier.verify(await tokenBy(a, clock))).resolves.toBeDefined();
  expect(server.requests).toHaveLength(2);
});

test("when a key leaves the set, tokens verified by it are no longer remembered", async ({ expect }) => {
  const { clock, server, verifier } = setup({ maxAgeMs: 300_000 });
  const [a, b] = [published("a"), published("b")];
  const token = await tokenBy(a, clock);
  const first = verifier.verify(token);
  (await server.next()).answer(200, jwksOf(a, b));
  await first;
  clock.advance(300_000);
  // This one is answered from memory, and its age has the set read again.
  await verifier.verify(token);
  (await server.next()).answer(200, jwksOf(b));
  await settle();
  await expect(verifier.verify(token)).rejects.toMatchObject({ code: "key_unknown" });
});

test("an unchanged set leaves what is remembered alone", async ({ expect }) => {
  const { clock, server, verifier } = setup({ maxAgeMs: 300_000 });
  const a = published("a");
  const token = await tokenBy(a, clock);
  const pending = verifier.verify(token);
  (await server.next()).answer(200, jwksOf(a));
  const first = await pending;
  clock.advance(300_000);
  await verifier.verify(token);
  (await server.next()).answer(200, jwksOf(a));
  await settle();
  expect(await verifier.verify(token)).toBe(first);
});

test("the last good set serves while the server is down, up to the age allowed", async ({ expect }) => {
  const { clock, server, verifier } = setup({ maxAgeMs: 300_000, maxStaleMs: 3_600_000 });
  const a = published("a");
  const remembered = await tokenBy(a, clock);
  const first = verifier.verify(remembered);
  (await server.next()).answer(200, jwksOf(a));
  await first;
  clock.advance(300_000);
  await verifier.verify(remembered);
  (await server.next()).answer(503, "down");
  await settle();
  await expect(verifier.verify(await tokenBy(a, clock))).resolves.toBeDefined();
  clock.advance(3_300_000);
  const late = [await tokenBy(a, clock), remembered].map((token) =>
    expect(verifier.verify(token)).rejects.toMatchObject({ code: "jwks_unavailable" }),
  );
  (await server.next()).answer(503, "down");
  await Promise.all(late);
});

test("after a failed read the server is left alone for a while, and callers fail at once", async ({
  expect,
}) => {
  const { clock, server, verifier } = setup();
  const a = published("a");
  const token = await tokenBy(a, clock);
  const first = expect(verifier.verify(token)).rejects.toMatchObject({ code: "jwks_unavailable" });
  (await server.next()).fail(Object.assign(new Error("connect"), { code: "ECONNREFUSED" }));
  await first;
  await expect(verifier.verify(token)).rejects.toThrow(/cannot be read: ECONNREFUSED/);
  expect(server.requests).toHaveLength(1);
  clock.advance(1_000);
  const second = verifier.verify(token);
  (await server.next()).answer(200, jwksOf(a));
  await expect(second).resolves.toBeDefined();
});

test("a good read ends the growth of the distance", async ({ expect }) => {
  const { clock, server, verifier } = setup({ cooldownMs: 1 });
  const [a, b] = [published("a"), published("b")];
  const token = await tokenBy(b, clock);
  for (const [status, waitMs] of [
    [500, 1_000],
    [500, 2_000],
    [200, 1],
    [500, 1_000],
  ] as const) {
    const refused = expect(verifier.verify(token)).rejects.toThrow();
    (await server.next()).answer(status, jwksOf(a));
    await refused;
    clock.advance(waitMs);
  }
  const found = verifier.verify(token);
  (await server.next()).answer(200, jwksOf(a, b));
  await expect(found).resolves.toBeDefined();
});

test("an unknown key id is our trouble, not the token's, while the set cannot be read", async ({
  expect,
}) => {
  const { clock, server, verifier } = setup({ cooldownMs: 30_000 });
  const [a, b] = [published("a"), published("b")];
  const first = verifier.verify(await tokenBy(a, clock));
  (await server.next()).answer(200, jwksOf(a));
  await first;
  clock.advance(30_000);
  const unknown = expect(verifier.verify(await tokenBy(b, clock))).rejects.toMatchObject({
    code: "jwks_unavailable",
  });
  (await server.next()).answer(500, "");
  await unknown;
});

test("a caller that gives up does not take the answer from the others", async ({ expect }) => {
  const { clock, server, verifier } = setup();
  const a = published("a");
  const token = await tokenBy(a, clock);
  const controller = new AbortController();
  const leaving = verifier.verify(token, { signal: controller.signal });
  const staying = verifier.verify(token);
  controller.abort(new Error("client gone"));
  await expect(leaving).rejects.toMatchObject({ code: "aborted" });
  (await server.next()).answer(200, jwksOf(a));
  await expect(staying).resolves.toBeDefined();
});

test("tokens without a key id are tried with every key of the set", async ({ expect }) => {
  const { clock, server, verifier } = setup();
  const [a, b] = [published("a"), published("b")];
  const signer = createSigner({ algorithm: "ES256", privateKey: b.key.privatePem });
  const verified = verifier.verify(await signJwt(signer, {}, { clock }));
  (await server.next()).answer(200, jwksOf(a, b));
  await expect(verified).resolves.toBeDefined();
});

test.for<[string, (key: TestKey) => object]>([
  ["for encryption", (key) => ({ ...key.publicKey.export({ format: "jwk" }), use: "enc" })],
  ["for another algorithm", (key) => ({ ...key.publicKey.export({ format: "jwk" }), alg: "ES384" })],
  ["of another type", () => newRsaKey().publicKey.export({ format: "jwk" })],
  ["symmetric", () => ({ kty: "oct", k: "c2VjcmV0" })],
])("an entry that is %s does not verify", async ([, entryOf], { expect }) => {
  const { clock, server, verifier } = setup();
  const a = published("a");
  const refused = expect(verifier.verify(await tokenBy(a, clock))).rejects.toMatchObject({
    code: "key_unknown",
  });
  (await server.next()).answer(200, { keys: [{ ...entryOf(a.key), kid: "a" }] });
  await refused;
});

test("an entry that is damaged, or holds the private key, is the set's fault", async ({ expect }) => {
  for (const spoil of [{ x: "AAAA" }, { d: "AAAA" }]) {
    const { clock, server, verifier } = setup();
    const a = published("a");
    const verified = verifier.verify(await tokenBy(a, clock));
    const refused = expect(verified).rejects.toMatchObject({ code: "jwks_unavailable" });
    (await server.next()).answer(200, {
      keys: [{ ...a.key.publicKey.export({ format: "jwk" }), kid: "a", ...spoil }],
    });
    await refused;
  }
});

test("an RSA key of 1024 bits in the set verifies nothing", async ({ expect }) => {
  const clock = new FakeClock();
  const server = new ScriptedTransport();
  const keys = { jwksUrl, transport: server.transport };
  const verifier = createVerifier({ keys, algorithms: ["RS256"], clock });
  const weak = newRsaKey(1024).publicKey.export({ format: "jwk" });
  const strong = createSigner({ algorithm: "RS256", privateKey: newRsaKey().privatePem, keyId: "a" });
  const verified = verifier.verify(await signJwt(strong, {}, { clock }));
  const refused = expect(verified).rejects.toMatchObject({ code: "key_unusable" });
  (await server.next()).answer(200, { keys: [{ ...weak, kid: "a" }] });
  await refused;
});

test("options out of range are refused at once", ({ expect }) => {
  expect(() => setup({ maxAgeMs: 10_000, maxStaleMs: 5_000 })).toThrow(
    /maxStaleMs must be a number from 10000/,
  );
  expect(() => setup({ timeoutMs: 0 })).toThrow(/timeoutMs/);
});
