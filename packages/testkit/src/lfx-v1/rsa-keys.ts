// SPDX-License-Identifier: Apache-2.0
import { generateKeyPair } from "node:crypto";
import { promisify } from "node:util";

/** An RSA key pair of 2048 bits, as PEM text. */
export interface RsaKeys {
  /** PKCS#8. */
  readonly privateKey: string;
  /** SPKI. */
  readonly publicKey: string;
}

const generate = promisify(generateKeyPair);
const made = new Map<string, Promise<RsaKeys>>();

/**
 * The key pair of this name: made once per process, because making one takes 50 to 500 ms; another name is another
 * pair.
 */
export function rsaKeys(name = "default"): Promise<RsaKeys> {
  const known = made.get(name);
  if (known !== undefined) return known;
  const keys = generate("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  made.set(name, keys);
  return keys;
}
