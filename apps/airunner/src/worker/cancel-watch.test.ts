// SPDX-License-Identifier: Apache-2.0
import { setImmediate } from "node:timers/promises";
import { Code, ConnectError } from "@connectrpc/connect";
import { createVirtualClock } from "@repo/http-retry/testing";
import { test } from "vitest";
import { watchForCancel } from "./cancel-watch.ts";
import type { CancelFlag } from "./job-server.ts";

/** A server that answers as `answerAt` says, and last told of cancelling by itself at `toldAt`; time moves by timers alone. */
function setUp(answerAt: (ms: number) => CancelFlag | Error | undefined, toldAt: (ms: number) => number) {
  const clock = createVirtualClock();
  const stop = new AbortController();
  const polls: number[] = [];
  const cancels: string[] = [];
  const seen: { isLost?: boolean } = {};
  const done = watchForCancel(
    {
      server: {
        poll: async () => {
          polls.push(clock.now());
          const answer = answerAt(clock.now());
          if (answer instanceof Error) throw answer;
          return answer;
        },
      },
      taskToken: "t",
      clock,
      quietMs: () => clock.now() - toldAt(clock.now()),
      onAnswer: ({ cancelReason }) => {
        if (cancelReason !== undefined) cancels.push(cancelReason);
      },
    },
    stop.signal,
  ).then((isLost) => void (seen.isLost = isLost));
  const run = async (untilMs: number): Promise<void> => {
    while (seen.isLost === undefined && clock.now() < untilMs) {
      await setImmediate();
      if (!clock.fireNext()) return;
    }
    await setImmediate();
  };
  return { stop, polls, cancels, seen, run, done };
}

const notYet: CancelFlag = { cancelReason: undefined };
const never = (): number => 0;

test("asks every two seconds while nothing else is answered, and passes the answer on", async ({
  expect,
}) => {
  const flags = (ms: number): CancelFlag => (ms < 5000 ? notYet : { cancelReason: "enough" });
  const { stop, polls, cancels, run, done, seen } = setUp(flags, never);
  await run(6000);
  expect(polls).toEqual([2000, 4000, 6000]);
  expect(cancels).toEqual(["enough"]);
  stop.abort(new Error("over"));
  await done;
  expect(seen.isLost).toBe(false);
});

test("does not ask while other answers come", async ({ expect }) => {
  // Told every 500 ms for a while.
  const { stop, polls, run } = setUp(
    () => notYet,
    (ms) => Math.min(10_000, ms - (ms % 500)),
  );
  await run(14_000);
  expect(polls).toEqual([12_000, 14_000]);
  stop.abort(new Error("over"));
});

test("asks less often while the server does not answer, and as before once it does", async ({ expect }) => {
  const { stop, polls, run } = setUp(
    (ms) => (ms < 30_000 ? new ConnectError("away", Code.Unavailable) : notYet),
    never,
  );
  await run(40_000);
  expect(polls).toEqual([2, 6, 14, 24, 34, 36, 38, 40].map((seconds) => seconds * 1000));
  stop.abort(new Error("over"));
});

test("ends when the lease is lost", async ({ expect }) => {
  const { polls, run, done, seen } = setUp(() => new ConnectError("gone", Code.FailedPrecondition), never);
  await run(10_000);
  await done;
  expect(seen.isLost).toBe(true);
  expect(polls).toHaveLength(1);
});
