// SPDX-License-Identifier: Apache-2.0
import { test } from "vitest";
import { featuresOf, isAtLeast, parseVersion } from "./version.ts";

test.for([
  ["rclone v1.60.1-DEV\n- os/version: debian", { text: "1.60.1-DEV", major: 1, minor: 60 }],
  ["rclone v1.75.2\n", { text: "1.75.2", major: 1, minor: 75 }],
  ["rclone v2.0.0-beta.1", { text: "2.0.0-beta.1", major: 2, minor: 0 }],
  ["restic 0.16", undefined],
  ["", undefined],
] as const)("reads %j", ([output, version], { expect }) => {
  expect(parseVersion(output)).toEqual(version);
});

test("asks old releases for nothing they do not know", ({ expect }) => {
  const features = (minor: number) => featuresOf({ text: "", major: 1, minor });
  expect(features(60)).toEqual({
    canFastList: false,
    hasListCutoff: false,
    hasMaxBufferMemory: false,
    countsServerSideCopies: false,
  });
  expect(features(74)).toEqual({
    canFastList: false,
    hasListCutoff: true,
    hasMaxBufferMemory: true,
    countsServerSideCopies: true,
  });
  expect(features(75)).toEqual({
    canFastList: true,
    hasListCutoff: true,
    hasMaxBufferMemory: true,
    countsServerSideCopies: true,
  });
  expect(isAtLeast({ text: "", major: 2, minor: 0 }, 1, 75)).toBe(true);
});
