// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, test, vi } from "vitest";
import { LoopWatch } from "./loop-watch.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Time passes without a timer being served, as in a blocked loop; then the overdue ones are. */
function block(durationMs: number): void {
  vi.spyOn(performance, "now").mockReturnValue(performance.now() + durationMs);
}

describe("LoopWatch", () => {
  test("sees no stall in a loop that turns", ({ expect }) => {
    using watch = new LoopWatch(1000);
    vi.advanceTimersByTime(60_000);
    expect(watch.take()).toBe(0);
  });

  test("reports a stall once, to whoever looks next, however long after", ({ expect }) => {
    using watch = new LoopWatch(1000);
    vi.advanceTimersByTime(200);
    block(3000);
    vi.advanceTimersByTime(200);
    vi.restoreAllMocks();
    vi.advanceTimersByTime(20_000);
    expect(watch.take()).toBe(2800);
    expect(watch.take()).toBe(0);
  });

  test("counts a stall that the look itself ends", ({ expect }) => {
    using watch = new LoopWatch(1000);
    block(5000);
    expect(watch.take()).toBe(4800);
  });

  test("stops when disposed", ({ expect }) => {
    const watch = new LoopWatch(1000);
    expect(vi.getTimerCount()).toBe(1);
    watch[Symbol.dispose]();
    expect(vi.getTimerCount()).toBe(0);
  });
});
