// SPDX-License-Identifier: Apache-2.0
import type { JWTHeaderParameters } from "jose";
import { isObject } from "../checks.ts";
import { JwtError } from "../errors.ts";

const COMPACT = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]*)$/;
const strictUtf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * The protected header of a compact token, after every check that needs no key.
 *
 * Only `alg`, `kid` and `typ` are ever used: `jwk`, `jku`, `x5u` and `x5c` would let a token bring its own key.
 *
 * @throws {JwtError} `token_too_large`, `token_malformed`, `algorithm_refused`
 */
export function parseHeader(
  token: string,
  limits: { readonly maxTokenBytes: number; readonly algorithms: ReadonlySet<string> },
): JWTHeaderParameters {
  if (typeof token !== "string") throw new JwtError("token_malformed", "The token is not a text.");
  if (token.length > limits.maxTokenBytes) {
    throw new JwtError("token_too_large", `The token is longer than ${limits.maxTokenBytes} bytes.`);
  }
  const parts = COMPACT.exec(token);
  if (parts === null) {
    throw new JwtError("token_malformed", "The token is not three base64url parts with dots between them.");
  }
  const [, header = "", , signature = ""] = parts;
  const { alg, kid, crit } = decodeHeader(header);
  if (typeof alg !== "string" || !limits.algorithms.has(alg)) {
    throw new JwtError(
      "algorithm_refused",
      `The token's algorithm is not allowed; it must be ${[...limits.algorithms].join(" or ")}.`,
    );
  }
  if (crit !== undefined) {
    throw new JwtError(
      "token_malformed",
      'The token\'s header has "crit", but no extension is understood here.',
    );
  }
  if (kid !== undefined && typeof kid !== "string") {
    throw new JwtError("token_malformed", 'The token\'s "kid" is not a text.');
  }
  // Decoders ignore the last character's spare bits, so several texts would stand for one signature.
  if (Buffer.from(signature, "base64url").toString("base64url") !== signature) {
    throw new JwtError("token_malformed", "The token's signature is not canonical base64url.");
  }
  return { alg, ...(kid === undefined ? {} : { kid }) };
}

function decodeHeader(segment: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(strictUtf8.decode(Buffer.from(segment, "base64url")));
  } catch {
    value = undefined;
  }
  if (!isObject(value)) throw new JwtError("token_malformed", "The token's header is not a JSON object.");
  return value;
}
