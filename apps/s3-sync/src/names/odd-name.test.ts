// SPDX-License-Identifier: Apache-2.0
import { test } from "vitest";
import { kindOfName } from "./odd-name.ts";

test.for([
  ["a/b", "ordinary"],
  ["", "ordinary"],
  [".hidden/..a/b...", "ordinary"],
  ["...", "ordinary"],
  ["dir/", "folder_marker"],
  ["a/dir/", "folder_marker"],
  ["/", "odd"],
  ["/lead", "odd"],
  ["a//b", "odd"],
  ["a//", "odd"],
  ["x/./y", "odd"],
  ["x/../y", "odd"],
  ["..", "odd"],
  ["a/.", "odd"],
  ["../", "odd"],
] as const)("%j is %s", ([name, kind], { expect }) => {
  expect(kindOfName(name)).toBe(kind);
});
