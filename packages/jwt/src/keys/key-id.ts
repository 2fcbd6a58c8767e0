// SPDX-License-Identifier: Apache-2.0
import { calculateJwkThumbprint, type JWK } from "jose";
import { numberOption } from "../checks.ts";
import { JwtError } from "../errors.ts";
import type { Signer } from "../sign/signer.ts";
import { displayUrl, fetchTransport, type Transport } from "../transport.ts";
import { fetchJwks } from "./jwks.ts";

export interface FindKeyIdOptions {
  readonly signer: Signer;
  readonly jwksUrl: URL;
  /** Default: the built-in `fetch`. */
  readonly transport?: Transport;
  /** Milliseconds for the whole read; default 10 000, 1 to 300 000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/**
 * The `kid` under which a key set publishes *our* key: that of the entry with the same RFC 7638 thumbprint (the first
 * entry may be another key). Reads the set once; the caller decides when to ask again.
 *
 * @throws {JwtError} `key_not_in_set` when no usable entry is ours; `jwks_unavailable`; `aborted`
 */
export async function findKeyId(options: FindKeyIdOptions): Promise<string> {
  const { signer, jwksUrl, transport = fetchTransport, signal } = options;
  const timeoutMs = numberOption("timeoutMs", options.timeoutMs, 10_000, { min: 1, max: 300_000 });
  const jwks = await fetchJwks({ url: jwksUrl, transport, timeoutMs, signal });
  const ours = await keyThumbprint(signer.publicJwk);
  const thumbprints = await Promise.all(jwks.keys.map(thumbprintOrUndefined));
  const matching = jwks.keys.filter((_, index) => thumbprints[index] === ours);
  const where = `The key set ${displayUrl(jwksUrl)}`;
  if (matching.length === 0) {
    throw new JwtError(
      "key_not_in_set",
      `${where} does not hold our public key (thumbprint ${ours}) among its ${jwks.keys.length} keys; the private key may be of another installation, or rotated.`,
    );
  }
  const usable = matching.find(
    (jwk) => isForSigning(jwk, signer) && typeof jwk.kid === "string" && jwk.kid !== "",
  );
  if (usable?.kid === undefined) {
    throw new JwtError(
      "key_not_in_set",
      `${where} holds our public key, but not with a "kid" and for ${signer.algorithm} signatures ("alg", "use").`,
    );
  }
  return usable.kid;
}

/** RFC 7638 thumbprint by SHA-256, base64url: 43 characters that name a public key. */
export async function keyThumbprint(jwk: JWK): Promise<string> {
  return calculateJwkThumbprint(jwk, "sha256");
}

/** Entries of kinds that have no thumbprint yet are somebody else's. */
async function thumbprintOrUndefined(jwk: JWK): Promise<string | undefined> {
  return keyThumbprint(jwk).catch(() => undefined);
}

function isForSigning(jwk: JWK, signer: Signer): boolean {
  return (
    (jwk.alg === undefined || jwk.alg === signer.algorithm) && (jwk.use === undefined || jwk.use === "sig")
  );
}
