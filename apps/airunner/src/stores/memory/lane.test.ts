// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { expect, test } from "vitest";
import { Lane } from "./lane.ts";
import { createListNode, LinkedList, unlink } from "./linked-list.ts";

test("a lane is in the order of positions, whatever leaves it and comes back", () => {
  const step = fc.oneof(
    { weight: 2, arbitrary: fc.constant<"new" | "take">("new") },
    { weight: 2, arbitrary: fc.constant<"new" | "take">("take") },
    { weight: 3, arbitrary: fc.record({ back: fc.nat() }) },
    { weight: 1, arbitrary: fc.record({ drop: fc.nat() }) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60, size: "max" }), (steps) => {
      const lane = new Lane<{ position: number }>();
      const nodes = Array.from({ length: 60 }, (_, position) => createListNode({ position }));
      const inside = new Set<number>();
      const outside: number[] = [];
      let next = 0;
      for (const step of steps) {
        if (step === "new") {
          const node = nodes[next];
          if (node !== undefined) lane.append(node);
          inside.add(next++);
        } else if (step === "take" || "drop" in step) {
          const at = step === "take" ? 0 : step.drop % Math.max(1, inside.size);
          const position = [...inside].toSorted((left, right) => left - right)[at];
          if (position === undefined) continue;
          const node = nodes[position];
          if (node !== undefined) unlink(node);
          inside.delete(position);
          outside.push(position);
        } else {
          const [position] = outside.splice(step.back % Math.max(1, outside.length), 1);
          const node = position === undefined ? undefined : nodes[position];
          if (position === undefined || node === undefined) continue;
          lane.putBack(node);
          inside.add(position);
        }
        expect(lane.first?.position).toBe(inside.size === 0 ? undefined : Math.min(...inside));
      }
      const drained: number[] = [];
      while (lane.first !== undefined) {
        const { position } = lane.first;
        drained.push(position);
        const node = nodes[position];
        if (node !== undefined) unlink(node);
      }
      expect(drained).toEqual([...inside].toSorted((left, right) => left - right));
    }),
    { numRuns: 500 },
  );
});

test("a node is in one list at a time, and leaves only its own", () => {
  const [list, other] = [new LinkedList<number>(), new LinkedList<number>()];
  const node = createListNode(1);
  list.append(node);
  expect(() => other.append(node)).toThrow(TypeError);
  expect(() => other.remove(node)).toThrow(TypeError);
  unlink(node);
  unlink(node);
  expect([list.size, list.first]).toEqual([0, undefined]);
});
