// SPDX-License-Identifier: Apache-2.0
import { test } from "vitest";
import { isContinuation, parseLogLine } from "./log-line.ts";

test.for<[what: string, text: string, expected: object]>([
  [
    "an object of 1.60",
    '{"level":"info","msg":"Copied (new)","object":"a\\u0026b","objectType":"*s3.Object","source":"operations/operations.go:566","time":"2026-11-21T12:23:15.611690+00:00"}',
    { level: "info", message: "Copied (new)", object: "a&b", isPlain: false },
  ],
  [
    "a planned deletion of 1.75",
    '{"time":"2026-11-21T11:39:35.341593203Z","level":"notice","msg":"Skipped delete as --dry-run is set (size 2)","skipped":"delete","size":2,"object":"#hash","objectType":"*s3.Object"}',
    { level: "notice", skipped: "delete", size: 2, object: "#hash" },
  ],
  ["1.60's word for a notice", '{"level":"warning","msg":"m"}', { level: "notice" }],
  [
    "a fault of a whole side",
    '{"level":"error","msg":"m","object":"S3 bucket b","objectType":"*s3.Fs"}',
    { level: "error", message: "m" },
  ],
  [
    "a plain line of 1.60",
    "2026/11/21 11:56:54 Failed to check with 5 errors",
    { level: "error", message: "Failed to check with 5 errors", isPlain: true },
  ],
  ["a plain line with a level", "2026/11/21 11:56:54 NOTICE: hello", { level: "notice", message: "hello" }],
  [
    "JSON that is cut off",
    '{"level":"info","msg":"Cop',
    { level: "error", message: '{"level":"info","msg":"Cop', isPlain: true },
  ],
  ["JSON of another kind", "[1]", { isPlain: true }],
  ["JSON without a message", '{"level":"info"}', { isPlain: true }],
  ["an unknown level", '{"level":"loud","msg":"m"}', { level: "info" }],
  ["a level that is a property of every object", '{"level":"constructor","msg":"m"}', { level: "info" }],
])("reads %s", ([, text, expected], { expect }) => {
  const line = parseLogLine(text);
  expect(line).toMatchObject(expected);
  expect("object" in line).toBe("object" in expected);
});

test("reads statistics, taking what a version does not know for zero", ({ expect }) => {
  const text =
    '{"level":"info","msg":"…","stats":{"bytes":6,"checks":5,"deletes":1,"errors":0,"eta":null,"speed":1.5,"totalBytes":6,"totalTransfers":4,"transfers":4,"checking":["a"],"transferring":[{"name":"b"}]}}';
  expect(parseLogLine(text).stats).toEqual({
    bytes: 6,
    totalBytes: 6,
    checks: 5,
    transfers: 4,
    totalTransfers: 4,
    deletes: 1,
    errors: 0,
    serverSideCopies: 0,
    speed: 1.5,
    eta: null,
  });
});

test("knows the lines that go on from the one before", ({ expect }) => {
  expect(
    ["\tstatus code: 403", "caused by: unsupported transport", "2026/11/21 next", '{"level":'].map(
      isContinuation,
    ),
  ).toEqual([true, true, false, false]);
});
