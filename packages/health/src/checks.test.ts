// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, test, vi } from "vitest";
import { CheckRunner, type HealthCheck } from "./checks.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function runner(check: HealthCheck["check"], timeoutMs?: number): CheckRunner {
  return new CheckRunner({ name: "nats", check, ...(timeoutMs !== undefined && { timeoutMs }) });
}

const answers: readonly (readonly [string, HealthCheck["check"], string | undefined])[] = [
  ["nothing", () => undefined, undefined],
  ["nothing, later", async () => undefined, undefined],
  ["a reason", () => "no connection", "no connection"],
  ["a reason of many lines", async () => " no\r\n\tconnection\u0000 ", "no connection"],
  ["an empty reason", () => "", "no reason given"],
  ["an error", () => Promise.reject(new Error("refused")), "refused"],
  [
    "an error at once",
    () => {
      throw new Error("refused");
    },
    "refused",
  ],
  ["a thrown thing without words", () => Promise.reject(new Error("")), "the check itself failed"],
];

describe("CheckRunner", () => {
  test.for(answers)("reports %s", async ([, check, reason], { expect }) => {
    expect(await runner(check).run()).toEqual(
      reason === undefined ? { name: "nats" } : { name: "nats", reason },
    );
    expect(vi.getTimerCount()).toBe(0);
  });

  test("cuts a long reason", async ({ expect }) => {
    const { reason } = await runner(() => "r".repeat(5000)).run();
    expect(reason).toBe(`${"r".repeat(300)}…`);
  });

  test("gives up at its deadline and aborts the check", async ({ expect }) => {
    let given: AbortSignal | undefined;
    const slow = runner((signal) => {
      given = signal;
      return new Promise(() => {});
    }, 100);
    const outcome = slow.run();
    await vi.advanceTimersByTimeAsync(99);
    expect(given?.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await outcome).toEqual({ name: "nats", reason: "no answer within 100 ms" });
    expect(given?.aborted).toBe(true);
  });

  test("has 900 ms unless told otherwise", async ({ expect }) => {
    const outcome = runner(() => new Promise(() => {})).run();
    await vi.advanceTimersByTimeAsync(900);
    expect(await outcome).toMatchObject({ reason: "no answer within 900 ms" });
  });

  test("is not started again while it hangs, and is when it has returned", async ({ expect }) => {
    const first = Promise.withResolvers<string | undefined>();
    const check = vi.fn<HealthCheck["check"]>(() => undefined).mockReturnValueOnce(first.promise);
    const slow = runner(check, 100);
    const outcome = slow.run();
    await vi.advanceTimersByTimeAsync(100);
    await outcome;
    expect(await slow.run()).toEqual({ name: "nats", reason: "still without an answer after 100 ms" });
    expect(check).toHaveBeenCalledTimes(1);
    first.resolve("late");
    await vi.advanceTimersByTimeAsync(0);
    expect(await slow.run()).toEqual({ name: "nats" });
    expect(check).toHaveBeenCalledTimes(2);
  });

  test("survives a check that fails after its deadline", async ({ expect }) => {
    const first = Promise.withResolvers<string>();
    const slow = runner(() => first.promise, 100);
    const outcome = slow.run();
    await vi.advanceTimersByTimeAsync(100);
    first.reject(new Error("too late"));
    await vi.advanceTimersByTimeAsync(0);
    expect(await outcome).toMatchObject({ reason: "no answer within 100 ms" });
  });

  test("runs once for everybody who asks meanwhile", async ({ expect }) => {
    const answer = Promise.withResolvers<string>();
    const check = vi.fn<HealthCheck["check"]>(() => answer.promise);
    const shared = runner(check);
    const all = [shared.run(), shared.run(), shared.run()];
    answer.resolve("down");
    expect(await Promise.all(all)).toEqual(
      Array.from({ length: 3 }, () => ({ name: "nats", reason: "down" })),
    );
    expect(check).toHaveBeenCalledTimes(1);
    await shared.run();
    expect(check).toHaveBeenCalledTimes(2);
  });

  test.for(["", "a b", "a/b", "ä"])("refuses the name %j", (name, { expect }) => {
    expect(() => new CheckRunner({ name, check: () => undefined })).toThrow(TypeError);
  });

  test.for([0, -1, Number.NaN])("refuses a deadline of %d ms", (timeoutMs, { expect }) => {
    expect(() => runner(() => undefined, timeoutMs)).toThrow(TypeError);
  });
});
