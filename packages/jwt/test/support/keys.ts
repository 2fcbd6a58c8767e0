// SPDX-License-Identifier: Apache-2.0
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { createSigner, type Signer, type SigningAlgorithm } from "../../src/index.ts";

export interface TestKey {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly privatePem: string;
  readonly publicPem: string;
}

function toTestKey(pair: { readonly privateKey: KeyObject; readonly publicKey: KeyObject }): TestKey {
  return {
    ...pair,
    privatePem: pair.privateKey.export({ format: "pem", type: "pkcs8" }).toString(),
    publicPem: pair.publicKey.export({ format: "pem", type: "spki" }).toString(),
  };
}

export function newRsaKey(modulusLength = 2048): TestKey {
  return toTestKey(generateKeyPairSync("rsa", { modulusLength }));
}

export function newEcKey(namedCurve = "P-256"): TestKey {
  return toTestKey(generateKeyPairSync("ec", { namedCurve }));
}

export function newEd25519Key(): TestKey {
  return toTestKey(generateKeyPairSync("ed25519"));
}

/** Made once a test file, since RSA keys take long to find. */
export const rsaKey = newRsaKey();
export const ecKey = newEcKey();

export function signerOf(algorithm: SigningAlgorithm, keyId?: string): Signer {
  const { privatePem } = algorithm === "ES256" ? ecKey : rsaKey;
  return createSigner({ algorithm, privateKey: privatePem, ...(keyId === undefined ? {} : { keyId }) });
}

export function publicPemOf(algorithm: SigningAlgorithm): string {
  return (algorithm === "ES256" ? ecKey : rsaKey).publicPem;
}
