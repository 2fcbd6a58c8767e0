// SPDX-License-Identifier: Apache-2.0
import { test } from "vitest";
import { describeProgress } from "../../demo/run-job.ts";
import { compareListings } from "../../demo/world.ts";

test("a destination is untouched only when no object is lost, rewritten or new", ({ expect }) => {
  const one = { sizeBytes: 1, etag: "a", lastModifiedMs: 1 };
  const before = new Map([
    ["kept", one],
    ["lost", one],
    ["changed", one],
  ]);
  expect(compareListings(before, new Map(before))).toBe("untouched");
  const after = new Map([
    ["kept", one],
    ["changed", { ...one, lastModifiedMs: 2 }],
    ["new", one],
  ]);
  expect(compareListings(before, after)).toBe("1 lost, 1 changed, 1 new");
});

test("progress is read from progress events alone", ({ expect }) => {
  const event = {
    event: "progress",
    pass: "copy",
    percent: 41,
    objects_checked: 0,
    objects_copied: 1204,
    objects_deleted: 2,
  };
  expect(describeProgress(JSON.stringify(event))).toBe("copy 41 %, 1,204 copied, 2 deleted");
  expect(describeProgress('{"event":"summary"}')).toBeUndefined();
  expect(describeProgress("no JSON")).toBeUndefined();
});
