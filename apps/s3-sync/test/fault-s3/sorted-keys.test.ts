// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, test } from "vitest";
import { compareKeys, SortedKeys } from "./sorted-keys.ts";

const key = fc.oneof(
  fc.string({ unit: "binary", minLength: 1, maxLength: 4 }),
  fc.constantFrom("\uFFFDz", "😀", "😀a", "\uE000", "\uD7FF", "a/", "a/b", "a0"),
);

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function keysFrom(keys: SortedKeys, start: string): string[] {
  const found: string[] = [];
  keys.scan(start, (key) => {
    found.push(key);
    return true;
  });
  return found;
}

describe("keys", () => {
  test("compare by their UTF-8 bytes", ({ expect }) => {
    fc.assert(
      fc.property(key, key, (a, b) => {
        expect(Math.sign(compareKeys(a, b))).toBe(Math.sign(byBytes(a, b)));
      }),
    );
  });

  test("are kept in that order whatever is added and deleted", ({ expect }) => {
    const steps = fc.array(fc.tuple(fc.boolean(), key), { maxLength: 200 });
    fc.assert(
      fc.property(steps, key, (steps, start) => {
        const keys = new SortedKeys();
        const model = new Set<string>();
        for (const [isAdded, name] of steps) {
          if (isAdded) keys.add(name);
          else keys.delete(name);
          if (isAdded) model.add(name);
          else model.delete(name);
        }
        const sorted = [...model].sort(byBytes);
        expect(keysFrom(keys, "")).toEqual(sorted);
        expect(keysFrom(keys, start)).toEqual(sorted.filter((name) => byBytes(name, start) >= 0));
      }),
    );
  });

  test("stay in order over many chunks", ({ expect }) => {
    const keys = new SortedKeys();
    // 7919 is prime, so that every number below 10,000 comes once, far from in order.
    const names = Array.from({ length: 10_000 }, (_, index) =>
      String((index * 7919) % 10_000).padStart(5, "0"),
    );
    for (const name of names) keys.add(name);
    expect(keysFrom(keys, "")).toEqual([...names].sort());
    for (const name of names.filter((_, index) => index % 3 > 0)) keys.delete(name);
    expect(keysFrom(keys, "05000")).toEqual(
      names.filter((name, index) => index % 3 === 0 && name >= "05000").sort(),
    );
  });
});
