// SPDX-License-Identifier: MIT
import type { Environment } from "@repo/http-retry";
import { createOwnTokens, createSigner, type TokenIdentity, withKeyId } from "@repo/jwt";
import type { Logger } from "@repo/logging";
import type { Clock } from "../clock.ts";
import type { Author } from "../objects/author.ts";
import type { ServiceName } from "../objects/plan.ts";
import { UnavailableError } from "../unavailable-error.ts";
import { KeyIdFinder, type SigningStatus } from "./key-id.ts";
import { createTransport } from "./transport.ts";

export interface V2TokensOptions {
  /** HEIMDALL_PRIVATE_KEY: RSA, PEM. */
  readonly privateKey: string;
  /** HEIMDALL_KEY_ID; otherwise it is looked for in the key set. */
  readonly keyId?: string;
  /** HEIMDALL_JWKS_URL. */
  readonly jwksUrl: URL;
  /** Proxies. */
  readonly env?: Environment;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The tokens that Heimdall would mint for a call, made by ourselves with its key. */
export interface V2Tokens extends AsyncDisposable {
  /**
   * Headers of a call in the author's name: `authorization`, and `x-on-behalf-of` where the author is somebody.
   * At once where the token is signed already.
   *
   * @throws {UnavailableError} `signing_key_unknown` until the key id is known
   */
  readonly headersFor: (
    author: Author,
    service: ServiceName,
  ) => Promise<Record<string, string>> | Record<string, string>;
  /**
   * Says that the service answered 401: the next headers have a new token. Ends when the key set was read again,
   * which is done every 10 s at most; never fails.
   */
  readonly refused: (author: Author, service: ServiceName) => Promise<void>;
  readonly signingStatus: () => SigningStatus;
}

const audienceOf = {
  project: "lfx-v2-project-service",
  committee: "lfx-v2-committee-service",
} as const satisfies Record<ServiceName, string>;

/** Begins at once to look for the key id, unless it is given. */
export function createV2Tokens(options: V2TokensOptions): V2Tokens {
  const { clock, logger, jwksUrl, keyId } = options;
  const signer = createSigner({
    algorithm: "PS256",
    privateKey: options.privateKey,
    subject: "HEIMDALL_PRIVATE_KEY",
    ...(keyId === undefined ? {} : { keyId }),
  });
  const tokens = createOwnTokens({
    signer,
    issuer: "heimdall",
    lifetimeSeconds: 300,
    // The services allow their clock to differ by 5 s only.
    notBeforeSkewSeconds: 30,
    clock,
  });
  const stop = new AbortController();
  const transport = createTransport(jwksUrl, options.env === undefined ? {} : { env: options.env });
  const finder = new KeyIdFinder({
    signer,
    jwksUrl,
    transport: transport.send,
    clock,
    logger,
    onFound: (found) => {
      isSigning = true;
      tokens.replaceSigner(withKeyId(signer, found));
    },
    signal: stop.signal,
  });
  let isSigning = keyId !== undefined;
  if (keyId === undefined) finder.search();

  return {
    headersFor(author, service) {
      if (!isSigning) return Promise.reject(signingKeyUnknown(finder.status));
      const identity = tokenIdentity(author, service);
      const token = tokens.kept(identity);
      if (token !== undefined) return headersOf(author, token);
      return tokens.tokenFor(identity).then((signed) => headersOf(author, signed));
    },
    async refused(author, service) {
      tokens.invalidate(tokenIdentity(author, service));
      if (keyId === undefined) await finder.readAgain();
    },
    signingStatus: () => (keyId === undefined ? finder.status : { isReady: true }),
    async [Symbol.asyncDispose]() {
      stop.abort(new Error("The tokens of v2 are disposed."));
      await finder.settled();
      await transport[Symbol.asyncDispose]();
    },
  };
}

function headersOf({ onBehalfOf }: Author, token: string): Record<string, string> {
  return {
    authorization: `Bearer ${token}`,
    ...(onBehalfOf === undefined ? {} : { "x-on-behalf-of": onBehalfOf }),
  };
}

function tokenIdentity({ principal, subject, email }: Author, service: ServiceName): TokenIdentity {
  const claims = email === undefined ? { principal } : { principal, email };
  return { audience: audienceOf[service], subject, claims };
}

function signingKeyUnknown({ reason }: SigningStatus): UnavailableError {
  return new UnavailableError({
    code: "signing_key_unknown",
    message: reason ?? "The key id of HEIMDALL_PRIVATE_KEY is not known.",
  });
}
