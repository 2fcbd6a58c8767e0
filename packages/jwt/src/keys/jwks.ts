// SPDX-License-Identifier: Apache-2.0
import type { JWK } from "jose";
import { withDeadline } from "../abort.ts";
import { isObject } from "../checks.ts";
import { JwtError } from "../errors.ts";
import { describeNoAnswer, displayUrl, headerOf, type Transport } from "../transport.ts";

/** RFC 7517 section 5; members of unknown kind are left to the reader. */
export interface Jwks {
  readonly keys: readonly JWK[];
}

const MAX_JWKS_BYTES = 262_144;
const MAX_KEYS = 100;

export interface FetchJwksOptions {
  readonly url: URL;
  readonly transport: Transport;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * Reads a key set once, without retry.
 *
 * @throws {JwtError} `jwks_unavailable` with the status or the cause; `aborted`
 */
export async function fetchJwks({ url, transport, timeoutMs, signal }: FetchJwksOptions): Promise<Jwks> {
  const where = `The key set ${displayUrl(url)}`;
  const response = await withDeadline({ parent: signal, timeoutMs, what: "a key set" }, (requestSignal) =>
    transport({
      method: "GET",
      url,
      headers: { accept: "application/jwk-set+json, application/json" },
      signal: requestSignal,
      maxResponseBytes: MAX_JWKS_BYTES,
    }),
  ).catch((cause: unknown) => {
    if (signal?.aborted === true) throw cause;
    throw new JwtError(
      "jwks_unavailable",
      `${where} cannot be read: ${describeNoAnswer(cause, timeoutMs)}.`,
      { cause },
    );
  });
  if (response.status !== 200) {
    const location = headerOf(response, "location") === undefined ? "" : "; redirects are not followed";
    throw new JwtError(
      "jwks_unavailable",
      `${where} cannot be read: the answer was ${response.status}${location}.`,
    );
  }
  return parseJwks(response.text(), where);
}

function parseJwks(text: string, where: string): Jwks {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's error quotes the text, which may be anything.
    throw new JwtError("jwks_unavailable", `${where} is not JSON.`);
  }
  const keys = isObject(value) && Array.isArray(value["keys"]) ? value["keys"] : undefined;
  if (keys === undefined || !keys.every(isJwk)) {
    throw new JwtError("jwks_unavailable", `${where} is not a JSON object with an array "keys".`);
  }
  if (keys.length > MAX_KEYS) {
    throw new JwtError("jwks_unavailable", `${where} has ${keys.length} keys; at most ${MAX_KEYS} are read.`);
  }
  return { keys };
}

function isJwk(value: unknown): value is JWK {
  return isObject(value) && typeof value["kty"] === "string";
}
