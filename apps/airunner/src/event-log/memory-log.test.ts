// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { onTestFinished, test } from "vitest";
import { EventType } from "../gen/job/v1/job_pb.ts";
import { createEventMemory, type EventMemory } from "./event-memory.ts";
import type { LogEntry } from "./log-entry.ts";
import { createMemoryLog, type MemoryLog } from "./memory-log.ts";
import { factsBytes, segmentBytes } from "./segment.ts";
import { entryOf, epochMs, output } from "./testing.ts";

/** A folder of its own, removed after the test. */
function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "airunner-event-log-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** An entry of any size, with content that tells it from all others. */
function entry(sequence: number, bytes: number, seed = 0, count = 1): LogEntry {
  const frame = new Uint8Array(bytes);
  for (let index = 0; index < bytes; index++) frame[index] = sequence * 31 + seed * 7 + index;
  const type = count > 1 ? EventType.OUTPUT_BATCH : EventType.OUTPUT;
  return { frame, sequence, endSequence: sequence + count - 1, timestampMs: epochMs + sequence, type };
}

/** Waits for a condition; the deadline is that of the test. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

async function readAll(log: MemoryLog, fromSequence = 1, maxBytes = segmentBytes): Promise<LogEntry[]> {
  const entries: LogEntry[] = [];
  for (let next = fromSequence; ; ) {
    const slice = await log.read(next, maxBytes);
    entries.push(...slice.entries);
    next = (slice.entries.at(-1)?.endSequence ?? next) + 1;
    if (!slice.hasMore) return entries;
  }
}

/** As comparable and printable values. */
function plain(entries: readonly LogEntry[]) {
  return entries.map(({ frame, ...facts }) => ({ ...facts, frame: Buffer.from(frame).toString("base64") }));
}

const steps = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant("append" as const),
        log: fc.nat(3),
        sizes: fc.array(
          fc.oneof(fc.integer({ min: 20, max: 400 }), fc.integer({ min: 20_000, max: 358_400 })),
          {
            maxLength: 6,
          },
        ),
        count: fc.integer({ min: 1, max: 50 }),
        gap: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(5) }),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant("read" as const),
        log: fc.nat(3),
        from: fc.nat(),
        max: fc.nat(600_000),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("renew" as const), log: fc.nat(3) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("close" as const), log: fc.nat(3) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("turn" as const, "room" as const) }) },
  ),
  { maxLength: 60, size: "max" },
);

interface Modelled {
  log: MemoryLog;
  entries: LogEntry[];
}

async function checkRead({ log, entries }: Modelled, from: number, maxBytes: number) {
  const known = [...entries];
  const wasClosed = log.isClosed;
  const slice = await log.read(from, maxBytes);
  const expected = known.filter((candidate) => candidate.endSequence >= from);
  const bytes = slice.entries.reduce((sum, { frame }) => sum + frame.length, 0);
  return {
    got: plain(slice.entries),
    expected: plain(expected.slice(0, slice.entries.length)),
    isEmptyOnlyAtEnd: slice.entries.length > 0 || expected.length === 0,
    isWithin: slice.entries.length <= 1 || bytes <= maxBytes,
    tellsMore: slice.hasMore === slice.entries.length < expected.length,
    tellsClosed: slice.isClosed === wasClosed,
  };
}

test("reads what a plain list would hold, in memory, on disk and on the way", { timeout: 60_000 }, async ({
  expect,
}) => {
  let spilled = 0;
  await fc.assert(
    fc.asyncProperty(steps, fc.constantFrom(0, 300_000, 3_000_000, 1e9), async (steps, maxBytes) => {
      await using memory = createEventMemory({ maxBytes });
      const logs = Array.from({ length: 4 }, (): Modelled => ({ log: createMemoryLog(memory), entries: [] }));
      let seed = 0;
      for (const step of steps) {
        const target = "log" in step ? logs[step.log] : undefined;
        if (step.do === "append" && target !== undefined && !target.log.isClosed) {
          seed++;
          const added: LogEntry[] = [];
          for (const size of step.sizes) {
            const last = added.at(-1)?.endSequence ?? target.log.lastSequence;
            added.push(entry(last + 1 + step.gap, size, seed, step.count));
          }
          target.log.append(added);
          target.entries.push(...added);
        } else if (step.do === "read" && target !== undefined) {
          const { got, expected, ...facts } = await checkRead(
            target,
            step.from % (target.log.lastSequence + 3),
            step.max,
          );
          expect(got).toEqual(expected);
          expect(facts).toEqual({
            isEmptyOnlyAtEnd: true,
            isWithin: true,
            tellsMore: true,
            tellsClosed: true,
          });
        } else if (step.do === "close") target?.log.close();
        else if (step.do === "room") await memory.room();
        else if (step.do === "turn") await new Promise((resolve) => setImmediate(resolve));
        else if (step.do === "renew" && target !== undefined) {
          target.log[Symbol.dispose]();
          Object.assign(target, { log: createMemoryLog(memory), entries: [] });
        }
        spilled = Math.max(spilled, memory.bytesOnDisk);
      }
      for (const { log, entries } of logs) expect(plain(await readAll(log))).toEqual(plain(entries));
      for (const { log } of logs) log[Symbol.dispose]();
      await until(() => memory.bytesOnDisk === 0);
      expect(memory.bytesInMemory).toBe(0);
    }),
    { numRuns: 60 },
  );
  expect(spilled).toBeGreaterThan(segmentBytes);
});

function fill(log: MemoryLog, count: number, bytes = 1000, seed = 0): LogEntry[] {
  const entries = Array.from({ length: count }, (_, index) =>
    entry(log.lastSequence + index + 1, bytes, seed),
  );
  log.append(entries);
  return entries;
}

test("keeps within its budget, with a file that has no name", async ({ expect }) => {
  const directory = makeFolder();
  await using memory = createEventMemory({ maxBytes: 1_000_000, directory });
  using log = createMemoryLog(memory);
  const entries: LogEntry[] = [];
  for (let round = 0; round < 100; round++) {
    await memory.room();
    entries.push(...fill(log, 100));
    expect(memory.bytesInMemory).toBeLessThan(2_500_000);
  }
  await until(() => memory.bytesInMemory <= 1_000_000);
  expect(memory.bytesOnDisk).toBeGreaterThan(9_000_000);
  expect(readdirSync(directory)).toEqual([]);
  expect(plain(await readAll(log))).toEqual(plain(entries));
  expect(plain(await readAll(log, 5_000, 10_000))).toEqual(plain(entries.slice(4_999)));
});

test("never shows the events of a log whose place on the disk was given to another", async ({ expect }) => {
  await using memory = createEventMemory({ maxBytes: 0 });
  for (let round = 0; round < 20; round++) {
    const old = createMemoryLog(memory);
    const expected = plain(fill(old, 200, 1000, 1));
    old.close();
    await until(() => memory.bytesInMemory === 0);
    const reads = Array.from({ length: 8 }, () => old.read(1, segmentBytes));
    old[Symbol.dispose]();
    using next = createMemoryLog(memory);
    fill(next, 200, 1000, 2);
    next.close();
    for (const { entries, isClosed } of await Promise.all(reads)) {
      expect(isClosed).toBe(true);
      expect(plain(entries)).toEqual(expected.slice(0, entries.length));
    }
    await until(() => memory.bytesInMemory === 0);
  }
});

test("gives the place of a log that was freed to the next", async ({ expect }) => {
  await using memory = createEventMemory({ maxBytes: 0 });
  const sizes = new Set<number>();
  for (let round = 0; round < 50; round++) {
    using log = createMemoryLog(memory);
    const entries = fill(log, 300);
    log.close();
    await until(() => memory.bytesInMemory === 0);
    sizes.add(memory.bytesOnDisk);
    expect(plain(await readAll(log))).toEqual(plain(entries));
  }
  expect(sizes.size).toBe(1);
  expect(memory.bytesOnDisk).toBe(0);
});

test("a page stays as it is while its log grows, spills and goes", async ({ expect }) => {
  await using memory = createEventMemory({ maxBytes: 0 });
  const log = createMemoryLog(memory);
  const entries = fill(log, 3, 100);
  const { entries: page } = await log.read(1, segmentBytes);
  fill(log, 1000, 1000, 9);
  log.close();
  await until(() => memory.bytesInMemory === 0);
  log[Symbol.dispose]();
  expect(plain(page)).toEqual(plain(entries));
});

test("keeps events in memory where the file cannot be made, and says so once it is too much", async ({
  expect,
}) => {
  const directory = join(makeFolder(), "missing");
  await using memory = createEventMemory({ maxBytes: 500_000, directory });
  using log = createMemoryLog(memory);
  const entries = fill(log, 700);
  await memory.room();
  entries.push(...fill(log, 700));
  await expect(memory.room()).rejects.toMatchObject({ code: "store_unavailable" });
  await expect(memory.room()).rejects.not.toThrow(directory);
  expect(plain(await readAll(log))).toEqual(plain(entries));
  mkdirSync(directory);
  await memory.room();
  expect(memory.bytesInMemory).toBeLessThanOrEqual(500_000);
  expect(memory.bytesOnDisk).toBeGreaterThan(500_000);
  expect(plain(await readAll(log))).toEqual(plain(entries));
});

test("does not blame the file for memory that could not go there", async ({ expect }) => {
  const directory = join(makeFolder(), "missing");
  await using memory = createEventMemory({ maxBytes: 300_000, directory });
  const log = createMemoryLog(memory);
  fill(log, 1000);
  await expect(memory.room()).rejects.toThrow("cannot write");
  log[Symbol.dispose]();
  // The last segment of each log that is open stays in memory.
  for (let open = 0; open < 4; open++) fill(createMemoryLog(memory), 240);
  expect(memory.bytesInMemory).toBeGreaterThan(600_000);
  await memory.room();
});

test("goes on moving segments to the file after some that waited were freed", async ({ expect }) => {
  await using memory = createEventMemory({ maxBytes: 1_000_000 });
  const freed = createMemoryLog(memory);
  fill(freed, 600);
  freed[Symbol.dispose]();
  using log = createMemoryLog(memory);
  const entries = fill(log, 3000);
  await until(() => memory.bytesInMemory <= 1_000_000);
  expect(plain(await readAll(log))).toEqual(plain(entries));
});

test("tells that there is more where its segment filled up during the read", async ({ expect }) => {
  await using memory = createEventMemory({ maxBytes: 1e6 });
  using log = createMemoryLog(memory);
  fill(log, 250);
  const reading = log.read(251, segmentBytes);
  // Does not fit into what is left of the segment.
  fill(log, 1, 20_000);
  const { entries, hasMore } = await reading;
  expect(entries).toEqual([]);
  expect(hasMore).toBe(true);
});

test("says so where the file is gone", async ({ expect }) => {
  const memory: EventMemory = createEventMemory({ maxBytes: 0 });
  using log = createMemoryLog(memory);
  fill(log, 10);
  log.close();
  await until(() => memory.bytesInMemory === 0);
  await memory[Symbol.asyncDispose]();
  await memory[Symbol.asyncDispose]();
  await expect(log.read(1, 1000)).rejects.toMatchObject({ code: "store_unavailable" });
});

test("keeps an entry that is larger than a place in the file", async ({ expect }) => {
  await using memory = createEventMemory({ maxBytes: 0 });
  using log = createMemoryLog(memory);
  const entries = [...fill(log, 1, 100), ...fill(log, 1, 2_000_000), ...fill(log, 1, 100)];
  log.close();
  const largest = 2_000_000 + factsBytes;
  await until(() => memory.bytesInMemory === largest);
  expect(plain(await readAll(log))).toEqual(plain(entries));
});

test("refuses what does not rise, and anything once it is closed", ({ expect }) => {
  using log = createMemoryLog(createEventMemory({ maxBytes: 1e6 }));
  log.append([entryOf(output(3, "a"))]);
  expect(() => log.append([entryOf(output(4, "b")), entryOf(output(4, "c"))])).toThrow(TypeError);
  expect(log.lastSequence).toBe(3);
  log.close();
  log.close();
  expect(() => log.append([entryOf(output(4, "b"))])).toThrow("closed");
});

test("reads a log that was freed as empty and closed", async ({ expect }) => {
  const log = createMemoryLog(createEventMemory({ maxBytes: 1e6 }));
  fill(log, 5);
  log[Symbol.dispose]();
  log[Symbol.dispose]();
  expect(await log.read(1, 1000)).toEqual({ entries: [], hasMore: false, isClosed: true });
});
