// SPDX-License-Identifier: Apache-2.0
import { Code } from "@connectrpc/connect";
import fc from "fast-check";
import { describe, test } from "vitest";
import { EnvelopeReader, mapEnvelopes, toEnvelope } from "./envelope.ts";

const messages = fc.array(fc.record({ data: fc.uint8Array({ maxLength: 40 }), isCompressed: fc.boolean() }), {
  maxLength: 12,
});

function read(reader: EnvelopeReader) {
  const found: { data: number[]; isCompressed: boolean }[] = [];
  for (let one = reader.next(); one !== undefined; one = reader.next()) {
    found.push({ data: [...one.data], isCompressed: one.isCompressed });
  }
  return found;
}

describe("EnvelopeReader", () => {
  test("finds the same messages wherever the bytes are cut", ({ expect }) => {
    fc.assert(
      fc.property(messages, fc.array(fc.nat(60), { maxLength: 30 }), (sent, cuts) => {
        const bytes = Buffer.concat(
          sent.map(({ data, isCompressed }) => toEnvelope(data, isCompressed ? 1 : 0)),
        );
        const reader = new EnvelopeReader(40);
        const found = [];
        let at = 0;
        for (const cut of [...cuts, bytes.length]) {
          reader.push(bytes.subarray(at, at + cut));
          at += cut;
          found.push(...read(reader));
        }
        reader.end();
        expect(found).toEqual(sent.map(({ data, isCompressed }) => ({ data: [...data], isCompressed })));
        expect(reader.waitingBytes).toBe(0);
      }),
    );
  });

  test("tells the end within an envelope, wherever it is", ({ expect }) => {
    const whole = toEnvelope(Buffer.from("message"));
    for (let length = 1; length < whole.byteLength; length++) {
      const reader = new EnvelopeReader(40);
      reader.push(whole.subarray(0, length));
      expect(reader.next()).toBeUndefined();
      expect(reader.waitingBytes).toBe(length);
      expect(() => reader.end()).toThrow(expect.objectContaining({ code: Code.InvalidArgument }));
    }
  });

  test("refuses a length above the limit by its head, and takes the limit", ({ expect }) => {
    const reader = new EnvelopeReader(7);
    reader.push(toEnvelope(Buffer.alloc(7)));
    expect(reader.next()?.data).toHaveLength(7);
    reader.push(toEnvelope(Buffer.alloc(8)).subarray(0, 5));
    expect(() => reader.next()).toThrow(expect.objectContaining({ code: Code.ResourceExhausted }));
  });

  test.for([2, 3, 128, 255])("refuses the flags %i", (flags, { expect }) => {
    const reader = new EnvelopeReader(7);
    reader.push(toEnvelope(Buffer.alloc(1), flags));
    expect(() => reader.next()).toThrow(`The flags ${flags} of an envelope are not known.`);
  });
});

describe("mapEnvelopes", () => {
  test("rewrites every message, and refuses a chunk that ends within one", ({ expect }) => {
    const chunk = Buffer.concat([toEnvelope(Buffer.from("a")), toEnvelope(Buffer.from("bc"))]);
    const doubled = mapEnvelopes(chunk, (data) => Buffer.concat([data, data]));
    expect(Buffer.from(doubled)).toEqual(
      Buffer.concat([toEnvelope(Buffer.from("aa")), toEnvelope(Buffer.from("bcbc"))]),
    );
    expect(() => mapEnvelopes(chunk.subarray(0, 9), (data) => data)).toThrow(TypeError);
  });
});
