// SPDX-License-Identifier: MIT
import { test } from "vitest";
import { parseServiceAddress } from "./service-address.ts";

test.for([
  ["http://project:8080", "http://project:8080", ""],
  ["http://project:8080/", "http://project:8080", ""],
  ["https://lfx.example.org/v2/projects//", "https://lfx.example.org", "/v2/projects"],
] as const)("%s is %s with %s before every path", ([text, origin, prefix], { expect }) => {
  expect(parseServiceAddress(text)).toEqual({ origin, prefix });
});

test.for([
  "project:8080",
  "ftp://project",
  "http://user:hush@project",
  "http://project?hush",
  "http://p#hush",
])("refuses %s without repeating it", (text, { expect }) => {
  expect(() => parseServiceAddress(text)).toThrow(TypeError);
  expect(() => parseServiceAddress(text)).not.toThrow(/hush/);
});
