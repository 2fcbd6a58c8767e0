// SPDX-License-Identifier: Apache-2.0
import { numberOption, textOption } from "../checks.ts";
import type { Clock } from "../clock.ts";
import { LIFETIME_SECONDS, type Signer, type SigningClaims, signJwt } from "../sign/signer.ts";

/** An identity at a token endpoint: whom to ask, and what to send. */
export interface TokenGrant {
  readonly tokenEndpoint: URL;
  /** For messages: the client id or issuer. */
  readonly identity: string;
  /** The form to post. Called for each request, since an assertion is good for one only. */
  parameters(clock: Clock): Promise<Readonly<Record<string, string>>>;
}

export interface ClientAssertionOptions {
  readonly tokenEndpoint: URL;
  readonly clientId: string;
  readonly signer: Signer;
  /** `aud` of the assertion: what the server calls itself (Auth0: `https://TENANT.auth0.com/`). An array stays one. */
  readonly assertionAudience: string | readonly string[];
  /** The API that the token shall be for (`audience`, an extension of Auth0 and others). */
  readonly audience?: string;
  readonly scope?: string;
  /** Seconds that the assertion lives; default 120. */
  readonly assertionLifetimeSeconds?: number;
}

/**
 * Client credentials, the client authenticated by a private-key JWT (RFC 7523 section 2.2, RFC 6749 section 4.4).
 *
 * @throws {TypeError} when an option is blank or out of its range
 */
export function clientAssertion(options: ClientAssertionOptions): TokenGrant {
  const { tokenEndpoint, signer, assertionAudience, audience, scope } = options;
  const clientId = textOption("clientId", options.clientId);
  const lifetimeSeconds = assertionLifetime(options.assertionLifetimeSeconds, 120);
  return {
    tokenEndpoint,
    identity: clientId,
    async parameters(clock) {
      const claims: SigningClaims = { iss: clientId, sub: clientId, aud: assertionAudience };
      return {
        grant_type: "client_credentials",
        client_id: clientId,
        ...(audience === undefined ? {} : { audience }),
        ...(scope === undefined ? {} : { scope }),
        client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        client_assertion: await signJwt(signer, claims, { lifetimeSeconds, clock }),
      };
    },
  };
}

export interface JwtBearerGrantOptions {
  readonly tokenEndpoint: URL;
  readonly signer: Signer;
  /** `iss` of the assertion. */
  readonly issuer: string;
  /** `sub`; default: the issuer. */
  readonly subject?: string;
  /** `aud`. An array stays an array: some servers compare the JSON. */
  readonly audience: string | readonly string[];
  readonly scope?: string;
  /** Seconds that the assertion lives; default 300. */
  readonly assertionLifetimeSeconds?: number;
}

/**
 * A JWT as the grant itself (RFC 7523 section 2.1); the form holds `grant_type`, `assertion` and perhaps `scope`.
 *
 * @throws {TypeError} when an option is blank or out of its range
 */
export function jwtBearerGrant(options: JwtBearerGrantOptions): TokenGrant {
  const { tokenEndpoint, signer, audience, scope } = options;
  const issuer = textOption("issuer", options.issuer);
  const subject = textOption("subject", options.subject ?? issuer);
  const lifetimeSeconds = assertionLifetime(options.assertionLifetimeSeconds, 300);
  return {
    tokenEndpoint,
    identity: issuer,
    async parameters(clock) {
      const claims: SigningClaims = { iss: issuer, sub: subject, aud: audience };
      return {
        grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
        assertion: await signJwt(signer, claims, { lifetimeSeconds, clock }),
        ...(scope === undefined ? {} : { scope }),
      };
    },
  };
}

function assertionLifetime(value: number | undefined, fallback: number): number {
  return numberOption("assertionLifetimeSeconds", value, fallback, LIFETIME_SECONDS);
}
