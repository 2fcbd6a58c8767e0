// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { test } from "vitest";
import { createEventMemory } from "./event-memory.ts";
import { joinFrames } from "./join-frames.ts";
import type { LogEntry } from "./log-entry.ts";
import { createMemoryLog } from "./memory-log.ts";
import { entryOf, eventShapes, toEvents } from "./testing.ts";

test("joins frames byte for byte, wherever they lie", async ({ expect }) => {
  await fc.assert(
    fc.asyncProperty(
      eventShapes,
      fc.array(fc.boolean(), { minLength: 30, maxLength: 30 }),
      async (shapes, own) => {
        await using memory = createEventMemory({ maxBytes: 1e6 });
        using log = createMemoryLog(memory);
        const entries = toEvents(shapes).map((event) => entryOf(event));
        log.append(entries);
        const { entries: page } = await log.read(1, 1e6);
        const whole = Buffer.concat(entries.map((entry) => entry.frame));
        expect(whole.equals(joinFrames(page))).toBe(true);
        const mixed = page.map((entry, index) =>
          own[index] ? { ...entry, frame: entry.frame.slice() } : entry,
        );
        expect(whole.equals(joinFrames(mixed))).toBe(true);
        const some = page.filter((_, index) => own[index]);
        expect(Buffer.concat(some.map((entry) => entry.frame)).equals(joinFrames(some))).toBe(true);
      },
    ),
    { numRuns: 50 },
  );
});

function outputs(count: number): LogEntry[] {
  const shapes = Array.from({ length: count }, () => ({ kind: "output" as const, pauseMs: 0, deltasMs: [] }));
  return toEvents(shapes).map((event) => entryOf(event));
}

test("does not copy a page that is much of its segment, and does not keep a segment for a few bytes", async ({
  expect,
}) => {
  await using memory = createEventMemory({ maxBytes: 1e6 });
  using log = createMemoryLog(memory);
  log.append(outputs(1000));
  const { entries } = await log.read(2, 1e6);
  expect(entries.length).toBe(999);
  expect(joinFrames(entries).buffer).toBe(entries[0]?.frame.buffer);
  const few = entries.slice(10, 20);
  expect(joinFrames(few).buffer.byteLength).toBe(joinFrames(few).length);
});
