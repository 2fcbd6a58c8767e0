// SPDX-License-Identifier: MIT
import * as fc from "fast-check";
import { test } from "vitest";
import { personAttributes } from "../people.ts";
import { ageOf, decodeAnswer, encodeAnswer, readAttributes } from "./answer.ts";

const fetchedAtMs = Date.UTC(2026, 10, 21, 10, 0, 0, 123);
const known = { Username: "jdoe", Email: "j@example.org", FirstName: "J", LastName: "Doe" };

test("writes the original's form", ({ expect }) => {
  expect(encodeAnswer(personAttributes, "0034", { attributes: known, fetchedAtMs })).toBe(
    '{"ID":"0034","Username":"jdoe","Email":"j@example.org","FirstName":"J","LastName":"Doe","_last_fetched":"2026-11-21T10:00:00.123Z"}',
  );
  expect(encodeAnswer(personAttributes, "0034", { attributes: undefined, fetchedAtMs })).toBe(
    '{"ID":"0034","Username":"","Email":"","FirstName":"","LastName":"","_last_fetched":"2026-11-21T10:00:00.123Z"}',
  );
});

test("reads what the original wrote", ({ expect }) => {
  const written =
    '{"ID":"0034","Username":"jdoe","Email":"j@example.org","FirstName":"J","LastName":"Doe","_last_fetched":"2026-11-21T10:00:00.123456789Z"}';
  expect(decodeAnswer(personAttributes, Buffer.from(written))).toEqual({ attributes: known, fetchedAtMs });
});

test("gives back what it wrote", ({ expect }) => {
  const text = fc.string({ unit: "grapheme" }).map((each) => each.trim());
  const attributes = fc.record({
    Username: text.filter((each) => each !== ""),
    Email: text,
    FirstName: text,
    LastName: text,
  });
  fc.assert(
    fc.property(fc.option(attributes, { nil: undefined }), fc.string(), (given, id) => {
      const answer = { attributes: given, fetchedAtMs };
      const encoded = Buffer.from(encodeAnswer(personAttributes, id, answer));
      expect(decodeAnswer(personAttributes, encoded)).toEqual(answer);
    }),
  );
});

test.for([
  ["no bytes", ""],
  ["no JSON", "{"],
  ["no object", "[]"],
  ["no time", '{"Username":"jdoe"}'],
  ["a time that is none", '{"Username":"jdoe","_last_fetched":"yesterday"}'],
  ["a time that is a number", '{"Username":"jdoe","_last_fetched":1700000000}'],
] as const)("an entry with %s counts as none", ([, value], { expect }) => {
  expect(decodeAnswer(personAttributes, Buffer.from(value))).toBeUndefined();
});

test.for([
  ["an empty username", { Username: "", Email: "j@example.org" }],
  ["a blank username", { Username: "  " }],
  ["no username", { Email: "j@example.org" }],
  ["a username that is no text", { Username: 7 }],
  ["a username without end", { Username: "x".repeat(1_025) }],
] as const)("%s is as good as unknown", ([, body], { expect }) => {
  expect(readAttributes(personAttributes, body)).toBeUndefined();
});

test.for([
  ["an answer of now", 0, 0],
  ["an old one", 60_000, 60_000],
  ["one by a clock that is a little ahead", -300_000, 0],
  ["one of a future that cannot be", -300_001, Infinity],
] as const)("the age of %s", ([, sinceMs, ageMs], { expect }) => {
  expect(ageOf({ attributes: undefined, fetchedAtMs }, fetchedAtMs + sinceMs)).toBe(ageMs);
});
