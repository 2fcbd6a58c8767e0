// SPDX-License-Identifier: Apache-2.0
import { test } from "vitest";
import type { RcloneLine } from "./log-line.ts";
import { PassLog } from "./pass-log.ts";

function read(lines: readonly (string | object)[]): { readonly log: PassLog; readonly seen: RcloneLine[] } {
  const seen: RcloneLine[] = [];
  const log = new PassLog((line) => seen.push(line));
  for (const line of lines) log.push(typeof line === "string" ? line : JSON.stringify(line));
  log.end();
  return { log, seen };
}

const failed = (object: string, msg: string) => ({ level: "error", msg, object, objectType: "*s3.Object" });
const attempt = (number: number, of: number) => ({
  level: "error",
  msg: `Attempt ${number}/${of} failed with 1 errors and: AccessDenied: no`,
});

test("counts each failed object once, and only those of the last attempt", ({ expect }) => {
  const { log } = read([
    failed("a", "Failed to copy: AccessDenied: no"),
    failed("b", "Failed to copy: SlowDown: later"),
    attempt(1, 2),
    failed("a", "Failed to copy: AccessDenied: no"),
    failed("a", "Failed to copy: AccessDenied: again"),
    attempt(2, 2),
    { level: "notice", msg: "Failed to copy with 1 errors: AccessDenied" },
  ]);
  expect(log.errors.failedObjects).toBe(1);
  expect(log.errors.failureClass).toBe("auth");
  expect(log.errors.topErrors).toEqual([{ code: "AccessDenied", count: 2, sample: "a" }]);
  expect(log.attempts).toBe(2);
});

test("forgets the errors of an attempt that a later one has mended", ({ expect }) => {
  const { log } = read([
    failed("a", "Failed to copy: SlowDown"),
    attempt(1, 3),
    { level: "error", msg: "Attempt 2/3 succeeded" },
  ]);
  expect(log.errors.failureClass).toBeUndefined();
  expect(log.attempts).toBe(2);
});

test("joins the lines of a fault that 1.60 tells in plain text", ({ expect }) => {
  const { log, seen } = read([
    '2026/11/21 11:39:35 Failed to create file system for "source:b/": LoadCustomCABundleError: unable',
    "caused by: unsupported transport",
    "\tstatus code: 403, request id: 1",
  ]);
  expect(seen).toHaveLength(1);
  expect(seen[0]?.message).toContain("caused by: unsupported transport\nstatus code: 403");
  expect(log.errors.failureClass).toBe("auth");
});

test("takes the closing line for the cause when there is no other", ({ expect }) => {
  expect(
    read([{ level: "notice", msg: "Failed to sync: directory not found" }]).log.errors.failureClass,
  ).toBe("not_found");
  expect(read(["2026/11/21 11:39:35 Failed to sync: directory not found"]).log.errors.failureClass).toBe(
    "not_found",
  );
});

test("counts what was deleted, what was copied, and names that are ignored", ({ expect }) => {
  const { log } = read([
    { level: "info", msg: "Deleted", object: "a" },
    { level: "info", msg: "Copied (replaced existing)", object: "b" },
    failed("c", "Couldn't delete: AccessDenied"),
    {
      level: "error",
      msg: `Entry doesn't belong in directory "d" (same as directory) - ignoring`,
      object: "d/",
    },
    { level: "notice", msg: "3 hashes could not be checked" },
  ]);
  expect(log).toMatchObject({
    deleted: 1,
    copied: 1,
    deletionsFailed: 1,
    ignoredNames: 1,
    ignoredSample: "d/",
    unverifiableHashes: 3,
  });
});

test("does not take a folder that cannot be listed for an object", ({ expect }) => {
  const { log } = read([failed("d", "error reading source directory: AccessDenied: no")]);
  expect(log.errors.failedObjects).toBe(0);
  expect(log.errors.failureClass).toBe("auth");
});
