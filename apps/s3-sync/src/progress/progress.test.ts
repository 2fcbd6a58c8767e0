// SPDX-License-Identifier: Apache-2.0
import { PassThrough } from "node:stream";
import { captureLogs } from "@repo/logging/testing";
import { test } from "vitest";
import { parseLogLine } from "../rclone/log-line.ts";
import { formatBytes, formatSeconds } from "./bytes.ts";
import { createLineRelay } from "./line-relay.ts";
import { createLiveLine, describeFigures } from "./live-line.ts";
import { createProgress, type ProgressFigures, toFigures } from "./progress.ts";

const stats = {
  bytes: 512,
  totalBytes: 1024,
  checks: 7,
  transfers: 1,
  totalTransfers: 2,
  deletes: 3,
  errors: 0,
  serverSideCopies: 0,
  speed: 1536.4,
  eta: 61,
};

test("writes one event an interval, with figures and no names, however often rclone tells", ({ expect }) => {
  const logs = captureLogs();
  const seen: ProgressFigures[] = [];
  let now = 0;
  const onProgress = createProgress({
    logger: logs.logger,
    intervalMs: 1000,
    live: (figures) => seen.push(figures),
    now: () => now,
  });
  for (now = 0; now <= 3000; now += 100) onProgress("copy", stats);
  expect(logs.records).toHaveLength(3);
  expect(logs.records[0]).toMatchObject({
    event: "progress",
    pass: "copy",
    percent: 50,
    eta_seconds: 61,
    objects_to_copy: 2,
  });
  expect(seen).toHaveLength(31);
});

test("describes figures on one line", ({ expect }) => {
  expect(describeFigures(toFigures("copy", stats))).toBe(
    "Copying 50% · 512 B of 1.0 KiB · 1.5 KiB/s · 1m01s left · 1 of 2 copied, 3 deleted, 7 checked",
  );
});

test("tells of a plan what it would do, not that it was done", ({ expect }) => {
  const figures = toFigures("plan", stats);
  expect(figures).toMatchObject({
    percent: null,
    bytes: 0,
    objects_copied: 0,
    objects_deleted: 0,
    objects_to_delete: 3,
  });
  expect(describeFigures(figures)).toBe("Planning · 2 to copy, 3 to delete, 7 checked");
});

test("redraws five times a second at most, within the width, and goes away", ({ expect }) => {
  const stream = Object.assign(new PassThrough(), { columns: 40, isTTY: true });
  let text = "";
  stream.on("data", (chunk) => {
    text += String(chunk);
  });
  let now = 0;
  const live = createLiveLine(stream, () => now);
  for (now = 0; now < 1000; now += 50) live.show(toFigures("copy", { ...stats, bytes: now }));
  const drawn = text.match(/Copying \d+%/g);
  live[Symbol.dispose]();
  expect(drawn).toEqual(["Copying 0%", "Copying 19%", "Copying 39%", "Copying 58%", "Copying 78%"]);
  expect(text).not.toContain("checked");
});

test("keeps lines about single objects to itself, and the errors bounded", ({ expect }) => {
  const info = captureLogs({ level: "info" });
  const relay = createLineRelay(info.logger);
  const line = (level: string) => parseLogLine(JSON.stringify({ level, msg: "m", object: "o" }));
  relay.relay("copy", line("info"));
  for (let index = 0; index < 300; index += 1) relay.relay("copy", line("error"));
  relay.endPass("copy");
  expect(info.records).toHaveLength(201);
  expect(info.records.at(-1)).toMatchObject({ suppressed: 100 });
  const debug = captureLogs({ level: "debug" });
  createLineRelay(debug.logger).relay("copy", line("info"));
  expect(debug.records).toMatchObject([{ event: "rclone", object: "o", msg: "m" }]);
});

test.for([
  [0, "0 B"],
  [1023, "1023 B"],
  [1536, "1.5 KiB"],
  [150 * 1024 ** 2, "150 MiB"],
  [1024 ** 6 * 5, "5120 PiB"],
] as const)("formats %d bytes as %s", ([bytes, text], { expect }) => {
  expect(formatBytes(bytes)).toBe(text);
});

test.for([
  [0, "0s"],
  [61, "1m01s"],
  [3720, "1h02m"],
] as const)("formats %d seconds as %s", ([seconds, text], { expect }) => {
  expect(formatSeconds(seconds)).toBe(text);
});

test("cuts what is too long for one line of a log", ({ expect }) => {
  const logs = captureLogs();
  createLineRelay(logs.logger).relay("copy", {
    ...parseLogLine("x".repeat(1_000_000)),
    level: "error",
    object: "y".repeat(1_000_000),
  });
  expect(logs.records[0]?.["msg"]).toMatch(/^x{4096}… \(1000000 characters\)$/);
  expect(logs.text.length).toBeLessThan(10_000);
});
