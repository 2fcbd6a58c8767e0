// SPDX-License-Identifier: Apache-2.0
import { BinaryWriter } from "@bufbuild/protobuf/wire";
import fc from "fast-check";
import { test } from "vitest";
import { VarintReader, varintLength, writeVarint } from "./varint.ts";

test("writes varints as the protobuf library does and reads them back", ({ expect }) => {
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.nat(8), (value, at) => {
      const bytes = new Uint8Array(at + varintLength(value));
      expect(writeVarint(bytes, at, value)).toBe(bytes.length);
      expect([...bytes.subarray(at)]).toEqual([...new BinaryWriter().uint64(value).finish()]);
      const reader = new VarintReader(bytes, at);
      expect(reader.next()).toBe(value);
      expect(reader.position).toBe(bytes.length);
    }),
  );
});

test("never reads past the end of its part", ({ expect }) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 24 }), fc.nat(24), fc.nat(24), (bytes, a, b) => {
      const start = Math.min(a, bytes.length);
      const end = Math.max(start, Math.min(b, bytes.length));
      const whole = new VarintReader(bytes, start, end);
      const alone = new VarintReader(bytes.slice(start, end));
      expect(whole.next()).toBe(alone.next());
      expect(whole.position - start).toBe(alone.position);
      expect(whole.position).toBeLessThanOrEqual(end);
    }),
  );
});

test.for([
  ["nothing", []],
  ["a varint that is cut off", [0x80, 0x80]],
  ["2^53", [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10]],
  ["a negative number", [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]],
  ["a varint without end", Array.from({ length: 40 }, () => 0x80)],
] as const)("does not read %s", ([, bytes], { expect }) => {
  expect(new VarintReader(Uint8Array.from(bytes)).next()).toBe(-1);
});

test.for([
  ["a length that leaves the part", [0x03, 1, 2], -1],
  ["a length up to the end", [0x02, 1, 2], 3],
  ["no length", [0x80], -1],
] as const)("reads %s", ([, bytes, end], { expect }) => {
  expect(new VarintReader(Uint8Array.from(bytes)).nextEnd()).toBe(end);
});
