// SPDX-License-Identifier: Apache-2.0
import { test } from "vitest";
import type { NameReport } from "../names/index.ts";
import { describeProof } from "./proof.ts";

const none = { count: 0, sample: undefined };
const names: NameReport = {
  problem: undefined,
  sourceMarkers: none,
  fullMarkers: 0,
  destinationMarkers: none,
  leftOut: none,
  surplus: none,
};
const facts = { isDryRun: false, isWhole: true, compare: "size", verify: undefined } as const;

test.for([
  ["all names were seen", names, /^The mirror is whole: every object/],
  [
    "there are folder markers",
    { ...names, destinationMarkers: { count: 2, sample: "a/" } },
    /but for folder markers \(0 at the source and 2/,
  ],
  ["the look did not end", { ...names, problem: "why" }, /as far as rclone lists names/],
  ["nobody looked", undefined, /as far as rclone lists names/],
] as const)("says no more than is known when %s", ([, report, expected], { expect }) => {
  expect(describeProof({ ...facts, names: report })).toMatch(expected);
});

test("a mirror that is not whole is not called so", ({ expect }) => {
  expect(describeProof({ ...facts, isWhole: false, names })).toBe("The mirror is not proven whole.");
});
