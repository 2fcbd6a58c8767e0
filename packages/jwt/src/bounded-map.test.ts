// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { test } from "vitest";
import { BoundedMap } from "./bounded-map.ts";

test("keeps the entries used last and never more than it may", ({ expect }) => {
  const operation = fc.record({ isSet: fc.boolean(), key: fc.integer({ min: 0, max: 9 }) });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), fc.array(operation), (maxEntries, operations) => {
      const map = new BoundedMap<number, number>(maxEntries);
      const model = new Map<number, number>();
      for (const [index, { isSet, key }] of operations.entries()) {
        if (isSet) {
          map.set(key, index);
          model.set(key, index);
        } else if (map.get(key) !== undefined) {
          expect(map.get(key)).toBe(model.get(key));
        }
        expect(map.size).toBeLessThanOrEqual(maxEntries);
        expect(map.size).toBe(Math.min(model.size, maxEntries));
      }
    }),
  );
});

test("drops the entry used longest ago, where a read is a use", ({ expect }) => {
  const map = new BoundedMap<string, number>(2);
  map.set("a", 1);
  map.set("b", 2);
  expect(map.get("a")).toBe(1);
  map.set("c", 3);
  expect([map.get("a"), map.get("b"), map.get("c")]).toEqual([1, undefined, 3]);
});
