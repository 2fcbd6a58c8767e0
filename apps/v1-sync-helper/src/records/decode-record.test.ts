// SPDX-License-Identifier: MIT
import { ExtData, encode } from "@msgpack/msgpack";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeRecord, maxValueBytes } from "./decode-record.ts";
import type { Json, JsonObject } from "./json.ts";
import { maxDepth } from "./plain.ts";
import { createRecord } from "./v1-record.ts";

const text = new TextEncoder();

function columnsOf(value: Uint8Array): JsonObject {
  const decoded = decodeRecord(value);
  if (!decoded.ok) throw new Error(decoded.reason.message);
  return decoded.record.columns;
}

function json(value: string): JsonObject {
  return columnsOf(text.encode(value));
}

function reasonOf(value: Uint8Array | string) {
  const decoded = decodeRecord(typeof value === "string" ? text.encode(value) : value);
  return decoded.ok ? undefined : decoded.reason;
}

/** Plain objects, so that a comparison does not stumble over missing prototypes. */
function plain(value: Json): unknown {
  return JSON.parse(JSON.stringify(value));
}

const cell = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e15, max: 1e15 }).map((value) => value + 0),
  fc.boolean(),
  fc.constant(null),
);
const row = fc.dictionary(
  fc.string({ minLength: 1 }).filter((name) => name !== "__proto__"),
  fc.oneof(
    cell,
    fc.array(cell),
    fc.dictionary(
      fc.string().filter((name) => name !== "__proto__"),
      cell,
    ),
  ),
);

describe("a record in either encoding", () => {
  test("JSON comes back as it was written", ({ expect }) => {
    fc.assert(
      fc.property(row, (columns) => {
        expect(plain(json(JSON.stringify(columns)))).toEqual(JSON.parse(JSON.stringify(columns)));
      }),
    );
  });

  test("MessagePack comes back as it was written", ({ expect }) => {
    fc.assert(
      fc.property(row, (columns) => {
        expect(plain(columnsOf(encode(columns)))).toEqual(JSON.parse(JSON.stringify(columns)));
      }),
    );
  });

  test("never throws, whatever the bytes", ({ expect }) => {
    const anything = fc.uint8Array({ maxLength: 200 });
    const mapLike = anything.map((bytes) => Uint8Array.of(0xdf, 0, 0, 0, 3, ...bytes));
    const objectLike = anything.map((bytes) => Uint8Array.of(0x7b, ...bytes));
    fc.assert(
      fc.property(fc.oneof(anything, mapLike, objectLike), (bytes) => {
        const decoded = decodeRecord(bytes);
        expect(decoded.ok || decoded.reason.message.endsWith(".")).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });

  test("never throws on a record with some bytes changed", ({ expect }) => {
    const whole = encode(
      { sfid: "a", n: 12n, list: [1, "two", { three: 3 }], at: new Date(0) },
      { useBigInt64: true },
    );
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 255 }), (at, byte) => {
        const broken = Uint8Array.from(whole);
        broken[at] = byte;
        expect(decodeRecord(broken)).toHaveProperty("ok");
      }),
      { numRuns: 3000 },
    );
  });
});

describe("values that are no record", () => {
  test.for([
    ["a JSON list", "[1]", /a JSON list/],
    ["a JSON text", '"x"', /a JSON text/],
    ["a number", " 12", /a number/],
    ["a negative number", "-12", /a number/],
    ["null", "null", /JSON value null/],
    ["true", "true", /JSON value true/],
    ["white space", " \n", /white space/],
    ["plain text", "hello", /the byte 0x68/],
    ["a MessagePack list", encode([1]), /a MessagePack list/],
    ["gzip", Uint8Array.of(0x1f, 0x8b, 8), /the byte 0x1f/],
    ["JSON that is cut short", '{"sfid":"a0', /begins like a JSON object and is none/],
    ["JSON with something behind it", '{"a":1} x', /is none \(at character 8\)/],
    ["JSON that is not UTF-8", Uint8Array.of(0x7b, 0x22, 0xff, 0x22), /not UTF-8/],
    ["MessagePack that is cut short", encode({ name: "Example" }).slice(0, -1), /cut short/],
    ["MessagePack with something behind it", Uint8Array.of(0x80, 0xc0), /after its end/],
    ["MessagePack with a byte of no meaning", Uint8Array.of(0x81, 0xa1, 0x61, 0xc1), /0xc1/],
    ["a map that promises a billion entries", Uint8Array.of(0xdf, 0x40, 0, 0, 0, 0xa0), /cut short/],
    [
      "a list that promises a billion items",
      Uint8Array.of(0x81, 0xa1, 0x61, 0xdd, 0x40, 0, 0, 0),
      /cut short/,
    ],
    ["a map with a map as a key", Uint8Array.of(0x81, 0x80, 0xc0), /key is a map/],
    [
      "a map with the key __proto__",
      Uint8Array.of(0x81, 0xa9, ...text.encode("__proto__"), 0x80),
      /__proto__/,
    ],
  ] as const)("%s is malformed", ([, value, message], { expect }) => {
    expect(reasonOf(value)).toEqual({ code: "malformed_value", message: expect.stringMatching(message) });
  });

  test("no bytes at all are a reason of their own", ({ expect }) => {
    expect(reasonOf(new Uint8Array())?.code).toBe("empty_value");
  });

  test("quotes nothing of the value, which may hold personal data", ({ expect }) => {
    expect(reasonOf('{"email":"jane@example.org",}')?.message).not.toMatch(/jane|example/);
    expect(reasonOf('{"email":jane@example.org}')?.message).not.toMatch(/jane|example/);
  });

  test("more bytes than the bucket takes are not read", ({ expect }) => {
    const value = new Uint8Array(maxValueBytes + 1).fill(0x20);
    value[0] = 0x7b;
    expect(reasonOf(value)?.message).toMatch(/has 10485761 bytes/);
  });

  test.for([maxDepth, 100_000, 3_000_000])("JSON nested %d levels deep is refused", (depth, { expect }) => {
    expect(reasonOf(`{"a":${"[".repeat(depth)}${"]".repeat(depth)}}`)?.message).toMatch(/deeper than 64/);
  });

  test("JSON of big numbers is not searched for them when it is too deep", ({ expect }) => {
    const deep = `{"n":12345678901234567890,"a":${"[".repeat(200_000)}${"]".repeat(200_000)}}`;
    expect(reasonOf(deep)?.message).toMatch(/deeper than 64/);
  });

  test.for([maxDepth, 3_000_000])("MessagePack nested %d levels deep is refused", (depth, { expect }) => {
    const lists = new Uint8Array(depth).fill(0x91);
    expect(reasonOf(Uint8Array.of(0x81, 0xa1, 0x61, ...lists.slice(0, 0)))?.message).toMatch(/cut short/);
    const value = new Uint8Array(3 + depth + 1);
    value.set([0x81, 0xa1, 0x61]);
    value.set(lists, 3);
    expect(reasonOf(value)?.message).toMatch(/deeper than 64/);
  });

  test("a depth that rows of v1 have is taken", ({ expect }) => {
    const nested = `${"[".repeat(maxDepth - 1)}1${"]".repeat(maxDepth - 1)}`;
    expect(Object.keys(json(`{"a":${nested}}`))).toEqual(["a"]);
  });
});

describe("numbers", () => {
  test.for([
    ["9007199254740991", 9007199254740991],
    ["-9007199254740991", -9007199254740991],
    ["9007199254740993", "9007199254740993"],
    ["-9223372036854775808", "-9223372036854775808"],
    ["18446744073709551615", "18446744073709551615"],
    ["0.1", 0.1],
    ["1.50", 1.5],
    ["100.000000000000000000", 100],
    ["0.00000000000000000", 0],
    ["3.141592653589793238462643", "3.141592653589793238462643"],
    ["12345678.123456789123", "12345678.123456789123"],
    ["1e400", "1e400"],
    ["1e-400", "1e-400"],
    ["1E300", "1E300"],
  ] as const)("%s in JSON is not rounded", ([source, value], { expect }) => {
    expect(json(`{"n":${source},"list":[${source}]}`)).toEqual({ n: value, list: [value] });
  });

  test("digits in text stay text", ({ expect }) => {
    expect(json('{"id":"12345678901234567890","n":1}')).toEqual({ id: "12345678901234567890", n: 1 });
  });

  test.for([
    [2n ** 53n - 1n, 9007199254740991],
    [2n ** 63n - 1n, "9223372036854775807"],
    [-(2n ** 63n), "-9223372036854775808"],
    [2n ** 64n - 1n, "18446744073709551615"],
    [7n, 7],
  ] as const)("the integer %s of MessagePack is kept exactly", ([value, expected], { expect }) => {
    expect(columnsOf(encode({ n: value }, { useBigInt64: true }))).toEqual({ n: expected });
  });

  test("what JSON has no number for becomes text", ({ expect }) => {
    const value = encode({ a: Number.NaN, b: Number.POSITIVE_INFINITY });
    expect(columnsOf(value)).toEqual({ a: "NaN", b: "Infinity" });
  });
});

describe("what JSON has no type for", () => {
  test.for([
    [new Date("2024-05-01T12:34:56Z"), "2024-05-01T12:34:56Z"],
    [new Date("2024-05-01T12:34:56.789Z"), "2024-05-01T12:34:56.789Z"],
    [new Date("1969-12-31T23:59:59.500Z"), "1969-12-31T23:59:59.500Z"],
    [new Date("2600-01-01T00:00:00Z"), "2600-01-01T00:00:00Z"],
  ] as const)("a timestamp becomes ISO text: %s", ([value, expected], { expect }) => {
    expect(columnsOf(encode({ at: value }))).toEqual({ at: expected });
  });

  test("a timestamp keeps its nanoseconds", ({ expect }) => {
    const value = Uint8Array.of(0x81, 0xa1, 0x74, 0xc7, 12, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0);
    expect(columnsOf(value)).toEqual({ t: "1970-01-01T00:00:00.000000001Z" });
  });

  test("a timestamp beyond every calendar is given in seconds", ({ expect }) => {
    const value = Uint8Array.of(0x81, 0xa1, 0x74, 0xc7, 12, 0xff, 0, 0, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0);
    expect(columnsOf(value)).toEqual({ t: expect.stringMatching(/^18014398509481984\.000000000$/) });
  });

  test("a timestamp of a wrong size is malformed", ({ expect }) => {
    expect(reasonOf(Uint8Array.of(0x81, 0xa1, 0x74, 0xd4, 0xff, 0))?.message).toMatch(/timestamp/);
  });

  test("bytes become base64, unknown extensions say what they are", ({ expect }) => {
    const value = encode({ b: Uint8Array.of(1, 2, 3), e: new ExtData(7, Uint8Array.of(255)) });
    expect(columnsOf(value)).toEqual({ b: "AQID", e: "extension 7: /w==" });
  });

  test("keys that are no text become text", ({ expect }) => {
    const value = Uint8Array.of(0x84, 0x01, 0x01, 0xc0, 0x02, 0xc3, 0x03, 0xc4, 0x01, 0xff, 0x04);
    expect(columnsOf(value)).toEqual({ 1: 1, null: 2, true: 3, "/w==": 4 });
  });

  test("half a surrogate pair becomes what the services make of it", ({ expect }) => {
    expect(json('{"name":"a\\ud800b"}')).toEqual({ name: "a\ufffdb" });
  });
});

test("names of JavaScript's own are columns and nothing else", ({ expect }) => {
  const columns = json('{"__proto__":{"isdeleted":true},"constructor":"c","nested":{"__proto__":{"x":1}}}');
  expect(Object.keys(columns)).toEqual(["__proto__", "constructor", "nested"]);
  expect(columns["constructor"]).toBe("c");
  expect(columns["isdeleted"]).toBeUndefined();
  expect(Object.keys(columns["nested"] ?? {})).toEqual(["__proto__"]);
  expect(json("{}")["constructor"]).toBeUndefined();
  expect(json("{}")["toString"]).toBeUndefined();
});

test("a byte order mark and white space before the object are passed over", () => {
  expect(columnsOf(Uint8Array.of(0xef, 0xbb, 0xbf, 0x20, 0x7b, 0x7d))).toEqual({});
});

describe("what is read of a record", () => {
  function record(columns: string) {
    const decoded = decodeRecord(text.encode(columns));
    if (!decoded.ok) throw new Error(decoded.reason.message);
    return decoded.record;
  }

  test.for([
    ['{"_sdc_deleted_at":"2025-12-01T10:05:00Z"}', true],
    ['{"_sdc_deleted_at":null}', false],
    ['{"_sdc_deleted_at":""}', false],
    ['{"isdeleted":true}', true],
    ['{"isdeleted":false}', false],
    ['{"isdeleted":null}', false],
    ['{"isdeleted":"true"}', false],
    ["{}", false],
  ] as const)("%s: deleted is %s", ([columns, isDeleted], { expect }) => {
    expect(record(columns).isDeleted).toBe(isDeleted);
  });

  test.for([
    ['{"lastmodifiedbyid":" svc1@clients "}', "svc1@clients"],
    ['{"lastmodifiedbyid":"  "}', undefined],
    ['{"lastmodifiedbyid":12}', undefined],
    ["{}", undefined],
  ] as const)("%s: last modified by %s", ([columns, lastModifiedBy], { expect }) => {
    expect(record(columns).lastModifiedBy).toBe(lastModifiedBy);
  });

  test("the first column that is there is read, null included", ({ expect }) => {
    const { read } = record('{"b":null,"c":1}');
    expect(read(["a", "b", "c"])).toEqual({ column: "b", value: null });
    expect(read(["constructor", "__proto__"])).toBeUndefined();
  });

  test("what JavaScript gives every object is no column", ({ expect }) => {
    expect(createRecord({ name: "Example" }).read(["constructor", "toString", "name"])).toEqual({
      column: "name",
      value: "Example",
    });
  });
});
