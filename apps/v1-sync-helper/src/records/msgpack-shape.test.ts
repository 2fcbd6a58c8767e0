// SPDX-License-Identifier: MIT
import { encode } from "@msgpack/msgpack";
import fc from "fast-check";
import { test } from "vitest";
import { checkMessagePack } from "./msgpack-shape.ts";
import { maxDepth } from "./plain.ts";

test("depth is refused here already, for the decoder keeps a frame for every level", ({ expect }) => {
  const nested = (depth: number) => Uint8Array.of(...new Uint8Array(depth).fill(0x91), 0xc0);
  expect(() => checkMessagePack(nested(maxDepth))).not.toThrow();
  expect(() => checkMessagePack(nested(maxDepth + 1))).toThrow(/deeper than 64/);
});

test("the end of a value is found wherever it is", ({ expect }) => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
      const bytes = encode(value);
      expect(() => checkMessagePack(bytes)).not.toThrow();
      expect(() => checkMessagePack(bytes.subarray(0, -1))).toThrow(/cut short/);
      expect(() => checkMessagePack(Uint8Array.of(...bytes, 0xc0))).toThrow(/after its end/);
    }),
  );
});

test.for([0xc4, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9, 0xd9, 0xda, 0xdb])(
  "a length after 0x%x that the bytes do not bear out is refused",
  (head, { expect }) => {
    expect(() => checkMessagePack(Uint8Array.of(head, 0xff, 0xff, 0xff, 0xff, 0))).toThrow(/cut short/);
    expect(() => checkMessagePack(Uint8Array.of(head))).toThrow(/cut short/);
  },
);
