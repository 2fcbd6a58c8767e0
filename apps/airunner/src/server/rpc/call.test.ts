// SPDX-License-Identifier: Apache-2.0
import { Code } from "@connectrpc/connect";
import { afterEach, beforeEach, describe, test, vi } from "vitest";
import { Call } from "./call.ts";

describe("Call", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test("ends at its deadline and not before, also beyond what one timer takes", ({ expect }) => {
    for (const timeoutMs of [1, 90_000, 2 ** 31 + 5000]) {
      const call = new Call();
      call.setDeadline(timeoutMs);
      vi.advanceTimersByTime(timeoutMs - 1);
      expect(call.ended()).toBeUndefined();
      vi.advanceTimersByTime(1);
      expect(call.ended()).toBe("deadline");
    }
    expect(vi.getTimerCount()).toBe(0);
  });

  test("is ended at once by a deadline that is over", ({ expect }) => {
    const call = new Call();
    call.setDeadline(0);
    expect(call.ended()).toBe("deadline");
  });

  test("keeps its first reason, for the signal whenever it is asked for", ({ expect }) => {
    const call = new Call();
    const early = call.signal;
    call.end("draining");
    call.end("cancelled");
    expect(call.ended()).toBe("draining");
    expect(early.aborted).toBe(true);
    const late = new Call();
    late.end("deadline");
    expect(late.signal.reason).toMatchObject({ code: Code.DeadlineExceeded });
  });

  test("does not wait for work once it has ended, and leaves nothing behind", async ({ expect }) => {
    const call = new Call();
    const { promise, reject } = Promise.withResolvers<number>();
    const waiting = call.until(promise);
    call.end("cancelled");
    await expect(waiting).rejects.toMatchObject({ code: Code.Canceled });
    // The work's own end comes too late to matter, and must not be an unhandled rejection.
    reject(new Error("late"));
    await expect(call.until(Promise.resolve(1))).rejects.toMatchObject({ code: Code.Canceled });
  });

  test("lets go of its timer when it is over", ({ expect }) => {
    const call = new Call();
    call.setDeadline(1000);
    call.close();
    expect(vi.getTimerCount()).toBe(0);
    call.end("cancelled");
    expect(call.ended()).toBeUndefined();
  });
});
