// SPDX-License-Identifier: Apache-2.0
import { generateKeyPairSync } from "node:crypto";
import { inspect } from "node:util";
import fc from "fast-check";
import { test } from "vitest";
import { ecKey, newEcKey, newEd25519Key, newRsaKey, rsaKey } from "../../test/support/keys.ts";
import { JwtError } from "../errors.ts";
import type { SigningAlgorithm } from "./algorithms.ts";
import { parsePrivateKey } from "./private-key.ts";

const EC_PARAMETERS = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
const rsaPkcs8 = rsaKey.privatePem;
const rsaPkcs1 = rsaKey.privateKey.export({ format: "pem", type: "pkcs1" }).toString();
const ecPkcs8 = ecKey.privatePem;
const ecSec1 = ecKey.privateKey.export({ format: "pem", type: "sec1" }).toString();

test.for<[string, SigningAlgorithm, string]>([
  ["RSA as PKCS#8", "PS256", rsaPkcs8],
  ["RSA as PKCS#1", "PS256", rsaPkcs1],
  ["RSA for RS256", "RS256", rsaPkcs8],
  ["EC as PKCS#8", "ES256", ecPkcs8],
  ["EC as SEC1", "ES256", ecSec1],
  ["EC as SEC1 after EC PARAMETERS", "ES256", EC_PARAMETERS + ecSec1],
  ["a key after its certificate's text", "ES256", `Bag Attributes\n  friendlyName: x\n${ecPkcs8}`],
  ["CRLF line ends", "PS256", rsaPkcs1.replaceAll("\n", "\r\n")],
  ["line breaks written as \\n", "ES256", ecPkcs8.replaceAll("\n", "\\n")],
  ["line breaks turned to spaces", "PS256", rsaPkcs8.replaceAll("\n", " ")],
  ["indented, as in YAML", "ES256", ecSec1.replaceAll(/^/gm, "    ")],
  ["without an end of line", "ES256", ecSec1.trim()],
])("reads %s", ([, algorithm, text], { expect }) => {
  const wanted = algorithm === "ES256" ? ecKey : rsaKey;
  expect(parsePrivateKey(text, algorithm, "K").equals(wanted.privateKey)).toBe(true);
});

const encrypted = { cipher: "aes-256-cbc", passphrase: "secret" } as const;
const rsaPss = generateKeyPairSync("rsa-pss", { modulusLength: 2048 });
const wrong: [string, SigningAlgorithm, string, RegExp][] = [
  ["an empty text", "ES256", "", /is empty/],
  ["a blank text", "ES256", " \n", /is empty/],
  ["a path", "ES256", "/etc/keys/signing.pem", /is not PEM text.*not its path/],
  ["random text", "PS256", Buffer.from(rsaPkcs8).toString("base64"), /is not PEM text/],
  ["a huge text", "PS256", "x".repeat(70_000), /longer than 65536 characters/],
  ["a key that is cut off", "PS256", rsaPkcs8.slice(0, 800), /is cut off: its "-----BEGIN PRIVATE KEY-----"/],
  [
    "an encrypted PKCS#8 key",
    "PS256",
    rsaKey.privateKey.export({ format: "pem", type: "pkcs8", ...encrypted }).toString(),
    /is encrypted/,
  ],
  [
    "an encrypted SEC1 key",
    "ES256",
    ecKey.privateKey.export({ format: "pem", type: "sec1", ...encrypted }).toString(),
    /is encrypted/,
  ],
  [
    "an OpenSSH key",
    "ES256",
    "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNz\n-----END OPENSSH PRIVATE KEY-----",
    /OpenSSH's own form/,
  ],
  ["a public key", "ES256", ecKey.publicPem, /holds "PUBLIC KEY" but no private key/],
  ["EC PARAMETERS alone", "ES256", EC_PARAMETERS, /holds "EC PARAMETERS" but no private key/],
  ["damaged base64", "ES256", ecPkcs8.replace("MIGH", "MIGG"), /is damaged: its "PRIVATE KEY" block/],
  ["an RSA key for ES256", "ES256", rsaPkcs8, /is an RSA key; ES256 needs an EC key on curve P-256/],
  ["an EC key for PS256", "PS256", ecPkcs8, /is an EC key on curve P-256; PS256 needs an RSA key/],
  ["an Ed25519 key", "ES256", newEd25519Key().privatePem, /is an Ed25519 key; ES256 needs/],
  ["a P-384 key", "ES256", newEcKey("P-384").privatePem, /on curve P-384; ES256 needs .* P-256/],
  ["a P-521 key", "ES256", newEcKey("P-521").privatePem, /on curve P-521; ES256 needs .* P-256/],
  ["a secp256k1 key", "ES256", newEcKey("secp256k1").privatePem, /on curve secp256k1; ES256 needs/],
  ["an RSA key of 1024 bits", "PS256", newRsaKey(1024).privatePem, /of 1024 bits; PS256 needs at least 2048/],
  [
    "an RSA key restricted to PSS",
    "PS256",
    rsaPss.privateKey.export({ format: "pem", type: "pkcs8" }).toString(),
    /restricted to PSS .* needs an RSA key/,
  ],
];

test.for(wrong)(
  "refuses %s in one sentence that names the variable",
  ([, algorithm, text, message], { expect }) => {
    const error = refusal(text, algorithm);
    expect(error.code).toBe("key_unusable");
    expect(error.message).toMatch(message);
    expect(error.message).toMatch(/^SIGNING_KEY [^\n]*\.$/);
  },
);

test("no refusal shows a part of the key, whatever was done to its text", ({ expect }) => {
  fc.assert(
    fc.property(
      fc.constantFrom(rsaPkcs8, rsaPkcs1, ecPkcs8, ecSec1),
      fc.nat({ max: 1800 }),
      fc.string({ minLength: 1, maxLength: 5 }),
      (pem, at, junk) => {
        const broken = pem.slice(0, at) + junk + pem.slice(at + junk.length);
        const error = refusalOrUndefined(broken, "PS256");
        if (error === undefined) return;
        const shown = inspect(error, { depth: 10, showHidden: true });
        for (const line of pem.split("\n").filter((text) => !text.startsWith("-----") && text !== "")) {
          for (let start = 0; start + 12 <= line.length; start += 6) {
            expect(shown).not.toContain(line.slice(start, start + 12));
          }
        }
      },
    ),
  );
});

function refusalOrUndefined(text: string, algorithm: SigningAlgorithm): JwtError | undefined {
  try {
    parsePrivateKey(text, algorithm, "SIGNING_KEY");
    return undefined;
  } catch (error) {
    if (error instanceof JwtError) return error;
    throw error;
  }
}

function refusal(text: string, algorithm: SigningAlgorithm): JwtError {
  const error = refusalOrUndefined(text, algorithm);
  if (error === undefined) throw new Error("The key was accepted.");
  return error;
}
