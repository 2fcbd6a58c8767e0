// SPDX-License-Identifier: Apache-2.0
import { create } from "@bufbuild/protobuf";
import fc from "fast-check";
import { expect, test } from "vitest";
import { AttemptState, JobParamsSchema, JobState, ResultReason } from "../gen/job/v1/job_pb.ts";
import type { Job, Result, RetryPolicy } from "./job.ts";
import {
  backoffMs,
  cancelJob,
  endLost,
  endReleased,
  endReported,
  hasEnded,
  newJob,
  retryJob,
  startAttempt,
} from "./transition.ts";

const nowMs = 1_790_000_000_000;
const chance = { nowMs, random: () => 0.5 };
const policy: RetryPolicy = { maxAttempts: 3, initialBackoffMs: 1_000, maxBackoffMs: 3_000 };
const success: Result = {
  isSuccess: true,
  exitCode: 0,
  signal: "",
  reason: ResultReason.EXITED,
  message: "",
  startedAtMs: nowMs,
  completedAtMs: nowMs,
};
const failure: Result = { ...success, isSuccess: false, exitCode: 1, message: "It did not work." };

function scheduled(retryPolicy?: RetryPolicy, delayMs = 0): Job {
  const params = create(JobParamsSchema, { command: "make" });
  const request = { requestId: "", queue: "q", params, priority: 0, delayMs, retryPolicy, submitter: "" };
  return newJob(request, "01890a5d-ac96-774b-bcce-b302099a8057", nowMs);
}

/** A job in its n-th attempt, all before it lost. */
function running(retryPolicy?: RetryPolicy, attempts = 1): Job {
  let job = startAttempt(scheduled(retryPolicy), nowMs);
  for (let count = 1; count < attempts; count += 1)
    job = startAttempt(endLost(job, nowMs, chance).job, nowMs);
  return job;
}

test("the wait doubles from its first to its longest, and is drawn from nothing up to it", () => {
  const waits = [1, 2, 3, 4, 60].map((counted) => backoffMs(policy, counted, () => 0.999_999_9));
  expect(waits).toEqual([1_000, 2_000, 3_000, 3_000, 3_000]);
  expect(backoffMs(policy, 2, () => 0)).toBe(0);
  expect(backoffMs({ ...policy, maxBackoffMs: 86_400_000 }, 100, () => 0.5)).toBe(43_200_000);
});

test("a delayed job knows when it may be handed out, until it is", () => {
  expect(scheduled(undefined, 5_000).notBeforeMs).toBe(nowMs + 5_000);
  expect(startAttempt(scheduled(undefined, 5_000), nowMs).notBeforeMs).toBeUndefined();
});

test.for<[string, RetryPolicy | undefined, number, JobState, boolean]>([
  ["without a policy, once", undefined, 1, JobState.FAILED, false],
  ["without a policy, after two lost attempts", undefined, 3, JobState.FAILED, false],
  ["of three, once", policy, 1, JobState.SCHEDULED, false],
  ["of three, twice", policy, 2, JobState.SCHEDULED, false],
  ["of three, thrice", policy, 3, JobState.FAILED, true],
])("a job that fails %s", ([, retryPolicy, attempts, state, isDead]) => {
  const { job, attemptState, attemptResult } = endReported(running(retryPolicy, attempts), failure, chance);
  expect(job).toMatchObject({ state, isDead, result: state === JobState.FAILED ? failure : undefined });
  expect([attemptState, attemptResult]).toEqual([AttemptState.FAILED, failure]);
});

test.for<[string, RetryPolicy | undefined, number, JobState, number | undefined]>([
  ["without a policy, once", undefined, 1, JobState.SCHEDULED, undefined],
  ["without a policy, twice", undefined, 2, JobState.SCHEDULED, undefined],
  ["without a policy, thrice", undefined, 3, JobState.FAILED, undefined],
  ["of three, once", policy, 1, JobState.SCHEDULED, nowMs + 500],
  ["of three, twice", policy, 2, JobState.SCHEDULED, nowMs + 1_000],
  ["of three, thrice", policy, 3, JobState.FAILED, undefined],
  ["of one", { ...policy, maxAttempts: 1 }, 1, JobState.FAILED, undefined],
])("a job that is lost %s", ([, retryPolicy, attempts, state, notBeforeMs]) => {
  const { job, attemptState, attemptResult } = endLost(running(retryPolicy, attempts), nowMs, chance);
  expect(job).toMatchObject({ state, notBeforeMs, isDead: state === JobState.FAILED });
  expect(attemptState).toBe(AttemptState.LOST);
  expect(attemptResult).toMatchObject({ isSuccess: false, reason: ResultReason.LEASE_LOST, message: /./ });
});

test("a reason of any length fits into the message of a result", () => {
  const reason = "x".repeat(10_000);
  const marked = cancelJob(running(), reason, nowMs);
  expect(endLost(marked, nowMs, chance).job.result?.message.length).toBeLessThanOrEqual(4_096);
  expect(endReleased(running(), reason, nowMs, nowMs).attemptResult.message.length).toBeLessThanOrEqual(
    4_096,
  );
});

type Step = "start" | "succeed" | "fail" | "lose" | "release" | "cancel" | "retry";
const step = fc.constantFrom<Step>(
  "start",
  "start",
  "start",
  "succeed",
  "fail",
  "fail",
  "lose",
  "lose",
  "release",
  "cancel",
  "retry",
);
const anyPolicy = fc.option(
  fc.record({
    maxAttempts: fc.integer({ min: 1, max: 4 }),
    initialBackoffMs: fc.integer({ min: 0, max: 10_000 }),
    maxBackoffMs: fc.integer({ min: 10_000, max: 20_000 }),
  }),
  { nil: undefined },
);

/** What a store does with a step; the same job where it does not apply. */
function apply(job: Job, step: Step, at: { nowMs: number; random: () => number }): Job {
  const isRunning = job.state === JobState.RUNNING;
  switch (step) {
    case "start":
      return job.state === JobState.SCHEDULED ? startAttempt(job, at.nowMs) : job;
    case "succeed":
      return isRunning ? endReported(job, success, at).job : job;
    case "fail":
      return isRunning ? endReported(job, failure, at).job : job;
    case "lose":
      return isRunning ? endLost(job, at.nowMs, at).job : job;
    case "release":
      return isRunning ? endReleased(job, "", at.nowMs, at.nowMs).job : job;
    case "cancel":
      return job.state === JobState.COMPLETED || job.state === JobState.FAILED
        ? job
        : cancelJob(job, "", at.nowMs);
    case "retry":
      return job.state === JobState.FAILED || job.state === JobState.CANCELLED
        ? retryJob(job, at.nowMs)
        : job;
  }
}

test("whatever happens to a job, it is never in two minds about its state", () => {
  const taken = fc.array(fc.tuple(step, fc.double({ min: 0, max: 0.999, noNaN: true })), {
    maxLength: 40,
    size: "max",
  });
  fc.assert(
    fc.property(anyPolicy, taken, (retryPolicy, steps) => {
      let job = scheduled(retryPolicy);
      let time = nowMs;
      for (const [step, random] of steps) {
        const before = structuredClone({ ...job, params: undefined });
        const next = apply(job, step, { nowMs: (time += 1_000), random: () => random });
        expect({ ...job, params: undefined }).toEqual(before);

        expect(next.attempt - job.attempt).toBe(step === "start" && job.state === JobState.SCHEDULED ? 1 : 0);
        expect(next.countedAttempts).toBeGreaterThanOrEqual(0);
        expect(next.countedAttempts).toBeLessThanOrEqual(
          Math.min(next.attempt, Math.max(3, retryPolicy?.maxAttempts ?? 3)),
        );
        const isSame = next.state === job.state && next.attempt === job.attempt;
        expect({
          result: next.result !== undefined,
          counted: next.countedAttempts <= (retryPolicy?.maxAttempts ?? Infinity),
          dead: !next.isDead || next.state === JobState.FAILED,
          cancelled: next.state !== JobState.CANCELLED || next.cancel !== undefined,
          toBeCancelled:
            next.cancel === undefined || next.state === JobState.RUNNING || next.state === JobState.CANCELLED,
          notBefore: next.notBeforeMs === undefined || next.state === JobState.SCHEDULED,
          updated: next.updatedAtMs === (isSame ? job.updatedAtMs : time),
        }).toEqual({
          result: hasEnded(next),
          counted: true,
          dead: true,
          cancelled: true,
          toBeCancelled: true,
          notBefore: true,
          updated: true,
        });
        job = next;
      }
    }),
    { numRuns: 300 },
  );
});
