// SPDX-License-Identifier: Apache-2.0
import { test } from "vitest";
import { isShutdown, ShutdownSignal } from "./shutdown-signal.ts";

test.for([
  ["SIGTERM", 143],
  ["SIGINT", 130],
  ["SIGHUP", 129],
] as const)("%s stands for the exit code %i", ([signal, exitCode], { expect }) => {
  expect(new ShutdownSignal(signal)).toMatchObject({ signal, exitCode, message: `Stopped by ${signal}.` });
});

test("isShutdown finds the signal among the causes, to a depth of eight", ({ expect }) => {
  const nested = (depth: number): Error =>
    depth === 0 ? new ShutdownSignal("SIGTERM") : new Error("aborted", { cause: nested(depth - 1) });
  expect(isShutdown(nested(0))).toBe(true);
  expect(isShutdown(nested(7))).toBe(true);
  expect(isShutdown(nested(8))).toBe(false);
  const loop = new Error("loop");
  loop.cause = loop;
  expect([loop, new Error("x"), "SIGTERM", undefined].map(isShutdown)).toEqual([false, false, false, false]);
});
