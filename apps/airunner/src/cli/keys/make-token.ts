// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync } from "node:fs";
import { createSigner, JwtError, signJwt, withKeyId } from "@repo/jwt";
import { scopes as knownScopes, type Scope } from "../../auth/scopes.ts";
import { ClientError } from "../../client/client-error.ts";
import type { TokenFlags } from "../commands/token.ts";
import { UsageError } from "../context.ts";

/**
 * Signs a token as the Go program did: ES256, `iss` "airunner", `sub`, `iat`, `exp`; with scopes as `scope`,
 * separated by blanks (RFC 8693). Without that claim a token allows everything.
 *
 * @throws {ClientError} `bad_setting` where the key cannot be used; the message holds nothing of it
 */
export async function makeToken(
  flags: TokenFlags,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  if (flags.subject.trim() === "") throw new UsageError("--subject is empty; name whose token it is");
  const scope = scopeClaim(flags.scopes);
  const { pem, subject } = findKey(flags.signingKey, env);
  const issuedAt = Math.floor(Date.now() / 1000);
  const claims = {
    iss: "airunner",
    sub: flags.subject,
    iat: issuedAt,
    exp: issuedAt + Math.round(flags.ttl / 1000),
    ...(scope !== undefined && { scope }),
    ...(flags.audience !== undefined && { aud: flags.audience }),
  };
  try {
    const signer = createSigner({ algorithm: "ES256", privateKey: pem, subject });
    return await signJwt(flags.keyId === undefined ? signer : withKeyId(signer, flags.keyId), claims);
  } catch (error) {
    if (!(error instanceof JwtError)) throw error;
    throw new ClientError(
      "bad_setting",
      `${error.message.replace(/\.$/, "")}; make a pair with 'airunner-cli keygen'`,
      { cause: error },
    );
  }
}

function scopeClaim(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const words = text.split(/[\s,]+/).filter((word) => word !== "");
  const unknown = words.find((word) => !isScope(word));
  if (words.length === 0 || unknown !== undefined) {
    const what =
      unknown === undefined ? "is empty" : `has ${JSON.stringify(unknown.slice(0, 40))}, which is none`;
    throw new UsageError(`--scopes ${what}; use ${knownScopes.join(", ")}`);
  }
  return [...new Set(words)].join(" ");
}

function isScope(word: string): word is Scope {
  return knownScopes.some((scope) => scope === word);
}

/** The key is PEM text, as the Go program had it, or the path of a file with it. */
function findKey(
  flag: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): { readonly pem: string; readonly subject: string } {
  const [value, name] =
    flag === undefined ? [env["JWT_SIGNING_KEY"], "JWT_SIGNING_KEY"] : [flag, "--signing-key"];
  if (value === undefined || value.trim() === "") {
    throw new UsageError(
      "a private key is needed: give --signing-key or JWT_SIGNING_KEY (make one with 'airunner-cli keygen')",
    );
  }
  if (value.includes("-----BEGIN")) return { pem: value, subject: `The key of ${name}` };
  if (value.length > 4096 || !existsSync(value)) {
    // What was given may be half a key: it is not repeated.
    throw new ClientError("bad_setting", `${name} is neither PEM text nor the path of a file that exists`);
  }
  try {
    const pem = readFileSync(value, "utf8");
    if (pem.includes("-----BEGIN")) return { pem, subject: `The key in ${value}` };
  } catch (cause) {
    const why = Error.isError(cause) && "code" in cause ? String(cause.code) : "unknown reason";
    throw new ClientError("bad_setting", `the key file ${value} cannot be read (${why})`, { cause });
  }
  throw new ClientError(
    "bad_setting",
    `the key file ${value} holds no key in PEM form; make a pair with 'airunner-cli keygen'`,
  );
}
