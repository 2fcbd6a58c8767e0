// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { test } from "vitest";
import { createEventMemory } from "./event-memory.ts";
import { joinFrames } from "./join-frames.ts";
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

test("does not copy a page of a log in memory", async ({ expect }) => {
  await using memory = createEventMemory({ maxBytes: 1e6 });
  using log = createMemoryLog(memory);
  log.append(
    toEvents([1, 2, 3].map(() => ({ kind: "output", pauseMs: 0, deltasMs: [] }))).map((event) =>
      entryOf(event),
    ),
  );
  const { entries } = await log.read(2, 1e6);
  expect(entries.length).toBe(2);
  expect(joinFrames(entries).buffer).toBe(entries[0]?.frame.buffer);
});
