// SPDX-License-Identifier: Apache-2.0
import { createLocalJWKSet, errors, type JWTHeaderParameters } from "jose";
import { untilAborted } from "../abort.ts";
import { type Backoff, backoffMs } from "../backoff.ts";
import type { Clock } from "../clock.ts";
import { JwtError } from "../errors.ts";
import { fetchJwks, type Jwks } from "../keys/jwks.ts";
import type { Transport } from "../transport.ts";
import type { Candidates, KeySource } from "./key-source.ts";

export interface RemoteKeySetOptions {
  readonly url: URL;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** After this age the set is read again in the background. */
  readonly maxAgeMs: number;
  /** Up to this age the last good set serves while it cannot be read again. */
  readonly maxStaleMs: number;
  /** How long an unknown `kid` waits until it may cause another read. */
  readonly cooldownMs: number;
  readonly random?: () => number;
}

interface LoadedSet {
  readonly jwks: Jwks;
  readonly lookUp: ReturnType<typeof createLocalJWKSet>;
  readonly loadedAtMs: number;
  readonly version: number;
}

interface Failure {
  readonly error: unknown;
  readonly count: number;
  readonly retryAtMs: number;
}

const FAILURE_BACKOFF: Backoff = { minMs: 1_000, maxMs: 30_000 };

/**
 * Keys from a URL: read when first needed, by one request at a time whoever waits; kept when a later read fails; read
 * again, at most once per cool-down, when a token names a key that is not there.
 */
export function createRemoteKeySet(options: RemoteKeySetOptions): KeySource {
  const { clock, url, transport, timeoutMs, random = Math.random } = options;
  let loaded: LoadedSet | undefined;
  let failure: Failure | undefined;
  let reading: Promise<void> | undefined;

  async function read(): Promise<void> {
    try {
      // No caller's signal: one that gives up must not take the answer from the others.
      const jwks = await fetchJwks({ url, transport, timeoutMs, signal: undefined });
      const lookUp = createLocalJWKSet({ keys: [...jwks.keys] });
      const isSame = loaded !== undefined && JSON.stringify(jwks) === JSON.stringify(loaded.jwks);
      const version = (loaded?.version ?? 0) + (isSame ? 0 : 1);
      loaded = { jwks, lookUp, loadedAtMs: clock.monotonicMs(), version };
      failure = undefined;
    } catch (error) {
      const count = (failure?.count ?? 0) + 1;
      failure = { error, count, retryAtMs: clock.monotonicMs() + backoffMs(FAILURE_BACKOFF, count, random) };
      throw error;
    } finally {
      reading = undefined;
    }
  }

  /** Joins the read under way, or starts one; while a failure is recent, fails as that did. */
  function refresh(): Promise<void> {
    if (reading !== undefined) return reading;
    if (failure !== undefined && clock.monotonicMs() < failure.retryAtMs)
      return Promise.reject(failure.error);
    reading = read();
    return reading;
  }

  function refreshIfOld(): void {
    const isOld = loaded !== undefined && clock.monotonicMs() - loaded.loadedAtMs >= options.maxAgeMs;
    // A failure is kept in `failure`, and told to those who need the set.
    if (isOld) refresh().catch(() => undefined);
  }

  async function current(signal: AbortSignal | undefined): Promise<LoadedSet> {
    const isUsable = loaded !== undefined && clock.monotonicMs() - loaded.loadedAtMs < options.maxStaleMs;
    if (!isUsable) await untilAborted(refresh(), signal, "a key set");
    if (loaded === undefined) throw new TypeError("A key set was read without result.");
    return loaded;
  }

  return {
    async candidates(header, signal) {
      const set = await current(signal);
      refreshIfOld();
      const found = await matchingKeys(set, header);
      const isCoolingDown = clock.monotonicMs() - set.loadedAtMs < options.cooldownMs;
      if (found.keys.length > 0 || isCoolingDown) return found;
      await untilAborted(refresh(), signal, "a key set");
      return matchingKeys(await current(signal), header);
    },
    refreshIfOld,
    get version() {
      if (loaded === undefined) return 0;
      // No set has this number: what was verified by keys that are too old to be trusted must not be reused.
      return clock.monotonicMs() - loaded.loadedAtMs >= options.maxStaleMs ? -1 : loaded.version;
    },
  };
}

async function matchingKeys(set: LoadedSet, header: JWTHeaderParameters): Promise<Candidates> {
  const { version } = set;
  try {
    return { keys: [await set.lookUp(header)], version };
  } catch (error) {
    if (error instanceof errors.JWKSNoMatchingKey) return { keys: [], version };
    if (error instanceof errors.JWKSMultipleMatchingKeys) {
      return { keys: await Array.fromAsync(error), version };
    }
    throw new JwtError(
      "jwks_unavailable",
      "The key set's entry for this token does not hold a usable public key.",
      {
        cause: error,
      },
    );
  }
}
