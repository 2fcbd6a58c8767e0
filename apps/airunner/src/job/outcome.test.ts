// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { expect, test } from "vitest";
import { ResultReason } from "../gen/job/v1/job_pb.ts";
import type { Result } from "./job.ts";
import { type ProcessEnd, settleResult } from "./outcome.ts";

const success: Result = {
  isSuccess: true,
  exitCode: 0,
  signal: "",
  reason: ResultReason.UNSPECIFIED,
  message: "",
  startedAtMs: 1,
  completedAtMs: 2,
};
const failure: Result = { ...success, isSuccess: false };
const exited = ResultReason.EXITED;

test.for<[string, Result, ProcessEnd | undefined, Partial<Result>]>([
  ["a success", success, undefined, { isSuccess: true, exitCode: 0, reason: exited, message: "" }],
  [
    "a success that the log confirms",
    success,
    { exitCode: 0, signal: "" },
    { isSuccess: true, reason: exited },
  ],
  [
    "a success whose process exited with 3",
    success,
    { exitCode: 3, signal: "" },
    { isSuccess: false, exitCode: 3, reason: exited, message: "The command exited with code 3." },
  ],
  [
    "a success whose process was killed",
    success,
    { exitCode: 137, signal: "SIGKILL" },
    {
      isSuccess: false,
      exitCode: 137,
      signal: "SIGKILL",
      reason: ResultReason.SIGNALED,
      message: "The command was ended by SIGKILL.",
    },
  ],
  [
    "a success with exit code 5",
    { ...success, exitCode: 5 },
    undefined,
    { isSuccess: false, exitCode: 5, reason: exited, message: "The command exited with code 5." },
  ],
  [
    "a failure that says nothing",
    failure,
    undefined,
    {
      isSuccess: false,
      reason: ResultReason.WORKER_ERROR,
      message: "The worker reported a failure without saying why.",
    },
  ],
  [
    "a failure whose log has the code",
    failure,
    { exitCode: 2, signal: "" },
    { exitCode: 2, reason: exited, message: "The command exited with code 2." },
  ],
  [
    "a failure that says all",
    { ...failure, exitCode: 143, signal: "SIGTERM", reason: ResultReason.TIMED_OUT, message: "Too slow." },
    { exitCode: 1, signal: "" },
    { exitCode: 143, signal: "SIGTERM", reason: ResultReason.TIMED_OUT, message: "Too slow." },
  ],
  [
    "a cancelled job without a message",
    { ...failure, reason: ResultReason.CANCELLED },
    undefined,
    { reason: ResultReason.CANCELLED, message: "The job was cancelled." },
  ],
])("%s is settled", ([, reported, end, expected]) => {
  expect(settleResult(reported, end)).toEqual({ ...reported, ...expected });
});

const reasons = [ResultReason.UNSPECIFIED, exited, ResultReason.TIMED_OUT, ResultReason.CANCELLED];

test("success is exactly what worker and log agree on, and every failure says why", () => {
  const code = fc.constantFrom(0, 0, 1, 3, 137);
  const signal = fc.constantFrom("", "", "SIGKILL");
  const reported = fc.record({
    isSuccess: fc.boolean(),
    exitCode: code,
    signal,
    reason: fc.constantFrom(...reasons),
    message: fc.constantFrom("", "Why."),
    startedAtMs: fc.constant(1),
    completedAtMs: fc.constant(2),
  });
  const end = fc.option(fc.record({ exitCode: code, signal }), { nil: undefined });
  fc.assert(
    fc.property(reported, end, (result, processEnd) => {
      const settled = settleResult(result, processEnd);
      const said = [result.exitCode, result.signal, processEnd?.exitCode ?? 0, processEnd?.signal ?? ""];
      expect(settled.isSuccess).toBe(result.isSuccess && said.every((part) => part === 0 || part === ""));
      expect(settled.message !== "").toBe(!settled.isSuccess);
      expect(settled.reason).not.toBe(ResultReason.UNSPECIFIED);
      const { exitCode, signal } = settled;
      expect(exitCode === 0 && signal === "" && settled.reason === exited).toBe(settled.isSuccess);
      expect(settleResult(settled, processEnd)).toEqual(settled);
    }),
  );
});

test("a message that is too long is cut, not refused", () => {
  expect(settleResult({ ...failure, message: "x".repeat(10_000) }, undefined).message).toHaveLength(4_096);
});
