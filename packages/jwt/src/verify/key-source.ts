// SPDX-License-Identifier: Apache-2.0
import type { KeyObject } from "node:crypto";
import type { CryptoKey, JWTHeaderParameters } from "jose";
import { isVerifyingAlgorithm, type VerifyingAlgorithm } from "../keys/algorithms.ts";
import { parsePublicKeys } from "../keys/public-key.ts";

/** Keys to try, and the version of the set that they are from. */
export interface Candidates {
  readonly keys: readonly (KeyObject | CryptoKey)[];
  readonly version: number;
}

/** Where a verifier's keys come from. */
export interface KeySource {
  /**
   * The keys that may have signed a token with this header; none when there is no such key.
   *
   * @throws {JwtError} `jwks_unavailable` when that cannot be known now; `aborted`
   */
  candidates(header: JWTHeaderParameters, signal: AbortSignal | undefined): Promise<Candidates>;
  /** Called on every use of a kept verification, which asks for no key. */
  refreshIfOld(): void;
  /** Changes whenever a verification by the former keys may no longer hold. */
  readonly version: number;
}

/** Keys that are given as PEM and never change; each is tried that fits the token's algorithm. */
export function createFixedKeySet(
  texts: readonly string[],
  algorithms: readonly VerifyingAlgorithm[],
  subject: string,
): KeySource {
  const keys = texts.flatMap((text) => parsePublicKeys(text, algorithms, subject));
  return {
    async candidates({ alg }) {
      const fitting = keys.filter((key) => isVerifyingAlgorithm(alg) && key.algorithms.has(alg));
      return { keys: fitting.map(({ key }) => key), version: 0 };
    },
    refreshIfOld: () => undefined,
    version: 0,
  };
}
