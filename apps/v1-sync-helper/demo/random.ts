// SPDX-License-Identifier: MIT
import { seededRandom } from "@repo/testkit";

/** Chance that comes out the same for the same seed. */
export interface Random {
  /** A whole number from 0 up to, not including, `count`. */
  readonly below: (count: number) => number;
  /** @throws {RangeError} of an empty list */
  readonly pick: <T>(list: readonly T[]) => T;
  readonly shuffle: <T>(list: readonly T[]) => readonly T[];
}

export function createRandom(seed: number): Random {
  const next = seededRandom(seed);
  const below = (count: number): number => Math.floor(next() * count);
  return {
    below,
    pick: <T>(list: readonly T[]): T => {
      for (const item of list.slice(below(list.length))) return item;
      throw new RangeError("There is nothing to pick from.");
    },
    shuffle: (list) => {
      const keyed = list.map((item) => ({ item, at: next() }));
      return keyed.toSorted((a, b) => a.at - b.at).map(({ item }) => item);
    },
  };
}
