// SPDX-License-Identifier: MIT
import fc from "fast-check";
import { test } from "vitest";
import { DueHeap, type DueItem } from "./due-heap.ts";

const item = fc.record({
  key: fc.constantFrom("a", "b", "c", "d", "e"),
  version: fc.integer({ min: 1, max: 3 }),
  dueMs: fc.integer({ min: 0, max: 20 }),
});

function popAll(heap: DueHeap): DueItem[] {
  const items: DueItem[] = [];
  for (let next = heap.pop(); next !== undefined; next = heap.pop()) items.push(next);
  return items;
}

test("gives items by their time", ({ expect }) => {
  fc.assert(
    fc.property(fc.array(item, { maxLength: 60 }), (items) => {
      const heap = new DueHeap();
      for (const each of items) heap.push(each);
      expect(heap.size).toBe(items.length);
      const times = items.map(({ dueMs }) => dueMs).toSorted((a, b) => a - b);
      expect(heap.first?.dueMs).toBe(times[0]);
      expect(popAll(heap).map(({ dueMs }) => dueMs)).toEqual(times);
    }),
  );
});

test("pruned, keeps of each key the earliest that is wanted, still by time", ({ expect }) => {
  fc.assert(
    fc.property(fc.array(item, { maxLength: 60 }), fc.array(item, { maxLength: 10 }), (items, later) => {
      const heap = new DueHeap();
      for (const each of items) heap.push(each);
      heap.prune(({ version }) => version === 2);
      const earliest = new Map<string, number>();
      for (const { key, version, dueMs } of items)
        if (version === 2) earliest.set(key, Math.min(dueMs, earliest.get(key) ?? dueMs));
      expect(heap.size).toBe(earliest.size);
      for (const each of later) heap.push(each);
      const times = [...earliest.values(), ...later.map(({ dueMs }) => dueMs)].toSorted((a, b) => a - b);
      expect(popAll(heap).map(({ dueMs }) => dueMs)).toEqual(times);
    }),
  );
});
