// SPDX-License-Identifier: Apache-2.0
import { test } from "vitest";
import { checkName, localNames, mergeNames } from "./names.ts";

test("the machine's own name is one of DNS, or left out", ({ expect }) => {
  expect(localNames("Build-7")).toEqual(["localhost", "127.0.0.1", "::1", "build-7"]);
  expect(localNames("my machine")).toEqual(["localhost", "127.0.0.1", "::1"]);
});

test("names are kept once, whatever their case and brackets", ({ expect }) => {
  expect(mergeNames(["A.example", "::1"], ["a.Example", "[::1]", "b"])).toEqual(["a.example", "::1", "b"]);
});

test.for([
  ["Runner.Example.com", "runner.example.com"],
  ["[::1]", "::1"],
  ["10.0.0.7", "10.0.0.7"],
  ["*.example.com", "*.example.com"],
] as const)("takes %s", ([given, name], { expect }) => expect(checkName(given, "--name")).toBe(name));

test.for(["https://runner", "runner:8080", "a b", "", "10.0.0", "-x", "a..b"])(
  "refuses %j",
  (given, { expect }) => {
    expect(() => checkName(given, "--name")).toThrow(/^--name must be a host name or an IP address/);
  },
);
