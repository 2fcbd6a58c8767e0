// SPDX-License-Identifier: Apache-2.0
import { test } from "vitest";
import { suggestName } from "./suggest-name.ts";

test.for([
  ["a letter is missing", "SOURCE_BUCKET", "SOURCE_BUKET"],
  ["a letter is too many", "SOURCE_BUCKET", "SOURCES_BUCKET"],
  ["two letters are swapped", "SOURCE_BUCKET", "SOURCE_BUCEKT"],
  ["it is in lower case", "SOURCE_BUCKET", "source_bucket"],
] as const)("finds the name where %s", ([, missing, present], { expect }) => {
  expect(suggestName(missing, ["HOME", present], [missing])).toBe(present);
});

test.for([
  ["three letters differ", "SOURCE_BUCKET", "SURCE_BUKT", []],
  ["it is known", "SOURCE_KEYS", "SOURCE_KEY", ["SOURCE_KEY"]],
  ["it is the file of a known one", "SOURCE_KEY_FILER", "SOURCE_KEY_FILE", ["SOURCE_KEY"]],
  ["the name is short", "PORT", "PORTS", []],
  ["nothing is alike", "SOURCE_BUCKET", "PATH", []],
] as const)("finds none where %s", ([, missing, present, known], { expect }) => {
  expect(suggestName(missing, [present], [missing, ...known])).toBeUndefined();
});
