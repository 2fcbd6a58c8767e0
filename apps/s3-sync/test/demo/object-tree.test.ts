// SPDX-License-Identifier: Apache-2.0
import { createHash } from "node:crypto";
import { test } from "vitest";
import { bodyOf, PART_BYTES, planTree, rewritten } from "../support/object-tree.ts";

test("one seed makes one tree, another seed another, and no name comes twice", ({ expect }) => {
  const options = { seed: 7, count: 3_000, large: 6 };
  const tree = planTree(options);
  expect(planTree(options)).toEqual(tree);
  expect(planTree({ ...options, seed: 8 })).not.toEqual(tree);
  expect(new Set(tree.map(({ key }) => key)).size).toBe(3_006);
  expect(tree.filter(({ sizeBytes }) => sizeBytes > PART_BYTES)).toHaveLength(6);
});

test("a rewritten object has other bytes, of the same size unless told otherwise, and a later date", ({
  expect,
}) => {
  const [object] = planTree({ seed: 7, count: 1 });
  if (object === undefined) throw new Error("the tree is empty");
  const later = rewritten(object);
  const sha = (of: typeof object): string => createHash("sha256").update(bodyOf(of)).digest("hex");
  expect(bodyOf(later)).toHaveLength(object.sizeBytes);
  expect(sha(later)).not.toBe(sha(object));
  expect(sha(object)).toBe(sha({ ...object }));
  expect(later.modifiedMs).toBeGreaterThan(object.modifiedMs);
  expect(rewritten(object, 37).sizeBytes).toBe(object.sizeBytes + 37);
});
