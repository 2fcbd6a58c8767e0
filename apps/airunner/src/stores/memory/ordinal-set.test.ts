// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { expect, test } from "vitest";
import { OrdinalSet, walkOrdinals } from "./ordinal-set.ts";

// Around the ends of words and chunks, and far apart.
const ordinal = fc.oneof(
  fc.nat({ max: 70 }),
  fc.integer({ min: 1_000, max: 1_050 }),
  fc.integer({ min: 2_040, max: 2_060 }),
  fc.constantFrom(2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 32 + 31, 2 ** 40),
);

test("several sets, added to and deleted from, are walked as sorted lists are", () => {
  const change = fc.record({ ordinal, set: fc.nat({ max: 2 }), deletes: fc.boolean() });
  const walk = fc.record({ newestFirst: fc.boolean(), skip: fc.nat({ max: 60 }) });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 80, size: "max" }), walk, (changes, { newestFirst, skip }) => {
      const sets = [new OrdinalSet(), new OrdinalSet(), new OrdinalSet()];
      const naive = [new Set<number>(), new Set<number>(), new Set<number>()];
      for (const { ordinal, set, deletes } of changes) {
        // The sets are disjoint, as classes of jobs are.
        const isElsewhere = naive.some((other, index) => index !== set && other.has(ordinal));
        if (isElsewhere) continue;
        if (deletes) sets[set]?.delete(ordinal);
        else sets[set]?.add(ordinal);
        if (deletes) naive[set]?.delete(ordinal);
        else naive[set]?.add(ordinal);
      }
      const inOrder = (left: number, right: number): number => left - right;
      for (const [index, set] of sets.entries()) {
        const sorted = [...(naive[index] ?? [])].toSorted(inOrder);
        expect([set.size, set.first]).toEqual([sorted.length, sorted[0]]);
      }
      const all = naive.flatMap((set) => Array.from(set)).toSorted(inOrder);
      const expected = (newestFirst ? all.toReversed() : all).slice(skip);
      expect([...walkOrdinals(sets, { newestFirst, skip })]).toEqual(expected);
    }),
    { numRuns: 500 },
  );
});
