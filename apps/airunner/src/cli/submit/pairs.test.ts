// SPDX-License-Identifier: Apache-2.0
import { test } from "vitest";
import { parsePairs, splitEscaped } from "./pairs.ts";

test.for([
  ["a,b", ["a", "b"]],
  ["a\\,b,c", ["a,b", "c"]],
  ["a\\nb", ["a\\nb"]],
  ["a,,b", ["a", "", "b"]],
  ["a,", ["a"]],
  ["\\", ["\\"]],
  ["", []],
] as const)("splits %j", ([text, parts], { expect }) => {
  expect(splitEscaped(text, ",")).toEqual(parts);
});

test("reads pairs, the later ones winning, with = and ; in their values", ({ expect }) => {
  expect(parsePairs("--env", ["A=1;B=x=y", "A=2", "C=p\\;q", "D="])).toEqual({
    A: "2",
    B: "x=y",
    C: "p;q",
    D: "",
  });
});

test.for([["just text"], ["=value"]])("refuses %j without repeating it", ([text], { expect }) => {
  expect(() => parsePairs("--env", [String(text)])).toThrow(
    /^--env has a (part without "="|value without a name)/,
  );
});
