// SPDX-License-Identifier: Apache-2.0
import { createPublicKey, type KeyObject, randomUUID } from "node:crypto";
import { type JWK, SignJWT } from "jose";
import { numberOption, textOption } from "../checks.ts";
import { type Clock, epochSeconds, systemClock } from "../clock.ts";
import { isSigningAlgorithm, type SigningAlgorithm } from "../keys/algorithms.ts";
import { parsePrivateKey } from "../keys/private-key.ts";

export interface SignerOptions {
  readonly algorithm: SigningAlgorithm;
  /** PEM text: PKCS#8, PKCS#1 or SEC1, not encrypted; the first private key counts. RSA keys have 2048 bits or more. */
  readonly privateKey: string;
  /** Header `kid`; none by default. */
  readonly keyId?: string;
  /** How messages name the key: the variable or the Secret that it came from. Default "The private key". */
  readonly subject?: string;
}

/** A private key and how to sign with it. Holds nothing secret that could be printed. */
export interface Signer {
  readonly algorithm: SigningAlgorithm;
  readonly keyId: string | undefined;
  /** The public half, with `alg`, `use` and, when there is one, `kid`: as an entry of a key set. */
  readonly publicJwk: JWK;
}

/** RFC 7519 section 4.1 claims and any others. Times are whole seconds since 1970; `undefined` leaves a claim out. */
export interface SigningClaims {
  readonly iss?: string | undefined;
  readonly sub?: string | undefined;
  readonly aud?: string | readonly string[] | undefined;
  readonly exp?: number | undefined;
  readonly nbf?: number | undefined;
  readonly iat?: number | undefined;
  readonly jti?: string | undefined;
  readonly [name: string]: unknown;
}

export interface SignJwtOptions {
  /** Seconds from `iat` to `exp`; default 300, 1 to 31 536 000. Not used when the claims have an `exp`. */
  readonly lifetimeSeconds?: number;
  readonly clock?: Clock;
}

/** Longer than any token should live, and short enough to notice milliseconds given for seconds. */
export const LIFETIME_SECONDS = { min: 1, max: 31_536_000 };
export const DEFAULT_LIFETIME_SECONDS = 300;

/** Beside the signers rather than in them, so that logging or serialising one never shows a key. */
const privateKeys = new WeakMap<Signer, KeyObject>();

/**
 * Reads a private key for signing.
 *
 * @throws {JwtError} `key_unusable`: one sentence that says what is wrong with the key, never a part of it
 */
export function createSigner(options: SignerOptions): Signer {
  const { algorithm, privateKey, keyId, subject = "The private key" } = options;
  if (!isSigningAlgorithm(algorithm)) throw new TypeError("algorithm must be PS256, ES256 or RS256.");
  const key = parsePrivateKey(privateKey, algorithm, subject);
  const jwk = createPublicKey(key).export({ format: "jwk" });
  return register({ algorithm, keyId, publicJwk: jwk }, key);
}

/** The same key under another `kid`, such as the one that `findKeyId` found. */
export function withKeyId(signer: Signer, keyId: string): Signer {
  return register({ ...signer, keyId }, privateKeyOf(signer));
}

/**
 * Signs claims: compact form, header `{"alg","typ":"JWT","kid"?}`, with `iat` now, `exp` after `lifetimeSeconds`
 * and a random UUID as `jti`, unless the claims have their own.
 *
 * RSA of 2048 bits costs 0.3 to 0.5 ms on a thread of the pool: keep tokens ({@link createOwnTokens}).
 */
export async function signJwt(
  signer: Signer,
  claims: SigningClaims,
  options: SignJwtOptions = {},
): Promise<string> {
  const { clock = systemClock } = options;
  const lifetimeSeconds = numberOption(
    "lifetimeSeconds",
    options.lifetimeSeconds,
    DEFAULT_LIFETIME_SECONDS,
    LIFETIME_SECONDS,
  );
  const issuedAt = claims.iat ?? epochSeconds(clock);
  const complete = {
    ...claims,
    iat: issuedAt,
    exp: claims.exp ?? issuedAt + lifetimeSeconds,
    jti: claims.jti ?? randomUUID(),
  };
  checkTimes(complete);
  const header = {
    alg: signer.algorithm,
    typ: "JWT",
    ...(signer.keyId === undefined ? {} : { kid: signer.keyId }),
  };
  return new SignJWT(withoutUndefined(complete)).setProtectedHeader(header).sign(privateKeyOf(signer));
}

function register(parts: Signer, key: KeyObject): Signer {
  const { algorithm, keyId, publicJwk } = parts;
  if (keyId !== undefined) textOption("keyId", keyId);
  const jwk: JWK = {
    ...publicJwk,
    alg: algorithm,
    use: "sig",
    ...(keyId === undefined ? {} : { kid: keyId }),
  };
  const signer: Signer = Object.freeze({ algorithm, keyId, publicJwk: Object.freeze(jwk) });
  privateKeys.set(signer, key);
  return signer;
}

function privateKeyOf(signer: Signer): KeyObject {
  const key = privateKeys.get(signer);
  if (key === undefined) throw new TypeError("The signer must come from createSigner or withKeyId.");
  return key;
}

/** A verifier refuses a token with such times; better to say it here. */
function checkTimes(claims: SigningClaims): void {
  for (const name of ["iat", "exp", "nbf"] as const) {
    const value = claims[name];
    if (value !== undefined && !Number.isFinite(value)) {
      throw new TypeError(`The claim "${name}" must be a number of seconds since 1970.`);
    }
  }
}

function withoutUndefined(claims: SigningClaims): Record<string, unknown> {
  return Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined));
}
