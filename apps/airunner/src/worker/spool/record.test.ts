// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { test } from "vitest";
import {
  decodeRecord,
  encodeAcknowledged,
  encodeEvent,
  encodeHeader,
  encodeResult,
  type SpoolRecord,
} from "./record.ts";

const sequence = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const payload = fc.uint8Array({ maxLength: 300 });
const record: fc.Arbitrary<SpoolRecord> = fc.oneof(
  fc.record({ kind: fc.constant("event" as const), endSequence: sequence, bytes: payload }),
  fc.record({ kind: fc.constant("acknowledged" as const), sequence }),
  fc.record({ kind: fc.constant("result" as const), bytes: payload }),
  fc.record({ kind: fc.constant("header" as const), json: fc.string() }),
);

function encode(one: SpoolRecord): Buffer {
  switch (one.kind) {
    case "event":
      return encodeEvent(one.endSequence, one.bytes);
    case "acknowledged":
      return encodeAcknowledged(one.sequence);
    case "result":
      return encodeResult(one.bytes);
    case "header":
      return encodeHeader(one.json);
  }
}

/** Bytes compare as arrays, whatever view they are. */
function plain(one: SpoolRecord): unknown {
  return "bytes" in one ? { ...one, bytes: [...one.bytes] } : one;
}

function decodeAll(bytes: Buffer): SpoolRecord[] {
  const found: SpoolRecord[] = [];
  for (let at = 0; ; ) {
    const next = decodeRecord(bytes, at);
    if (next === undefined) return found;
    found.push(next.record);
    at += next.size;
  }
}

test("reads what was written, and of a torn tail every whole record before it", ({ expect }) => {
  fc.assert(
    fc.property(fc.array(record, { maxLength: 8 }), fc.nat(), (records, cut) => {
      const parts = records.map(encode);
      const bytes = Buffer.concat(parts);
      expect(decodeAll(bytes).map(plain)).toEqual(records.map(plain));
      const kept = cut % (bytes.length + 1);
      let whole = 0;
      for (let at = 0; whole < parts.length && at + (parts[whole]?.length ?? 0) <= kept; whole += 1) {
        at += parts[whole]?.length ?? 0;
      }
      expect(decodeAll(bytes.subarray(0, kept))).toHaveLength(whole);
    }),
  );
});

test("a changed bit ends the reading there", ({ expect }) => {
  fc.assert(
    fc.property(record, fc.nat(), (one, where) => {
      const bytes = encode(one);
      // A larger length would only make it look unfinished, which is the same answer.
      const at = where % bytes.length;
      bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << (where % 8)), at);
      expect(decodeRecord(bytes, 0)).toBeUndefined();
    }),
  );
});
