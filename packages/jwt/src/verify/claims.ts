// SPDX-License-Identifier: Apache-2.0
import { errors, type JWTPayload } from "jose";
import { JwtError } from "../errors.ts";

/** The claims of a verified token. Times are seconds since 1970. */
export interface VerifiedClaims {
  readonly exp: number;
  readonly iss?: string;
  readonly sub?: string;
  readonly aud?: string | readonly string[];
  readonly nbf?: number;
  readonly iat?: number;
  readonly jti?: string;
  readonly [name: string]: unknown;
}

/** Whether a token may be used now, by the rule that its first verification applied too. */
export function isWithinTimes(claims: VerifiedClaims, nowSeconds: number, toleranceSeconds: number): boolean {
  return (
    claims.exp > nowSeconds - toleranceSeconds &&
    (claims.nbf === undefined || claims.nbf <= nowSeconds + toleranceSeconds)
  );
}

/**
 * The claims with the types that RFC 7519 section 4.1 asks of registered ones, and with `exp`, which we require. The
 * library has checked the times, if there are any.
 *
 * @throws {JwtError} `claim_missing`, `claim_refused`
 */
export function toVerifiedClaims(payload: JWTPayload): VerifiedClaims {
  const { exp, iss, sub, jti, aud }: Record<string, unknown> = payload;
  if (typeof exp !== "number") throw new JwtError("claim_missing", 'The token has no "exp".');
  for (const [name, value] of Object.entries({ iss, sub, jti })) {
    if (value !== undefined && typeof value !== "string") throw wrongType(name, "a text");
  }
  if (aud !== undefined && typeof aud !== "string" && !isTextArray(aud))
    throw wrongType("aud", "a text or an array of texts");
  return deepFreeze({ ...payload, exp });
}

/** Translates what the library says of a token; the messages name a claim, never its value. */
export function toJwtError(error: unknown): JwtError {
  if (error instanceof errors.JWTExpired) {
    return new JwtError("token_expired", "The token has expired.");
  }
  if (error instanceof errors.JWTClaimValidationFailed) return fromClaimFailure(error);
  if (error instanceof errors.JWSSignatureVerificationFailed) {
    return new JwtError("signature_invalid", "The token's signature is not by a key that is trusted here.");
  }
  if (error instanceof errors.JWTInvalid || error instanceof errors.JWSInvalid) {
    return new JwtError("token_malformed", "The token is signed, but its claims are not a JSON object.");
  }
  return new JwtError("key_unusable", "The token's key cannot be used to verify it.", { cause: error });
}

/** The library's error carries the whole payload, so it must not become a cause that is logged. */
function fromClaimFailure({ claim, reason }: errors.JWTClaimValidationFailed): JwtError {
  if (reason === "missing") return new JwtError("claim_missing", `The token has no "${claim}".`);
  if (reason === "invalid") return wrongType(claim, "a number");
  if (claim === "nbf") return new JwtError("token_not_yet_valid", 'The token is not valid yet ("nbf").');
  return new JwtError("claim_refused", `The token's "${claim}" is not one that is accepted here.`);
}

function wrongType(claim: string, type: string): JwtError {
  return new JwtError("claim_refused", `The token's "${claim}" is not ${type}.`);
}

function isTextArray(value: unknown): boolean {
  return Array.isArray(value) && value.every((member) => typeof member === "string");
}

/** One result serves every caller that shows the same token, so none may change it. */
function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null) {
    Object.values(value).forEach(deepFreeze);
    Object.freeze(value);
  }
  return value;
}
