// SPDX-License-Identifier: Apache-2.0

export interface Backoff {
  /** Milliseconds after the first failure. */
  readonly minMs: number;
  /** Milliseconds that no wait exceeds. */
  readonly maxMs: number;
}

/**
 * How long to leave a server alone after `failures` failures in a row: doubling, between half and the whole of it, so
 * that the replicas of a program do not return together.
 *
 * @param random 0 to 1, exclusive
 */
export function backoffMs({ minMs, maxMs }: Backoff, failures: number, random: () => number): number {
  const ceiling = Math.min(maxMs, minMs * 2 ** Math.min(failures - 1, 30));
  return ceiling * (0.5 + random() / 2);
}
