// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { test } from "vitest";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { publicPemOf, signerOf } from "../../test/support/keys.ts";
import { createOwnTokens } from "../sign/own-tokens.ts";
import { type SigningClaims, signJwt } from "../sign/signer.ts";
import { createVerifier } from "./verifier.ts";

const NOW = 1_790_000_000;
const algorithms = ["PS256", "ES256", "RS256"] as const;

function verifierOf(clock: FakeClock, algorithm: (typeof algorithms)[number]) {
  return createVerifier({ keys: [publicPemOf(algorithm)], algorithms: [algorithm], clock });
}

const registered = fc.record(
  {
    iss: fc.string({ unit: "binary", maxLength: 20 }),
    sub: fc.string({ unit: "binary", maxLength: 20 }),
    jti: fc.string({ maxLength: 20 }),
    aud: fc.oneof(fc.string(), fc.array(fc.string(), { maxLength: 3 })),
    nbf: fc.integer({ min: 0, max: NOW }),
  },
  { requiredKeys: [] },
);
const names = new Set(["iss", "sub", "jti", "aud", "nbf", "exp", "iat"]);
const others = fc.dictionary(
  fc.string().filter((name) => !names.has(name)),
  fc.jsonValue({ maxDepth: 3 }),
  { maxKeys: 5 },
);

test("claims come back as they were signed, the first time and from memory", async ({ expect }) => {
  const clock = new FakeClock();
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...algorithms), registered, others, async (algorithm, known, more) => {
      const claims: SigningClaims = { ...more, ...known };
      const token = await signJwt(signerOf(algorithm), claims, { clock });
      const verifier = verifierOf(clock, algorithm);
      const expected: unknown = JSON.parse(JSON.stringify(claims));
      for (const round of [1, 2]) {
        const verified = await verifier.verify(token);
        const { iat, exp, jti, ...rest } = verified.claims;
        expect([round, iat, exp]).toEqual([round, NOW, NOW + 300]);
        expect({ ...rest, ...("jti" in claims ? { jti } : {}) }).toEqual(expected);
      }
    }),
    { numRuns: 60 },
  );
});

test("a token with any one character changed is refused, also when the whole one is remembered", async ({
  expect,
}) => {
  const clock = new FakeClock();
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...algorithms),
      fc.nat(),
      fc.integer({ min: 0, max: 255 }),
      async (algorithm, position, code) => {
        const token = await signJwt(signerOf(algorithm), { sub: "jdoe" }, { clock });
        const verifier = verifierOf(clock, algorithm);
        await verifier.verify(token);
        const at = position % token.length;
        const replacement = String.fromCharCode(code);
        fc.pre(token[at] !== replacement);
        const mutated = token.slice(0, at) + replacement + token.slice(at + 1);
        await expect(verifier.verify(mutated)).rejects.toMatchObject({
          code: expect.stringMatching(/^(?:token_malformed|signature_invalid|algorithm_refused)$/),
        });
        await expect(verifier.verify(token)).resolves.toBeDefined();
      },
    ),
    { numRuns: 150 },
  );
});

test("a flipped bit of header, claims or signature is refused for what it is", async ({ expect }) => {
  const clock = new FakeClock();
  const token = await signJwt(signerOf("ES256"), { sub: "jdoe" }, { clock });
  const verifier = verifierOf(clock, "ES256");
  const parts = token.split(".");
  for (const [index, part] of parts.entries()) {
    const bytes = Buffer.from(part, "base64url");
    for (let byte = 0; byte < bytes.length; byte += 1) {
      const flipped = Buffer.from(bytes);
      flipped[byte] = (flipped[byte] ?? 0) ^ 1;
      const mutated = parts.with(index, flipped.toString("base64url")).join(".");
      await expect(verifier.verify(mutated)).rejects.toMatchObject({ name: "JwtError" });
    }
  }
});

test("memory changes no answer: at any time a verifier that remembers agrees with one that does not", async ({
  expect,
}) => {
  const step = fc.record({
    token: fc.nat({ max: 3 }),
    advanceMs: fc.integer({ min: 0, max: 40_000 }),
    isSetBack: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 25 }),
      fc.integer({ min: 1, max: 4 }),
      async (steps, maxCached) => {
        const clock = new FakeClock();
        const times = [
          { exp: NOW + 30 },
          { exp: NOW + 90.5 },
          { nbf: NOW + 60, exp: NOW + 120 },
          { exp: NOW - 50 },
        ];
        const tokens = await Promise.all(
          times.map((claims) => signJwt(signerOf("ES256"), claims, { clock })),
        );
        const options = { keys: [publicPemOf("ES256")], algorithms: ["ES256"] as const, clock };
        const remembering = createVerifier({ ...options, maxCached });
        const forgetting = createVerifier({ ...options, maxCached: 0 });
        for (const { token, advanceMs, isSetBack } of steps) {
          if (isSetBack) clock.setEpochMs(clock.epochMs() - advanceMs);
          else clock.advance(advanceMs);
          const shown = tokens[token] ?? "";
          const outcome = (promise: Promise<unknown>) =>
            promise.then(
              () => "accepted",
              (error: unknown) => String(error),
            );
          const answers = [await outcome(remembering.verify(shown)), await outcome(forgetting.verify(shown))];
          expect(answers[0]).toBe(answers[1]);
        }
      },
    ),
    { numRuns: 60 },
  );
});

test("the cache of own tokens never hands out one that has expired or is not valid yet", async ({
  expect,
}) => {
  const step = fc.record({
    subject: fc.nat({ max: 3 }),
    advanceMs: fc.integer({ min: -400_000, max: 400_000 }),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 20 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      async (steps, share) => {
        const clock = new FakeClock();
        const tokens = createOwnTokens({
          signer: signerOf("ES256"),
          issuer: "i",
          clock,
          maxEntries: 3,
          renewAfterShare: share,
        });
        const verifier = createVerifier({
          keys: [publicPemOf("ES256")],
          algorithms: ["ES256"],
          clock,
          clockToleranceSeconds: 0,
          maxCached: 0,
        });
        for (const { subject, advanceMs } of steps) {
          clock.setEpochMs(clock.epochMs() + advanceMs);
          const token = await tokens.tokenFor({ audience: "a", subject: `${subject}` });
          const { claims } = await verifier.verify(token);
          expect(claims.sub).toBe(`${subject}`);
          expect((claims.iat ?? 0) * 1000).toBeLessThanOrEqual(clock.epochMs());
          expect(tokens.size).toBeLessThanOrEqual(3);
        }
      },
    ),
    { numRuns: 60 },
  );
});
