// SPDX-License-Identifier: Apache-2.0
import { createVerifier, JwtError, type JwtVerifier, type VerifierOptions } from "@repo/jwt";
import type { AuthSettings } from "../settings/settings.ts";
import { StartError } from "../start-error.ts";
import { AuthError } from "./auth-error.ts";
import { type Caller, scopes } from "./caller.ts";
import { scopesOf } from "./token-scopes.ts";

/** Tells who calls from the `authorization` header. */
export type Authenticate = (authorization: string | undefined) => Promise<Caller>;

export interface AuthenticatorOptions extends Pick<VerifierOptions, "clock"> {
  /** Told when the key set of a URL cannot be read: callers are only told to try again. */
  readonly onTrouble?: (error: unknown) => void;
}

/** Tokens are signed on other machines, whose clocks are a little ahead or behind. */
const clockToleranceSeconds = 30;

const anybody: Caller = { subject: "", scopes: new Set(scopes) };

/** One space, any case, as the program before this one took it; RFC 6750 section 2.1 has the same characters. */
const bearer = /^bearer ([A-Za-z0-9\-._~+/]+=*)$/i;

/**
 * @throws {StartError} where the public key cannot be used
 */
export function createAuthenticator(
  settings: Exclude<AuthSettings, { readonly kind: "local" }>,
  options: AuthenticatorOptions = {},
): Authenticate {
  if (settings.kind === "none") return async () => anybody;
  const verifier = createTokenVerifier(settings, options);
  return async (authorization) => {
    if (authorization === undefined || !/^bearer\b/i.test(authorization)) {
      throw new AuthError("unauthenticated", "missing bearer token");
    }
    const token = bearer.exec(authorization)?.[1];
    if (token === undefined) throw new AuthError("unauthenticated", "invalid token");
    const { claims } = await verify(verifier, token, options.onTrouble);
    return { subject: claims.sub ?? "", scopes: scopesOf(claims) };
  };
}

function createTokenVerifier(
  settings: Extract<AuthSettings, { readonly kind: "keys" | "jwks" }>,
  { clock }: AuthenticatorOptions,
): JwtVerifier {
  const { issuer, audience } = settings;
  const rules = {
    clockToleranceSeconds,
    ...(issuer !== undefined && { issuer }),
    ...(audience !== undefined && { audience }),
    ...(clock !== undefined && { clock }),
  };
  try {
    return settings.kind === "jwks"
      ? // Identity providers sign with RSA more often than not.
        createVerifier({ keys: { jwksUrl: settings.url }, algorithms: ["ES256", "PS256", "RS256"], ...rules })
      : createVerifier({ keys: [settings.keys], algorithms: ["ES256"], subject: "JWT_PUBLIC_KEY", ...rules });
  } catch (cause) {
    if (cause instanceof JwtError) throw new StartError(cause.message, { cause });
    throw cause;
  }
}

async function verify(verifier: JwtVerifier, token: string, onTrouble?: (error: unknown) => void) {
  try {
    return await verifier.verify(token);
  } catch (cause) {
    if (!(cause instanceof JwtError)) throw cause;
    if (cause.code === "jwks_unavailable" || cause.code === "key_unusable") {
      onTrouble?.(cause);
      throw new AuthError("unavailable", "tokens cannot be checked at the moment; try again", { cause });
    }
    throw new AuthError("unauthenticated", sentenceOf(cause), { cause });
  }
}

/** As the program before this one said it, and a little more where it helps nobody to forge. */
function sentenceOf({ code, message }: JwtError): string {
  if (code === "token_expired") return "invalid token: it has expired";
  if (code === "claim_missing" && message.includes('"exp"')) return "token missing exp";
  return "invalid token";
}
