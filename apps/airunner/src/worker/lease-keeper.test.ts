// SPDX-License-Identifier: Apache-2.0
import { setImmediate } from "node:timers/promises";
import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { createVirtualClock } from "@repo/http-retry/testing";
import { test } from "vitest";
import { ErrorInfoSchema } from "../gen/job/v1/job_pb.ts";
import { keepLease } from "./lease-keeper.ts";

type Answer = { readonly cancelReason: string | undefined } | Error | "never";

const fine: Answer = { cancelReason: undefined };
const away = new ConnectError("away", Code.Unavailable);
const lost = new ConnectError("another has it", Code.FailedPrecondition, undefined, [
  { desc: ErrorInfoSchema, value: create(ErrorInfoSchema, { code: "lease_lost" }) },
]);

/** A lease of 30 s on a server that answers as `answerAt` says; time moves by timers alone. */
function setUp(answerAt: (ms: number) => Answer, claimedMsAgo = 0) {
  const clock = createVirtualClock();
  const stop = new AbortController();
  const calls: number[] = [];
  const cancels: string[] = [];
  const held: number[] = [];
  let end: { readonly why: string | undefined; readonly at: number } | undefined;
  const done = keepLease(
    {
      server: {
        extend: (_claim, _seconds, signal) => {
          calls.push(clock.now());
          const answer = answerAt(clock.now());
          if (answer instanceof Error) return Promise.reject(answer);
          if (answer !== "never") return Promise.resolve(answer);
          const { promise, reject } = Promise.withResolvers<never>();
          signal.addEventListener("abort", () => reject(signal.reason), { once: true });
          return promise;
        },
      },
      claim: { queue: "q", taskToken: "t" },
      leaseSeconds: 30,
      claimedAt: clock.now() - claimedMsAgo,
      onHeld: (until) => held.push(until),
      context: { clock, random: () => 0.5, onRetry: () => undefined },
      onAnswer: ({ cancelReason }) => {
        if (cancelReason !== undefined) cancels.push(cancelReason);
      },
    },
    stop.signal,
  ).then((why) => void (end = { why, at: clock.now() }));
  const run = async (untilMs: number) => {
    for (;;) {
      await setImmediate();
      if (end !== undefined || clock.now() >= untilMs || !clock.fireNext()) return;
    }
  };
  return { clock, stop, calls, cancels, held, run, done, end: () => end };
}

test("extends after each third of the lease, as long as it is answered", async ({ expect }) => {
  const { calls, run, end, stop, done } = setUp(() => fine);
  await run(100_000);
  expect(calls).toEqual([10, 20, 30, 40, 50, 60, 70, 80, 90, 100].map((seconds) => seconds * 1000));
  stop.abort();
  await done;
  expect(end()?.why).toBeUndefined();
});

test("is held from the claim on, and then from each call on", async ({ expect }) => {
  const { held, run } = setUp(() => fine, 4000);
  await run(20_000);
  expect(held.slice(0, 3)).toEqual([26_000, 36_000, 46_000]);
});

test("a claim that may be as old as its lease is extended before it counts", async ({ expect }) => {
  const { calls, held, run } = setUp((ms) => (ms < 2000 ? away : fine), 40_000);
  await run(5000);
  expect(calls[0]).toBe(0);
  expect(held[0]).toBe((calls.find((ms) => ms >= 2000) ?? 0) + 30_000);
});

test("a claim whose lease is over when it comes is lost before it counts", async ({ expect }) => {
  const { calls, held, run, end } = setUp(() => lost, 40_000);
  await run(5000);
  expect(calls).toEqual([0]);
  expect(end()?.why).toMatch(/another worker/);
  expect(held).toEqual([]);
});

test("tries again through an outage that is shorter than the lease", async ({ expect }) => {
  const { calls, run, end } = setUp((ms) => (ms >= 10_000 && ms < 22_000 ? away : fine));
  await run(60_000);
  expect(end()).toBeUndefined();
  expect(calls.filter((ms) => ms >= 10_000 && ms < 22_000).length).toBeGreaterThan(3);
});

test.for(["refused", "unanswered"] as const)(
  "gives up before the lease's end where calls are %s",
  async (how, { expect }) => {
    const { run, end } = setUp((ms) => (ms < 35_000 ? fine : how === "refused" ? away : "never"));
    await run(200_000);
    // Extended at 30 s for the last time: held until 60 s, less 5 s.
    expect(end()?.why).toMatch(/ran out/);
    expect(end()?.at).toBeLessThanOrEqual(55_000);
    expect(end()?.at).toBeGreaterThan(54_000);
  },
);

test("is lost at once when the server says so", async ({ expect }) => {
  const { run, end, calls } = setUp(() => lost);
  await run(100_000);
  expect(calls).toEqual([10_000]);
  expect(end()?.why).toMatch(/another worker/);
});

test("a refusal without a stable code, as the Go program gives it, is no proof", async ({ expect }) => {
  const { run, end, calls } = setUp(() => new ConnectError("throttled by AWS", Code.InvalidArgument));
  await run(100_000);
  expect(calls.length).toBeGreaterThan(2);
  expect(end()?.at).toBeGreaterThan(24_000);
});

test("passes on that the job is to be cancelled", async ({ expect }) => {
  const { cancels, run } = setUp(() => ({ cancelReason: "wrong branch" }));
  await run(10_001);
  expect(cancels).toContain("wrong branch");
});

test("ends at once, also during a call, and leaves no timer", async ({ expect }) => {
  const { run, stop, end, done, clock } = setUp(() => "never");
  await run(10_000);
  stop.abort(new Error("over"));
  await done;
  expect(end()?.why).toBeUndefined();
  expect(clock.pending).toBe(0);
});
