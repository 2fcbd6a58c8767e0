// SPDX-License-Identifier: MIT
import fc from "fast-check";
import { test } from "vitest";
import type { Json } from "../records/json.ts";
import { digestOf, formatSent, parseSent } from "./sent-digest.ts";

test("what is remembered of a field is told apart by its value, and by nothing else", ({ expect }) => {
  const values: (Json | undefined)[] = [
    undefined,
    null,
    "",
    "a",
    "b",
    true,
    false,
    0,
    [],
    ["a"],
    {},
    { a: 1 },
  ];
  expect(new Set(values.map(digestOf)).size).toBe(values.length);
  expect(digestOf({ a: 1, b: { c: 2, d: 3 } })).toBe(digestOf({ b: { d: 3, c: 2 }, a: 1 }));
  expect(digestOf("jdoe")).toMatch(/^[\w-]{10}$/);
});

test("fields that were not sent this time keep what is remembered of them", ({ expect }) => {
  const first = formatSent(
    new Map(),
    new Map<string, Json>([
      ["type", "Board"],
      ["is_audit", true],
    ]),
  );
  const second = formatSent(parseSent(first), new Map([["is_audit", false]]));
  expect(parseSent(second)).toEqual(
    new Map([
      ["is_audit", digestOf(false)],
      ["type", digestOf("Board")],
    ]),
  );
  expect(formatSent(parseSent(second), new Map())).toBe(second);
});

test("whatever stands in its place counts as not sent", ({ expect }) => {
  for (const text of [undefined, "", "v1:abcdef", ";;=;x", "=x"]) expect(parseSent(text).size).toBe(0);
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(parseSent(text)).toBeInstanceOf(Map);
    }),
  );
});
