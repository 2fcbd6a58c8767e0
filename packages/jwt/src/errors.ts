// SPDX-License-Identifier: Apache-2.0

/**
 * Why something of this package failed.
 *
 * Keys: `key_unusable` (a key given by its owner), `key_not_in_set` (our key is not in the JWKS), `jwks_unavailable`.
 * Tokens shown to us: `token_malformed`, `token_too_large`, `algorithm_refused`, `key_unknown`, `signature_invalid`,
 * `token_expired`, `token_not_yet_valid`, `claim_missing`, `claim_refused`.
 * Token endpoints: `token_endpoint_unreachable`, `token_endpoint_busy` (408, 429, 5xx), `token_refused`, `token_response_invalid`.
 * `aborted`: the caller's signal ended the wait, or the thing that was asked is disposed.
 */
export type JwtErrorCode =
  | "key_unusable"
  | "key_not_in_set"
  | "jwks_unavailable"
  | "token_malformed"
  | "token_too_large"
  | "algorithm_refused"
  | "key_unknown"
  | "signature_invalid"
  | "token_expired"
  | "token_not_yet_valid"
  | "claim_missing"
  | "claim_refused"
  | "token_endpoint_unreachable"
  | "token_endpoint_busy"
  | "token_refused"
  | "token_response_invalid"
  | "aborted";

/** Base of every failure that this package reports on purpose. No message holds a key, a token or a claim's value. */
export class JwtError extends Error {
  override readonly name: string = "JwtError";
  readonly code: JwtErrorCode;

  constructor(code: JwtErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** What is known of a token request that failed. */
export interface TokenEndpointFailure {
  /** HTTP status, when there was an answer. */
  readonly status?: number;
  /** RFC 6749 section 5.2 `error`, such as `invalid_client`. */
  readonly oauthError?: string;
  /** The answer's text: one line, redacted, at most 200 characters. */
  readonly excerpt?: string;
  /** What the server asked for by `Retry-After`, in milliseconds. */
  readonly retryAfterMs?: number;
  /** This machine's clock minus the server's `Date`, in milliseconds (the header has whole seconds). */
  readonly clockSkewMs?: number;
}

/** A token endpoint did not give a token. */
export class TokenEndpointError extends JwtError implements TokenEndpointFailure {
  override readonly name: string = "TokenEndpointError";
  declare readonly status?: number;
  declare readonly oauthError?: string;
  declare readonly excerpt?: string;
  declare readonly retryAfterMs?: number;
  declare readonly clockSkewMs?: number;

  constructor(code: JwtErrorCode, message: string, failure: TokenEndpointFailure, options?: ErrorOptions) {
    super(code, message, options);
    Object.assign(this, failure);
  }
}
