// SPDX-License-Identifier: Apache-2.0
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { onTestFinished, test } from "vitest";
import { EventType } from "../gen/job/v1/job_pb.ts";
import { JobError } from "../job/errors.ts";
import { attemptOf } from "./entry.ts";
import { createEventMemory, type EventMemory } from "./event-memory.ts";
import type { LogEntry, LogPage, LogPosition } from "./log-entry.ts";
import { createMemoryLog, type MemoryLog } from "./memory-log.ts";
import { type LogSource, type ReadLogRequest, readFrames, readLog } from "./read-log.ts";
import { entryOf, epochMs, eventShapes, heartbeat, output, seenItems, toEvents } from "./testing.ts";

/** The logs of one job, over real memory logs: what a store has besides its queues. */
class OneJob implements LogSource {
  readonly #memory: EventMemory;
  readonly logs: MemoryLog[] = [];
  readonly watchers = new Set<() => void>();
  hasEnded = false;
  reads = 0;
  #maxBytes: number;

  constructor(memory: EventMemory, maxBytes: number) {
    this.#memory = memory;
    this.#maxBytes = maxBytes;
  }

  start(): void {
    this.logs.push(createMemoryLog(this.#memory));
    this.#notify();
  }

  append(entries: readonly LogEntry[]): void {
    this.logs.at(-1)?.append(entries);
    this.#notify();
  }

  end(): void {
    this.logs.at(-1)?.close();
    this.#notify();
  }

  finish(): void {
    this.end();
    this.hasEnded = true;
    this.#notify();
  }

  #notify(): void {
    for (const onChange of this.watchers) onChange();
  }

  watch(_jobId: string, onChange: () => void): Disposable {
    this.watchers.add(onChange);
    return { [Symbol.dispose]: () => this.watchers.delete(onChange) };
  }

  async read({ attempt, fromSequence, maxBytes }: LogPosition): Promise<LogPage> {
    this.reads++;
    const latestAttempt = this.logs.length;
    const number = attempt === 0 ? latestAttempt : attempt;
    const hasJobEnded = this.hasEnded;
    const log = this.logs[number - 1];
    if (log === undefined) {
      if (number > 0) throw new JobError("invalid_request", `no attempt ${number}`);
      return { attempt: 0, entries: [], hasMore: false, isClosed: false, latestAttempt, hasJobEnded };
    }
    const slice = await log.read(fromSequence, Math.min(maxBytes, this.#maxBytes));
    return { attempt: number, latestAttempt, hasJobEnded, ...slice };
  }
}

interface JobOptions {
  readonly pageBytes?: number;
  readonly memoryBytes?: number;
}

function makeJob({ pageBytes = 262_144, memoryBytes = 1e9 }: JobOptions = {}): OneJob {
  const memory = createEventMemory({ maxBytes: memoryBytes });
  onTestFinished(() => memory[Symbol.asyncDispose]());
  return new OneJob(memory, pageBytes);
}

function requestOf(changes: Partial<ReadLogRequest> = {}): ReadLogRequest {
  return {
    jobId: "job",
    attempt: 0,
    followAttempts: false,
    fromSequence: 0,
    fromTimestampMs: 0,
    filter: new Set(),
    ...changes,
  };
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

const never = new AbortController().signal;

/** Reads to the end, taking a pause of some turns of the loop after each page. */
async function collect(
  store: LogSource,
  request: ReadLogRequest,
  pauses: readonly number[] = [],
): Promise<LogEntry[]> {
  const entries: LogEntry[] = [];
  let pages = 0;
  for await (const page of readLog({ store, request, signal: never })) {
    entries.push(...page);
    const pause = pauses[pages++ % Math.max(1, pauses.length)] ?? 0;
    for (let left = pause; left > 0; left--) await turn();
  }
  return entries;
}

function rows(entries: readonly LogEntry[]) {
  return entries.flatMap((entry) =>
    seenItems([entry]).map((item) => Object.assign(item, { attempt: attemptOf(entry) })),
  );
}

/** What a request should get, said without any loop: all attempts from the first asked for on. */
function expectedRows(attempts: readonly (readonly LogEntry[])[], first: number, request: ReadLogRequest) {
  const follows = request.followAttempts || request.attempt === 0;
  const asked = attempts.slice(first - 1, follows ? undefined : first);
  const all = asked.flatMap((entries, index) =>
    rows(entries).filter((row) => index > 0 || row.sequence >= request.fromSequence),
  );
  const start = all.findIndex((row) => row.timestampMs >= request.fromTimestampMs);
  const inTime = start < 0 ? [] : all.slice(start);
  const types = new Set(request.filter);
  if (types.has(EventType.OUTPUT)) types.add(EventType.OUTPUT_BATCH);
  return types.size === 0 ? inTime : inTime.filter((row) => types.has(row.type));
}

const types = fc.constantFrom(
  EventType.HEARTBEAT,
  EventType.OUTPUT,
  EventType.OUTPUT_BATCH,
  EventType.PROCESS_END,
);

const requests = fc.record({
  attempt: fc.nat(3),
  followAttempts: fc.boolean(),
  fromSequence: fc.oneof(fc.constant(0), fc.nat(60)),
  offsetMs: fc.oneof({ weight: 2, arbitrary: fc.constant(-1) }, { weight: 1, arbitrary: fc.nat(800) }),
  filter: fc.oneof(fc.constant([]), fc.array(types, { maxLength: 2 })),
  pauses: fc.array(fc.nat(6), { maxLength: 3 }),
  joinsAfter: fc.nat(40),
});

test("gives every reader each entry once and in order: late, early, slow, filtered", {
  timeout: 60_000,
}, async ({ expect }) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(eventShapes, { minLength: 1, maxLength: 3 }),
      fc.array(requests, { minLength: 1, maxLength: 6 }),
      fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1 }),
      fc.constantFrom(1, 200, 262_144),
      fc.constantFrom(0, 1e9),
      async (shapes, wishes, turns, pageBytes, memoryBytes) => {
        const memory = createEventMemory({ maxBytes: memoryBytes });
        const job = new OneJob(memory, pageBytes);
        const attempts = shapes.map((shape, index) =>
          toEvents(shape, `${index}:`).map((event) => entryOf(event, index + 1)),
        );
        const readers: Promise<void>[] = [];
        let moment = 0;

        function join(): void {
          for (const wish of wishes.filter((candidate) => candidate.joinsAfter === moment)) {
            // An attempt that does not exist yet is refused by the store.
            const request = requestOf({
              ...wish,
              attempt: Math.min(wish.attempt, job.logs.length),
              fromTimestampMs: wish.offsetMs < 0 ? 0 : epochMs + wish.offsetMs,
              filter: new Set(wish.filter),
            });
            const first = Math.max(1, request.attempt === 0 ? job.logs.length : request.attempt);
            readers.push(
              collect(job, request, wish.pauses).then((entries) => {
                expect(rows(entries)).toEqual(expectedRows(attempts, first, request));
              }),
            );
          }
          moment++;
        }

        async function step(act: () => void): Promise<void> {
          join();
          act();
          for (let left = turns[moment % turns.length] ?? 0; left > 0; left--) await turn();
        }

        for (const entries of attempts) {
          await step(() => job.start());
          for (const entry of entries) await step(() => job.append([entry]));
          await step(() => job.end());
        }
        await step(() => job.finish());
        while (moment <= 40) join();
        await Promise.all(readers);
        expect(job.watchers.size).toBe(0);
        await memory[Symbol.asyncDispose]();
      },
    ),
    { numRuns: 150 },
  );
});

test("starts inside a batch with the item that was asked for", async ({ expect }) => {
  const job = makeJob();
  const entries = toEvents([
    { kind: "batch", pauseMs: 0, deltasMs: [1, 2, 3] },
    { kind: "output", pauseMs: 0, deltasMs: [] },
  ]).map((event) => entryOf(event));
  job.start();
  job.append(entries);
  job.finish();
  const read = await collect(job, requestOf({ fromSequence: 3 }));
  expect(read.map(({ sequence, endSequence }) => [sequence, endSequence])).toEqual([
    [3, 4],
    [5, 5],
  ]);
});

test("starts with the first attempt where the job has had none", async ({ expect }) => {
  const job = makeJob();
  const reading = collect(job, requestOf());
  await turn();
  for (const attempt of [1, 2]) {
    job.start();
    job.append([entryOf(output(1, `of ${attempt}`), attempt)]);
    job.end();
  }
  job.finish();
  expect(rows(await reading).map(({ attempt, text }) => [attempt, text])).toEqual([
    [1, "of 1"],
    [2, "of 2"],
  ]);
});

test("ends where the job ends without any attempt", async ({ expect }) => {
  const job = makeJob();
  const reading = collect(job, requestOf());
  await turn();
  job.finish();
  expect(await reading).toEqual([]);
});

test("does not look at time any more once it has started: a clock that goes back hides nothing", async ({
  expect,
}) => {
  const job = makeJob();
  job.start();
  job.append(
    [heartbeat(1, 10), heartbeat(2, 50), heartbeat(3, 20), heartbeat(4, 60)].map((event) => entryOf(event)),
  );
  job.finish();
  const read = await collect(job, requestOf({ fromTimestampMs: 30 }));
  expect(read.map(({ sequence }) => sequence)).toEqual([2, 3, 4]);
});

test("a reader that does not take its page reads no more, whatever is written", async ({ expect }) => {
  const job = makeJob();
  job.start();
  job.append([entryOf(output(1, "first"))]);
  const reading = readLog({ store: job, request: requestOf(), signal: never });
  await reading.next();
  const { reads } = job;
  for (let sequence = 2; sequence <= 1000; sequence++) {
    job.append([entryOf(output(sequence, "more"))]);
    if (sequence % 100 === 0) await turn();
  }
  expect(job.reads).toBe(reads);
  job.finish();
  const rest: LogEntry[] = [];
  for await (const page of reading) rest.push(...page);
  expect(rest.length).toBe(999);
});

test("reads as one page what arrives in one turn of the loop", async ({ expect }) => {
  const job = makeJob();
  job.start();
  let waits = 0;
  const reading = readLog({ store: job, request: requestOf(), signal: never, onWait: () => waits++ });
  const first = reading.next();
  await turn();
  expect(waits).toBe(1);
  for (let sequence = 1; sequence <= 50; sequence++) {
    job.append([entryOf(output(sequence, "x"))]);
    await Promise.resolve();
  }
  expect((await first).value?.length).toBe(50);
  await reading.return();
});

test("lets the rest of the process go on while it reads a long log that nobody is sent", async ({
  expect,
}) => {
  const job = makeJob({ pageBytes: 1 });
  job.start();
  job.append(Array.from({ length: 500 }, (_, index) => entryOf(output(index + 1, "x"))));
  job.finish();
  let turns = 0;
  let isDone = false;
  const count = (): void => {
    turns++;
    if (!isDone) setImmediate(count);
  };
  count();
  expect(await collect(job, requestOf({ filter: new Set([EventType.PROCESS_END]) }))).toEqual([]);
  isDone = true;
  expect(turns).toBeGreaterThan(400);
});

test("reads nothing while it waits", async ({ expect }) => {
  const job = makeJob();
  job.start();
  const reading = readLog({ store: job, request: requestOf(), signal: never });
  const first = reading.next();
  for (let round = 0; round < 5; round++) await turn();
  job.append([entryOf(output(1, "a"))]);
  expect((await first).value?.length).toBe(1);
  const second = reading.next();
  for (let round = 0; round < 5; round++) await turn();
  const { reads } = job;
  for (let round = 0; round < 20; round++) await turn();
  expect(job.reads).toBe(reads);
  job.append([entryOf(output(2, "b"))]);
  expect((await second).value?.length).toBe(1);
  await reading.return();
});

test("passes nothing on once the signal has aborted, also during a read", async ({ expect }) => {
  const job = makeJob();
  job.start();
  job.append([entryOf(output(1, "a"))]);
  const stop = new AbortController();
  const next = readLog({ store: job, request: requestOf(), signal: stop.signal }).next();
  stop.abort();
  expect(await next).toEqual({ done: true, value: undefined });
});

test.for([
  ["before it starts", 0],
  ["while it waits", 2],
] as const)("ends without an error when the signal aborts %s", async ([, turns], { expect }) => {
  const job = makeJob();
  job.start();
  const stop = new AbortController();
  if (turns === 0) stop.abort();
  const reading = readLog({ store: job, request: requestOf(), signal: stop.signal });
  const next = reading.next();
  for (let left: number = turns; left > 0; left--) await turn();
  stop.abort();
  expect(await next).toEqual({ done: true, value: undefined });
  expect(job.watchers.size).toBe(0);
});

test("stops watching where the consumer leaves or the store fails", async ({ expect }) => {
  const job = makeJob();
  job.start();
  job.append([entryOf(output(1, "a"))]);
  for await (const _ of readLog({ store: job, request: requestOf(), signal: never })) break;
  expect(job.watchers.size).toBe(0);
  const refused = collect(job, requestOf({ attempt: 5 }));
  await expect(refused).rejects.toMatchObject({ code: "invalid_request" });
  expect(job.watchers.size).toBe(0);
});

test("gives the same pages as chunks of frames", async ({ expect }) => {
  const job = makeJob({ pageBytes: 200 });
  const entries = Array.from({ length: 50 }, (_, index) => entryOf(output(index + 1, `line ${index}`)));
  job.start();
  job.append(entries);
  job.finish();
  const chunks: Uint8Array[] = [];
  for await (const chunk of readFrames({ store: job, request: requestOf(), signal: never }))
    chunks.push(chunk);
  expect(chunks.length).toBeGreaterThan(5);
  expect(Buffer.concat(chunks).equals(Buffer.concat(entries.map(({ frame }) => frame)))).toBe(true);
});

test("keeps no page while it waits", async ({ expect }) => {
  setFlagsFromString("--expose-gc");
  const collectGarbage: unknown = runInNewContext("gc");
  if (typeof collectGarbage !== "function") throw new TypeError("this Node cannot collect garbage on demand");
  const job = makeJob();
  job.start();
  job.append([entryOf(output(1, "a"))]);
  const pages: WeakRef<object>[] = [];
  const store: LogSource = {
    read: async (position) => {
      const page = await job.read(position);
      if (page.entries.length > 0) pages.push(new WeakRef(page.entries));
      return page;
    },
    watch: (jobId, onChange) => job.watch(jobId, onChange),
  };
  const reading = readLog({ store, request: requestOf(), signal: never });
  await reading.next();
  const second = reading.next();
  while (pages.some((page) => page.deref() !== undefined)) {
    await turn();
    Reflect.apply(collectGarbage, undefined, []);
  }
  expect(pages.length).toBe(1);
  job.finish();
  expect((await second).done).toBe(true);
});

test("never passes on a page of another attempt", async ({ expect }) => {
  const job = makeJob();
  job.start();
  job.start();
  job.append([entryOf(output(1, "of 2"), 2)]);
  const store: LogSource = {
    read: (position) => job.read({ ...position, attempt: 2 }),
    watch: (jobId, onChange) => job.watch(jobId, onChange),
  };
  await expect(collect(store, requestOf({ attempt: 1 }))).rejects.toThrow("attempt 2 of job job where 1");
});
