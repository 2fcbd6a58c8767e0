// SPDX-License-Identifier: Apache-2.0
import { seededRandom } from "@repo/testkit";

/** Numbers that look random and are the same for the same seed. */
export interface Random {
  /** 0 up to and without 1. */
  next(): number;
  /** A whole number, both ends inclusive. */
  int(min: number, max: number): number;
  pick<T>(items: readonly T[]): T;
  chance(probability: number): boolean;
}

export function createRandom(seed: number): Random {
  const next = seededRandom(seed);
  const int = (min: number, max: number): number => min + Math.floor(next() * (max - min + 1));
  return {
    next,
    int,
    pick<T>(items: readonly T[]): T {
      const item = items[int(0, items.length - 1)];
      if (item === undefined) throw new TypeError("There is nothing to pick from.");
      return item;
    },
    chance: (probability) => next() < probability,
  };
}
