// SPDX-License-Identifier: Apache-2.0
export {
  type ClientAssertionOptions,
  clientAssertion,
  type JwtBearerGrantOptions,
  jwtBearerGrant,
  type TokenGrant,
} from "./access-token/grants.ts";
export {
  createTokenSource,
  type TokenRequestEvent,
  type TokenSource,
  type TokenSourceOptions,
} from "./access-token/token-source.ts";
export type { Backoff } from "./backoff.ts";
export type { Clock } from "./clock.ts";
export { JwtError, type JwtErrorCode, TokenEndpointError, type TokenEndpointFailure } from "./errors.ts";
export type { SigningAlgorithm, VerifyingAlgorithm } from "./keys/algorithms.ts";
export { type FindKeyIdOptions, findKeyId, keyThumbprint } from "./keys/key-id.ts";
export {
  createOwnTokens,
  type OwnTokens,
  type OwnTokensOptions,
  type TokenIdentity,
} from "./sign/own-tokens.ts";
export {
  createSigner,
  type Signer,
  type SignerOptions,
  type SigningClaims,
  type SignJwtOptions,
  signJwt,
  withKeyId,
} from "./sign/signer.ts";
export {
  fetchTransport,
  type Transport,
  type TransportRequest,
  type TransportResponse,
} from "./transport.ts";
export type { VerifiedClaims } from "./verify/claims.ts";
export {
  createVerifier,
  type JwksOptions,
  type JwtVerifier,
  type VerifiedJwt,
  type VerifierOptions,
} from "./verify/verifier.ts";
