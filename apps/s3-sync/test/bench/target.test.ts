// SPDX-License-Identifier: Apache-2.0
import { test } from "vitest";
import { objectLine, statsLine } from "../../bench/support/rclone-lines.ts";
import { ceilingTarget, overheadTarget, speedupTarget } from "../../bench/support/target.ts";
import { parseLogLine } from "../../src/rclone/log-line.ts";

test("overhead may be 1 % and 0.3 s, no more", ({ expect }) => {
  expect(overheadTarget("job", 20, 20.49)).toMatchObject({
    isMet: true,
    value: "+0.49 s (+2.4 %) on 20.00 s",
  });
  expect(overheadTarget("job", 20, 20.51).isMet).toBe(false);
  expect(overheadTarget("job", 20, 19.9).value).toBe("−0.10 s (−0.5 %) on 20.00 s");
});

test("speed-up and ceiling say what was wanted and whether it was reached", ({ expect }) => {
  expect(speedupTarget("hybrid", { slow: 11, fast: 0.6, times: 15 })).toMatchObject({
    isMet: true,
    value: "18.3x",
  });
  expect(speedupTarget("hybrid", { slow: 11, fast: 1, times: 15 }).isMet).toBe(false);
  expect(ceilingTarget("memory", 119, 120, "MiB").isMet).toBe(true);
  expect(ceilingTarget("memory", 120, 120, "MiB")).toMatchObject({ isMet: false, limit: "under 120 MiB" });
});

test.for(["1.60", "1.75"] as const)(
  "the stand-in's lines are rclone %s's to the program",
  (shape, { expect }) => {
    expect(parseLogLine(objectLine(shape, "copied", 5))).toMatchObject({
      level: "info",
      message: "Copied (new)",
      object: "photos/2026/album 0005/IMG_0000005.jpg",
      isPlain: false,
    });
    expect(parseLogLine(objectLine(shape, "planned", 5))).toMatchObject({
      level: "notice",
      skipped: "copy",
      size: 64,
    });
    expect(parseLogLine(objectLine(shape, "failed", 5)).level).toBe("error");
    expect(parseLogLine(statsLine(shape, "copied", 9)).stats).toMatchObject({ transfers: 9, bytes: 576 });
  },
);
