// SPDX-License-Identifier: Apache-2.0
import { exportJWK, importSPKI } from "jose";

/** One key of a key set. */
export interface PublishedKey {
  readonly keyId: string;
  /** SPKI, PEM. */
  readonly publicKey: string;
  /** Default `PS256`. */
  readonly algorithm?: "PS256" | "RS256";
}

/** `{"keys":[{"kty":"RSA","n":…,"e":"AQAB","kid":…,"alg":"PS256","use":"sig"}]}`, as Heimdall publishes it. */
export async function toKeySet(keys: readonly PublishedKey[]): Promise<Readonly<Record<string, unknown>>> {
  return { keys: await Promise.all(keys.map(toJwk)) };
}

async function toJwk({ keyId, publicKey, algorithm = "PS256" }: PublishedKey) {
  const key = await importSPKI(publicKey, algorithm, { extractable: true });
  return { ...(await exportJWK(key)), kid: keyId, alg: algorithm, use: "sig" };
}
