// SPDX-License-Identifier: Apache-2.0
import { test } from "vitest";
import { describeSkew } from "./clock-skew.ts";

test.for([
  [1000, "1 second ahead of"],
  [-400, "0 seconds behind"],
  [-59_000, "59 seconds behind"],
  [90 * 60_000, "2 hours ahead of"],
  [-16 * 60_000, "16 minutes behind"],
  [400 * 86_400_000, "400 days ahead of"],
] as const)("%i ms is %s", ([aheadMs, words], { expect }) => {
  expect(describeSkew(aheadMs)).toBe(words);
});
