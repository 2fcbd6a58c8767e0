// SPDX-License-Identifier: Apache-2.0
import { generateKeyPairSync } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createVerifier } from "@repo/jwt";
import { testDirectory } from "@repo/testkit";
import { describe, test } from "vitest";
import { makeToken } from "./make-token.ts";

const pair = generateKeyPairSync("ec", {
  namedCurve: "P-256",
  privateKeyEncoding: { type: "sec1", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "pem" },
});
const flags = { subject: "me", ttl: 3_600_000, signingKey: pair.privateKey };
const verifier = createVerifier({ keys: [pair.publicKey], algorithms: ["ES256"], issuer: "airunner" });

describe("a token", () => {
  test("is what a server with the public key takes", async ({ expect }) => {
    const before = Math.floor(Date.now() / 1000);
    const { claims } = await verifier.verify(await makeToken(flags, {}));
    expect(claims).toMatchObject({ iss: "airunner", sub: "me" });
    expect(claims).not.toHaveProperty("scope");
    expect(claims.exp - before - 3_600).toBeLessThan(60);
    expect(claims.exp - before).toBeGreaterThanOrEqual(3_600);
  });

  test("has the scopes, the audience and the key's name that were asked for", async ({ expect }) => {
    const token = await makeToken(
      { ...flags, scopes: "read, submit,read", audience: "prod", keyId: "k1" },
      {},
    );
    const [header = "", body = ""] = token
      .split(".")
      .map((part) => Buffer.from(part, "base64url").toString());
    expect(JSON.parse(header)).toEqual({ alg: "ES256", typ: "JWT", kid: "k1" });
    expect(JSON.parse(body)).toMatchObject({ scope: "read submit", aud: "prod" });
  });

  test("may have expired already", async ({ expect }) => {
    await expect(verifier.verify(await makeToken({ ...flags, ttl: -60_000 }, {}))).rejects.toMatchObject({
      code: "token_expired",
    });
  });

  test("is signed with a key from a file or from the environment, the flag first", async ({ expect }) => {
    await using directory = await testDirectory();
    const path = join(directory.path, "key.pem");
    writeFileSync(path, pair.privateKey);
    const { signingKey: _, ...rest } = flags;
    const tokens = [
      await makeToken({ ...rest, signingKey: path }, { JWT_SIGNING_KEY: "bad" }),
      await makeToken(rest, { JWT_SIGNING_KEY: pair.privateKey }),
      await makeToken(rest, { JWT_SIGNING_KEY: path }),
      // As environment files keep it.
      await makeToken(rest, { JWT_SIGNING_KEY: pair.privateKey.replaceAll("\n", "\\n") }),
    ];
    for (const token of tokens) expect((await verifier.verify(token)).claims.sub).toBe("me");
  });
});

const other = generateKeyPairSync("ec", {
  namedCurve: "P-384",
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "pem" },
});

test.for([
  ["no key", { signingKey: "" }, /a private key is needed: give --signing-key or JWT_SIGNING_KEY/],
  [
    "a path to nothing",
    { signingKey: "/nonexistent/hunter2" },
    /^--signing-key is neither PEM text nor the path/,
  ],
  [
    "a file of another kind",
    { signingKey: "/etc/passwd" },
    /^the key file \/etc\/passwd holds no key.*keygen/,
  ],
  ["a key of another curve", { signingKey: other.privateKey }, /P-384.*keygen/],
  ["a public key", { signingKey: pair.publicKey }, /keygen/],
  ["no subject", { subject: " " }, /--subject is empty/],
  [
    "an unknown scope",
    { scopes: "read,root" },
    /--scopes has "root", which is none; use submit, work, read, read-secrets, admin/,
  ],
  ["empty scopes", { scopes: "" }, /--scopes is empty/],
] as const)("is refused with %s", async ([, wrong, message], { expect }) => {
  const error: unknown = await makeToken({ ...flags, ...wrong }, {}).catch((reason: unknown) => reason);
  expect(Error.isError(error) && error.message).toMatch(message);
  expect(Error.isError(error) && error.message).not.toContain("hunter2");
});
