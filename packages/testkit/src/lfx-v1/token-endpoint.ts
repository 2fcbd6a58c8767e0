// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from "node:crypto";
import { errors, importSPKI, type JWTPayload, jwtVerify } from "jose";

/** What an answer of these servers is made of. */
export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface TokenEndpointOptions {
  readonly clientId: string;
  /** SPKI, PEM. */
  readonly clientPublicKey: string;
  /** What an assertion's `aud` must hold. */
  readonly assertionAudience: string;
  /** The API of this name exists. */
  readonly hasApi: (audience: string) => boolean;
  readonly lifetimeSeconds: () => number;
  readonly epochMs: () => number;
}

/** A token that was given and has neither expired nor been withdrawn. */
export interface GrantedToken {
  readonly audience: string;
  readonly expiresAtMs: number;
}

export interface TokenEndpoint {
  /** Answers a form; refuses in the words of RFC 6749 section 5.2 and Auth0. */
  answer(contentType: string | undefined, body: string): Promise<Answer>;
  /** The token, unless it expired, was withdrawn or is not ours. */
  find(token: string): GrantedToken | undefined;
  /** All tokens given so far are refused from now on. */
  withdrawAll(): void;
  readonly granted: number;
}

/** Auth0 refuses assertions that live longer. */
const maxAssertionSeconds = 300;
const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const fields: ReadonlySet<string> = new Set([
  "grant_type",
  "client_id",
  "audience",
  "client_assertion_type",
  "client_assertion",
]);

class TokenRefusal extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, description: string) {
    super(description);
    this.status = status;
    this.code = code;
  }
}

/** Auth0's token endpoint for client credentials with a private-key JWT (RFC 7523 section 2.2), as strict as that. */
export function createTokenEndpoint(options: TokenEndpointOptions): TokenEndpoint {
  const usedIds = new Set<string>();
  let tokens = new Map<string, GrantedToken>();
  let granted = 0;

  async function grant(contentType: string | undefined, body: string): Promise<Answer> {
    const form = parseForm(contentType, body);
    const claims = await verifyAssertion(form, options);
    if (claims.jti === undefined || claims.jti === "") throw unauthorized("the assertion has no jti");
    if (usedIds.has(claims.jti)) throw unauthorized("the assertion's jti was used before");
    usedIds.add(claims.jti);
    const audience = form.get("audience") ?? "";
    if (!options.hasApi(audience))
      throw new TokenRefusal(403, "access_denied", `Service not found: ${audience}`);
    const lifetimeSeconds = options.lifetimeSeconds();
    const token = randomBytes(32).toString("base64url");
    tokens.set(token, { audience, expiresAtMs: options.epochMs() + lifetimeSeconds * 1000 });
    granted += 1;
    return {
      status: 200,
      body: { access_token: token, token_type: "Bearer", expires_in: lifetimeSeconds },
    };
  }

  return {
    async answer(contentType, body) {
      try {
        return await grant(contentType, body);
      } catch (error) {
        if (!(error instanceof TokenRefusal)) throw error;
        return {
          status: error.status,
          body: { error: error.code, error_description: error.message },
        };
      }
    },
    find(token) {
      const found = tokens.get(token);
      return found === undefined || found.expiresAtMs <= options.epochMs() ? undefined : found;
    },
    withdrawAll() {
      tokens = new Map();
    },
    get granted() {
      return granted;
    },
  };
}

function parseForm(contentType: string | undefined, body: string): URLSearchParams {
  if (contentType !== "application/x-www-form-urlencoded")
    throw invalid(`the content type is ${contentType ?? "missing"}`);
  const form = new URLSearchParams(body);
  for (const name of form.keys()) {
    if (!fields.has(name)) throw invalid(`the field ${name} is not one of client credentials`);
    if (form.getAll(name).length > 1) throw invalid(`the field ${name} is there twice`);
  }
  for (const name of fields) if (!form.has(name)) throw invalid(`the field ${name} is missing`);
  if (form.get("grant_type") !== "client_credentials")
    throw new TokenRefusal(403, "unsupported_grant_type", `Unsupported grant type`);
  if (form.get("client_assertion_type") !== assertionType) throw invalid("the assertion's type is unknown");
  return form;
}

/** RFC 7523 section 3. */
async function verifyAssertion(form: URLSearchParams, options: TokenEndpointOptions): Promise<JWTPayload> {
  const { clientId, clientPublicKey, assertionAudience, epochMs } = options;
  if (form.get("client_id") !== clientId) throw unauthorized("the client is unknown");
  const key = await importSPKI(clientPublicKey, "RS256");
  const { payload } = await jwtVerify(form.get("client_assertion") ?? "", key, {
    algorithms: ["RS256"],
    issuer: clientId,
    subject: clientId,
    audience: assertionAudience,
    requiredClaims: ["exp", "iat", "jti"],
    currentDate: new Date(epochMs()),
  }).catch((error: unknown) => {
    if (error instanceof errors.JOSEError) throw unauthorized(`the assertion is refused: ${error.message}`);
    throw error;
  });
  const { exp = 0, iat = 0 } = payload;
  if (exp - iat > maxAssertionSeconds) throw unauthorized("the assertion lives longer than 300 s");
  if (iat * 1000 > epochMs() + 5_000) throw unauthorized("the assertion is of the future");
  return payload;
}

function invalid(description: string): TokenRefusal {
  return new TokenRefusal(400, "invalid_request", description);
}

function unauthorized(description: string): TokenRefusal {
  return new TokenRefusal(401, "invalid_client", description);
}
