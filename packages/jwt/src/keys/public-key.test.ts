// SPDX-License-Identifier: Apache-2.0
import { test } from "vitest";
import { ecKey, newEcKey, newRsaKey, rsaKey } from "../../test/support/keys.ts";
import pyjwt from "../../test/vectors/pyjwt.json" with { type: "json" };
import { parsePublicKeys } from "./public-key.ts";

const certificate = pyjwt.certificateOfEs256;

test("reads SPKI, PKCS#1 and every public key of a text", ({ expect }) => {
  const pkcs1 = rsaKey.publicKey.export({ format: "pem", type: "pkcs1" }).toString();
  const other = newEcKey();
  const keys = parsePublicKeys(`${pkcs1}\n${ecKey.publicPem}\n${other.publicPem}`, ["ES256", "PS256"], "K");
  expect(keys.map(({ algorithms }) => [...algorithms])).toEqual([["PS256"], ["ES256"], ["ES256"]]);
  expect(keys[2]?.key.equals(other.publicKey)).toBe(true);
});

test("takes the first certificate's key only: the others of a chain must not sign tokens", ({ expect }) => {
  const keys = parsePublicKeys(certificate + certificate, ["ES256"], "K");
  expect(keys).toHaveLength(1);
});

test("an RSA key serves each RSA algorithm of the list", ({ expect }) => {
  const [key] = parsePublicKeys(rsaKey.publicPem, ["RS256", "PS512", "ES256"], "K");
  expect([...(key?.algorithms ?? [])]).toEqual(["RS256", "PS512"]);
});

test.for<[string, string, RegExp]>([
  ["a private key", ecKey.privatePem, /^K holds a private key; give only the public key/],
  ["a private key beside the public one", ecKey.publicPem + ecKey.privatePem, /holds a private key/],
  ["another curve", newEcKey("P-384").publicPem, /^K is an EC key on curve P-384; ES256 needs/],
  ["another type", rsaKey.publicPem, /^K is an RSA key; ES256 needs/],
  ["one unfit key among fit ones", ecKey.publicPem + newRsaKey().publicPem, /is an RSA key/],
  ["damaged text", ecKey.publicPem.replace("MFkw", "MFkx"), /^K is damaged: its "PUBLIC KEY" block/],
  [
    "a request for a certificate",
    certificate.replaceAll("CERTIFICATE", "CERTIFICATE REQUEST"),
    /but no public key/,
  ],
  ["nothing", "", /^K is empty/],
])("refuses %s", ([, text, message], { expect }) => {
  expect(() => parsePublicKeys(text, ["ES256"], "K")).toThrow(message);
});
