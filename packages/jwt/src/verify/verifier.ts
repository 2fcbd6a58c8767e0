// SPDX-License-Identifier: Apache-2.0
import { hash } from "node:crypto";
import { errors, type JWTVerifyOptions, jwtVerify } from "jose";
import { BoundedMap } from "../bounded-map.ts";
import { numberOption, textOption } from "../checks.ts";
import { type Clock, epochSeconds, systemClock } from "../clock.ts";
import { JwtError } from "../errors.ts";
import { isVerifyingAlgorithm, type VerifyingAlgorithm } from "../keys/algorithms.ts";
import { fetchTransport, type Transport } from "../transport.ts";
import { isWithinTimes, toJwtError, toVerifiedClaims, type VerifiedClaims } from "./claims.ts";
import { type Candidates, createFixedKeySet, type KeySource } from "./key-source.ts";
import { createRemoteKeySet } from "./remote-key-set.ts";
import { parseHeader } from "./token-parts.ts";

/** A key set to read from a URL. All times in milliseconds. */
export interface JwksOptions {
  readonly jwksUrl: URL;
  /** Default: the built-in `fetch`. */
  readonly transport?: Transport;
  /** For one read; default 10 000. */
  readonly timeoutMs?: number;
  /** Age after which the set is read again beside the requests; default 300 000. */
  readonly maxAgeMs?: number;
  /** Age up to which the last good set serves while it cannot be read; default 86 400 000, at least `maxAgeMs`. */
  readonly maxStaleMs?: number;
  /** Least time between reads that unknown key ids cause; default 30 000. */
  readonly cooldownMs?: number;
}

export interface VerifierOptions {
  /** Public keys or certificates as PEM (each text may hold several keys), or a key set's URL. */
  readonly keys: readonly string[] | JwksOptions;
  /** The algorithms allowed; a token's own header never widens them. */
  readonly algorithms: readonly VerifyingAlgorithm[];
  /** Accepted `iss`; when given, the claim is required. */
  readonly issuer?: string | readonly string[];
  /** Accepted `aud`, one of which the token must name; when given, the claim is required. */
  readonly audience?: string | readonly string[];
  /** Seconds by which clocks may differ, for `exp` and `nbf`; default 5, 0 to 300. */
  readonly clockToleranceSeconds?: number;
  /** Bytes of the longest token looked at; default 8 192. */
  readonly maxTokenBytes?: number;
  /** Verified tokens remembered, by SHA-256; default 10 000, 0 for none. */
  readonly maxCached?: number;
  /** How messages name the PEM keys: the variable they came from. Default "The public key". */
  readonly subject?: string;
  readonly clock?: Clock;
}

/** What a token proved. Frozen: all callers that show the same token share it. */
export interface VerifiedJwt {
  readonly claims: VerifiedClaims;
  readonly header: { readonly alg: string; readonly kid?: string };
}

export interface JwtVerifier {
  /**
   * Checks signature, times, issuer and audience of a compact token. A token verified before costs a hash and a look
   * into a map, until it expires or the keys change.
   *
   * @throws {JwtError} `jwks_unavailable` and `key_unusable` are our trouble, `aborted` the caller's wish; all other
   *   codes say what is wrong with the token
   */
  verify(token: string, options?: { readonly signal?: AbortSignal }): Promise<VerifiedJwt>;
}

interface CachedToken {
  readonly result: Promise<VerifiedJwt>;
  readonly claims: VerifiedClaims;
  readonly version: number;
}

/**
 * Verifies tokens by fixed keys or by a key set's URL (read at the first token, not here).
 *
 * @throws {JwtError} `key_unusable` when a PEM is not a public key of an allowed algorithm
 * @throws {TypeError} when an option is out of its range
 */
export function createVerifier(options: VerifierOptions): JwtVerifier {
  const { clock = systemClock } = options;
  const algorithms = resolveAlgorithms(options.algorithms);
  const keys = resolveKeys(options, clock);
  const range = { min: 0, max: 10_000_000 };
  const maxCached = numberOption("maxCached", options.maxCached, 10_000, range);
  const maxTokenBytes = numberOption("maxTokenBytes", options.maxTokenBytes, 8_192, range);
  const tolerance = numberOption("clockToleranceSeconds", options.clockToleranceSeconds, 5, {
    min: 0,
    max: 300,
  });
  const checks: JWTVerifyOptions = {
    algorithms: [...algorithms],
    clockTolerance: tolerance,
    ...expectation("issuer", options.issuer),
    ...expectation("audience", options.audience),
  };
  const cache = new BoundedMap<string, CachedToken>(maxCached);

  async function verifyAnew(token: string, cacheKey: string, signal: AbortSignal | undefined) {
    const header = parseHeader(token, { maxTokenBytes, algorithms });
    const { keys: candidates, version } = await keys.candidates(header, signal);
    const claims = await verifyByAny(token, candidates, {
      ...checks,
      currentDate: new Date(clock.epochMs()),
    });
    const verified: VerifiedJwt = Object.freeze({ claims, header: Object.freeze(header) });
    cache.set(cacheKey, { result: Promise.resolve(verified), claims, version });
    return verified;
  }

  return {
    verify(token, { signal } = {}) {
      // Before the hash, whose cost grows with the length; the rest of the checks is the slow path's.
      if (typeof token !== "string" || token.length > maxTokenBytes) return verifyAnew(token, "", signal);
      const cacheKey = hash("sha256", token, "binary");
      const known = cache.get(cacheKey);
      if (known !== undefined) {
        keys.refreshIfOld();
        const isCurrent = known.version === keys.version;
        if (isCurrent && isWithinTimes(known.claims, epochSeconds(clock), tolerance)) return known.result;
        cache.delete(cacheKey);
      }
      return verifyAnew(token, cacheKey, signal);
    },
  };
}

async function verifyByAny(
  token: string,
  candidates: Candidates["keys"],
  checks: JWTVerifyOptions,
): Promise<VerifiedClaims> {
  let failure: unknown;
  for (const key of candidates) {
    try {
      return toVerifiedClaims((await jwtVerify(token, key, checks)).payload);
    } catch (error) {
      if (error instanceof JwtError) throw error;
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw toJwtError(error);
      failure = error;
    }
  }
  if (failure !== undefined) throw toJwtError(failure);
  throw new JwtError("key_unknown", "The token is signed by a key that is not known here.");
}

function resolveAlgorithms(names: readonly VerifyingAlgorithm[]): ReadonlySet<string> {
  if (!Array.isArray(names) || names.length === 0 || !names.every(isVerifyingAlgorithm)) {
    throw new TypeError(
      'algorithms must name at least one asymmetric signature algorithm, such as "ES256"; "none" and HMAC are never allowed.',
    );
  }
  return new Set(names);
}

function resolveKeys(
  { keys, algorithms, subject = "The public key" }: VerifierOptions,
  clock: Clock,
): KeySource {
  if (!("jwksUrl" in keys)) {
    if (keys.length === 0) throw new TypeError("keys must hold at least one public key.");
    return createFixedKeySet(keys, algorithms, subject);
  }
  const range = { min: 0, max: 2_592_000_000 };
  const maxAgeMs = numberOption("maxAgeMs", keys.maxAgeMs, 300_000, range);
  return createRemoteKeySet({
    url: keys.jwksUrl,
    transport: keys.transport ?? fetchTransport,
    clock,
    timeoutMs: numberOption("timeoutMs", keys.timeoutMs, 10_000, { min: 1, max: 300_000 }),
    maxAgeMs,
    maxStaleMs: numberOption("maxStaleMs", keys.maxStaleMs, Math.max(86_400_000, maxAgeMs), {
      ...range,
      min: maxAgeMs,
    }),
    cooldownMs: numberOption("cooldownMs", keys.cooldownMs, 30_000, range),
  });
}

function expectation(name: "issuer" | "audience", value: string | readonly string[] | undefined) {
  if (value === undefined) return {};
  const values = typeof value === "string" ? [value] : [...value];
  if (values.length === 0) throw new TypeError(`${name} must not be empty.`);
  return { [name]: values.map((text) => textOption(name, text)) };
}
