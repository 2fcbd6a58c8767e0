// SPDX-License-Identifier: Apache-2.0

/**
 * A generator of numbers from 0 up to, not including, 1: the same ones for the same seed, of which the low 32 bits count.
 *
 * Tommy Ettinger's mulberry32: its 32 bits of state are plenty for tests, and good for nothing secret.
 */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
