// SPDX-License-Identifier: MIT
import { describe, test } from "vitest";
import { date, email, isEmail, listOf, oneOf, pointInTime, text, token, webAddress } from "./rules.ts";
import type { TextRule } from "./table.ts";

const read = (rule: TextRule, value: string) => rule.read(value, {});
const value = (json: unknown) => ({ is: "value", value: json });
const cleared = { is: "cleared" };

describe("blank text empties what is not kept as it is", () => {
  test.for<[string, TextRule]>([
    ["a date", date],
    ["a web address", webAddress()],
    ["one of v2's values", oneOf(["Active"], "stages")],
    ["a list", listOf(["Membership"], "funding models")],
    ["a list of nothing", listOf(["Membership"], "funding models")],
    ["an e-mail address", email],
  ])("%s", ([, rule], { expect }) => {
    expect(read(rule, "  ")).toEqual(cleared);
  });
});

test.for([
  ["2024-02-29", "2024-02-29"],
  ["2024-02-29T23:59:59-08:00", "2024-02-29"],
  ["2024-02-29 23:59:59", "2024-02-29"],
  [" 2024-02-29 ", "2024-02-29"],
] as const)("the day of %s is %s", ([time, day], { expect }) => {
  expect(read(date, time)).toEqual(value(day));
});

test.for(["20240229", "2024-02-29x", "infinity", "0000-00-00"])("%s has no day", (time, { expect }) => {
  expect(read(date, time)).toMatchObject({ is: "left" });
});

test.for([
  ["example.org", "https://example.org"],
  ["www.example.org/a?b=c#d", "https://www.example.org/a?b=c#d"],
  ["http://example.org", "http://example.org"],
  ["HTTP://Example.org/A", "http://Example.org/A"],
  ["https://bücher.example/ä", "https://bücher.example/ä"],
  ["https://example.org/a%20b", "https://example.org/a%20b"],
] as const)("the address %s is sent as %s", ([address, expected], { expect }) => {
  expect(read(webAddress(), address)).toEqual(value(expected));
  expect(read(webAddress("http"), address)).toEqual(value(expected));
});

test.for([
  "https://",
  "a b",
  "https://example.org/a b",
  "https://example.org/%zz",
  "mailto:x@example.org",
  "javascript:alert(1)",
  "JavaScript://example.org/%0Aalert(1)",
  "data:text/html,x",
  "file:///etc/passwd",
  "x<y",
  "https://exa|mple.org",
])("%s is no address that the services take", (address, { expect }) => {
  expect(read(webAddress(), address)).toMatchObject({ is: "left" });
});

test("lengths are counted in code points", ({ expect }) => {
  expect(read(text({ atMost: 2 }), "🙂🙂")).toEqual(value("🙂🙂"));
  expect(read(text({ atMost: 2 }), "🙂🙂🙂")).toMatchObject(value("🙂🙂"));
  expect(read(token(2), "🙂🙂")).toEqual(value("🙂🙂"));
  expect(read(token(2), "abc")).toMatchObject({ is: "left" });
});

test("a point in time is told in UTC", ({ expect }) => {
  expect(read(pointInTime, "2025-12-01T12:00:00+02:00")).toEqual(value("2025-12-01T10:00:00Z"));
  expect(read(pointInTime, "soon")).toMatchObject({ is: "left" });
});

test.for([
  ["jane@example.org", true],
  ["jane+tac@sub.example.org", true],
  ["jane@localhost", true],
  ["jane", false],
  [`${"a".repeat(300)}@${"b".repeat(20)}`, false],
  ["jane@", false],
  ["@example.org", false],
  ["a@b@c", false],
  ["Jane <jane@example.org>", false],
  ["a@example.org,b@example.org", false],
] as const)("%s: an e-mail address is %s", ([address, expected], { expect }) => {
  expect(isEmail(address)).toBe(expected);
});
