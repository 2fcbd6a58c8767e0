// SPDX-License-Identifier: Apache-2.0
import { test } from "vitest";
import { seededRandom } from "./seeded-random.ts";

function take(count: number, seed: number): readonly number[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, random);
}

test("a seed gives the same numbers each time, and another seed others", ({ expect }) => {
  expect(take(5, 7)).toEqual(take(5, 7));
  expect(take(5, 7)).not.toEqual(take(5, 8));
});

test("the numbers are spread evenly over 0 to 1", ({ expect }) => {
  const tenths = Map.groupBy(take(10_000, 1), (number) => Math.floor(number * 10));
  expect(tenths.size).toBe(10);
  for (const { length } of tenths.values()) expect(Math.abs(length - 1000)).toBeLessThan(150);
});
