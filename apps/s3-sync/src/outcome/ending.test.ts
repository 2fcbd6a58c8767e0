// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { test } from "vitest";
import { decideEnding, type EndingFacts } from "./ending.ts";
import type { FailureClass } from "./exit-codes.ts";

const classes: readonly FailureClass[] = [
  "failed_objects",
  "config",
  "not_found",
  "temporary",
  "guard",
  "time_budget",
  "auth",
  "verification",
  "empty_source",
  "rclone_missing",
  "interrupted",
  "internal",
];

const facts: fc.Arbitrary<EndingFacts> = fc.record({
  failure: fc.option(
    fc.record({ failureClass: fc.constantFrom(...classes), reason: fc.string(), isRefusal: fc.boolean() }),
    { nil: undefined },
  ),
  stop: fc.constantFrom(
    undefined,
    { kind: "budget" } as const,
    { kind: "signal", signal: "SIGTERM" } as const,
    { kind: "signal", signal: "SIGINT" } as const,
    { kind: "signal", signal: "SIGHUP" } as const,
  ),
  isDryRun: fc.boolean(),
  hasChanged: fc.boolean(),
});

test("exits with 0 exactly when nothing failed, and always with a code of the list", ({ expect }) => {
  const codes = new Set([0, 1, 2, 3, 5, 7, 10, 11, 12, 13, 127, 129, 130, 143]);
  fc.assert(
    fc.property(facts, (given) => {
      const ending = decideEnding(given);
      expect(ending.exitCode === 0).toBe(given.failure === undefined);
      expect(codes).toContain(ending.exitCode);
      expect(ending.failureClass === undefined).toBe(ending.exitCode === 0);
      expect(ending.reason === "" ? given.failure?.reason : ending.reason).not.toBeUndefined();
    }),
  );
});

const failure = { failureClass: "temporary", reason: "r", isRefusal: false } as const;
const signal = { kind: "signal", signal: "SIGINT" } as const;

test.for<[given: EndingFacts, exitCode: number, status: string]>([
  [{ failure: undefined, stop: undefined, isDryRun: false, hasChanged: true }, 0, "success"],
  [{ failure: undefined, stop: undefined, isDryRun: true, hasChanged: false }, 0, "dry_run"],
  [{ failure: undefined, stop: signal, isDryRun: false, hasChanged: true }, 0, "success"],
  [{ failure, stop: signal, isDryRun: false, hasChanged: true }, 130, "interrupted"],
  [{ failure, stop: { kind: "budget" }, isDryRun: false, hasChanged: true }, 10, "interrupted"],
  [{ failure, stop: undefined, isDryRun: false, hasChanged: true }, 5, "partial"],
  [{ failure, stop: undefined, isDryRun: false, hasChanged: false }, 5, "failed"],
  [
    {
      failure: { failureClass: "guard", reason: "r", isRefusal: true },
      stop: signal,
      isDryRun: true,
      hasChanged: false,
    },
    7,
    "refused",
  ],
  [
    {
      failure: { failureClass: "rclone_missing", reason: "r", isRefusal: false },
      stop: undefined,
      isDryRun: false,
      hasChanged: false,
    },
    127,
    "failed",
  ],
])("%j ends with %d, %s", ([given, exitCode, status], { expect }) => {
  expect(decideEnding(given)).toMatchObject({ exitCode, status });
});
