// SPDX-License-Identifier: Apache-2.0
import { setImmediate } from "node:timers/promises";
import { create, toBinary } from "@bufbuild/protobuf";
import { expect } from "vitest";
import { createEntry, decodeEntry } from "../../src/event-log/entry.ts";
import type { LogEntry } from "../../src/event-log/log-entry.ts";
import { type ReadLogRequest, readLog } from "../../src/event-log/read-log.ts";
import { EventType, type JobEvent, JobEventSchema } from "../../src/gen/job/v1/job_pb.ts";
import { type Behaves, expectRefusal } from "./behaves.ts";
import {
  batch,
  type EventInit,
  type Kit,
  leaseMs,
  output,
  outputOf,
  processEnd,
  sequencesOf,
  textOf,
  toEntries,
} from "./kit.ts";

const maxEventBytes = 358_400;

/** Follows a job's log to its end, as a reader does. */
async function follow(
  kit: Kit,
  jobId: string,
  parts: Partial<ReadLogRequest> = {},
): Promise<readonly JobEvent[]> {
  const events: JobEvent[] = [];
  const request = {
    jobId,
    attempt: 0,
    followAttempts: true,
    fromSequence: 0,
    fromTimestampMs: 0,
    filter: new Set<EventType>(),
    ...parts,
  };
  for await (const entries of readLog({ store: kit.store, request, signal: AbortSignal.timeout(30_000) })) {
    events.push(...entries.map(decodeEntry));
  }
  return events;
}

/** An entry whose event has exactly so many bytes. */
function entryOf(sequence: number, bytes: number): LogEntry {
  const serialised = (init: EventInit): Uint8Array => toBinary(JobEventSchema, create(JobEventSchema, init));
  const text = Buffer.alloc(bytes, "x");
  const overhead = serialised(output(sequence, text)).length - bytes;
  const event = serialised(output(sequence, text.subarray(overhead)));
  return createEntry(1, event, { sequence, endSequence: sequence, timestampMs: 0, type: EventType.OUTPUT });
}

function numbers(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

function outputs(from: number, to: number): readonly EventInit[] {
  return numbers(from, to).map((sequence) => output(sequence, `${sequence}\n`));
}

/** Sequences of all items, batches taken apart. */
function unpacked(events: readonly JobEvent[]): readonly number[] {
  return events.flatMap((event) =>
    event.eventData.case === "outputBatch"
      ? numbers(Number(event.eventData.value.startSequence), Number(event.eventData.value.endSequence))
      : [Number(event.sequence)],
  );
}

export function appendBehaviour(behaves: Behaves): void {
  behaves("events are kept in order and read as they were sent", async (kit) => {
    const { lease } = await kit.running();
    const sent = [output(1, "a"), batch(2, ["b", "c"]), processEnd(4, 0)];
    expect(await kit.append(lease, sent)).toEqual({ lastSequence: 4, cancel: undefined });
    const events = await kit.readAll(lease.jobId);
    expect(events).toMatchObject(sent);
    expect(textOf(events)).toBe("abc");
    expect((await kit.store.get(lease.jobId)).attempts).toMatchObject([{ lastSequence: 4 }]);
  });

  behaves(
    "row 13: what the log has is skipped, so that a worker can send again from where it was answered",
    async (kit) => {
      const { lease } = await kit.running();
      await kit.append(lease, outputs(1, 5));
      expect(await kit.append(lease, outputs(1, 5))).toMatchObject({ lastSequence: 5 });
      expect(await kit.append(lease, outputs(3, 9))).toMatchObject({ lastSequence: 9 });
      expect(sequencesOf(await kit.readAll(lease.jobId))).toEqual(numbers(1, 9));
    },
  );

  behaves("row 13: of a batch that the log has in part only the new items are appended", async (kit) => {
    const { lease } = await kit.running();
    await kit.append(lease, [batch(1, ["a", "b", "c"])]);
    await kit.append(lease, [batch(2, ["b", "c", "d", "e"])]);
    const events = await kit.readAll(lease.jobId);
    expect(textOf(events)).toBe("abcde");
    expect(unpacked(events)).toEqual([1, 2, 3, 4, 5]);
  });

  behaves("an append without events tells where the log ends", async (kit) => {
    const { lease } = await kit.running();
    expect(await kit.append(lease, [])).toMatchObject({ lastSequence: 0 });
    await kit.append(lease, outputs(1, 3));
    expect(await kit.append(lease, [])).toMatchObject({ lastSequence: 3 });
  });

  behaves("a gap is refused where the worker can send again, and nothing is appended", async (kit) => {
    const { lease } = await kit.running();
    await kit.append(lease, outputs(1, 2));
    await expectRefusal(kit.append(lease, outputs(4, 5)), "sequence_gap");
    await expectRefusal(kit.append(lease, [...outputs(3, 3), ...outputs(5, 5)]), "sequence_gap");
    expect(sequencesOf(await kit.readAll(lease.jobId))).toEqual([1, 2]);
    expect(await kit.append(lease, outputs(3, 5))).toMatchObject({ lastSequence: 5 });
  });

  behaves("a gap is kept where the worker cannot", async (kit) => {
    const { lease } = await kit.running();
    expect(await kit.append(lease, outputs(3, 4), { gaps: "accept" })).toMatchObject({ lastSequence: 4 });
    await kit.append(lease, outputs(9, 9), { gaps: "accept" });
    expect(sequencesOf(await kit.readAll(lease.jobId))).toEqual([3, 4, 9]);
  });

  behaves("events without a sequence are numbered by the log", async (kit) => {
    const { lease } = await kit.running();
    await kit.append(lease, [output(0, "a"), output(0, "b")], { gaps: "accept" });
    expect(await kit.append(lease, [output(0, "c")], { gaps: "accept" })).toMatchObject({ lastSequence: 3 });
    const events = await kit.readAll(lease.jobId);
    expect(sequencesOf(events)).toEqual([1, 2, 3]);
    expect(textOf(events)).toBe("abc");
  });

  behaves(
    "row 12: an event of the largest size is taken, a larger one refused, and the log goes on",
    async (kit) => {
      const { lease } = await kit.running();
      const tooLarge = [...toEntries([output(1, "a")], 1, 0), entryOf(2, maxEventBytes + 1)];
      await expectRefusal(kit.store.append(lease, tooLarge, { gaps: "refuse" }), "event_too_large");
      expect(await kit.readAll(lease.jobId)).toEqual([]);
      const largest = [...toEntries([output(1, "a")], 1, 0), entryOf(2, maxEventBytes)];
      await kit.store.append(lease, largest, { gaps: "refuse" });
      await kit.append(lease, [processEnd(3, 0)]);
      expect(sequencesOf(await kit.readAll(lease.jobId))).toEqual([1, 2, 3]);
    },
  );

  behaves("never again (row 11): 5 MB without a newline lost", async (kit) => {
    const { lease } = await kit.running();
    const bytes = Buffer.alloc(5_000_000, "0123456789abcdefghijklmnopqrstuvwxyz");
    const chunk = 200_000;
    for (let index = 0; index * chunk < bytes.length; index += 1) {
      await kit.append(lease, [output(index + 1, bytes.subarray(index * chunk, (index + 1) * chunk))]);
    }
    await kit.complete(lease);
    const events = await follow(kit, lease.jobId);
    expect(Buffer.concat(events.map(outputOf)).equals(bytes)).toBe(true);
  });

  behaves("an attempt that has ended takes no more events", async (kit) => {
    const { lease } = await kit.running();
    await kit.append(lease, outputs(1, 2));
    await kit.complete(lease);
    await expectRefusal(kit.append(lease, outputs(3, 3)), "lease_lost");
    expect(sequencesOf(await kit.readAll(lease.jobId))).toEqual([1, 2]);
  });
}

export function readBehaviour(behaves: Behaves): void {
  behaves("a page has as many bytes as are asked for, and at least one entry", async (kit) => {
    const { lease } = await kit.running();
    await kit.append(lease, outputs(1, 100));
    const page = await kit.readPage(lease.jobId, 1, 1, 500);
    expect(page.entries.reduce((sum, { frame }) => sum + frame.length, 0)).toBeLessThanOrEqual(500);
    expect(page.entries.length).toBeGreaterThan(3);
    expect(page).toMatchObject({ hasMore: true, isClosed: false, attempt: 1, latestAttempt: 1 });
    expect((await kit.readPage(lease.jobId, 1, 50, 1)).entries).toMatchObject([{ sequence: 50 }]);
    expect(sequencesOf(await kit.readAll(lease.jobId, 1, 200))).toEqual(numbers(1, 100));
  });

  behaves("row 5: reading from the middle of a batch starts with that batch", async (kit) => {
    const { lease } = await kit.running();
    await kit.append(lease, [batch(1, ["a", "b", "c"]), batch(4, ["d", "e", "f"]), output(7, "g")]);
    await kit.complete(lease);
    expect((await kit.readPage(lease.jobId, 1, 5)).entries).toMatchObject([{ sequence: 4 }, { sequence: 7 }]);
    const events = await follow(kit, lease.jobId, { fromSequence: 5 });
    expect(unpacked(events)).toEqual([5, 6, 7]);
    expect(textOf(events)).toBe("efg");
  });

  behaves("reading from behind the end gives nothing, and goes on with what comes", async (kit) => {
    const { lease } = await kit.running();
    await kit.append(lease, outputs(1, 3));
    const reading = follow(kit, lease.jobId, { fromSequence: 5 });
    await kit.append(lease, outputs(4, 6));
    await kit.complete(lease);
    expect(sequencesOf(await reading)).toEqual([5, 6]);
  });

  behaves("a job that waits has no attempt to read yet", async (kit) => {
    const jobId = await kit.enqueue();
    expect(await kit.readPage(jobId)).toEqual({
      attempt: 0,
      entries: [],
      hasMore: false,
      isClosed: false,
      latestAttempt: 0,
      hasJobEnded: false,
    });
    await expectRefusal(kit.readPage(jobId, 1), "invalid_request");
    await kit.claim();
    await expectRefusal(kit.readPage(jobId, 2), "invalid_request");
  });

  behaves("row 7: each attempt has its own log, from sequence 1 on", async (kit) => {
    const { lease } = await kit.running();
    await kit.append(lease, [output(1, "first"), output(2, "first")]);
    await kit.advance(leaseMs);
    const second = await kit.claim();
    await kit.append(second.lease, [output(1, "second")]);
    expect(textOf(await kit.readAll(lease.jobId, 1))).toBe("firstfirst");
    expect(textOf(await kit.readAll(lease.jobId, 2))).toBe("second");
    expect(textOf(await kit.readAll(lease.jobId))).toBe("second");
    expect(await kit.readPage(lease.jobId, 1)).toMatchObject({
      isClosed: true,
      latestAttempt: 2,
      hasJobEnded: false,
    });
    expect(await kit.readPage(lease.jobId, 2)).toMatchObject({ isClosed: false });
    await kit.complete(second.lease);
    expect(await kit.readPage(lease.jobId)).toMatchObject({ isClosed: true, hasJobEnded: true });
  });

  behaves("a reader that follows reads each later attempt, and ends with the job", async (kit) => {
    const { lease } = await kit.running();
    const reading = follow(kit, lease.jobId);
    await kit.append(lease, [output(1, "one ")]);
    await kit.store.release(lease, "");
    await kit.settle();
    const second = await kit.claim();
    await kit.append(second.lease, [output(1, "two")]);
    await kit.complete(second.lease);
    expect(textOf(await reading)).toBe("one two");
  });

  behaves("a reader of a job that is cancelled before it runs ends", async (kit) => {
    const jobId = await kit.enqueue();
    const reading = follow(kit, jobId);
    await kit.settle();
    await kit.store.cancel(jobId, "");
    expect(await reading).toEqual([]);
  });

  behaves("never again (row 3): 297 of 5,000 events replayed", async (kit) => {
    const { lease } = await kit.running();
    for (let from = 1; from <= 5_000; from += 500) await kit.append(lease, outputs(from, from + 499));
    await kit.complete(lease);
    const events = await follow(kit, lease.jobId);
    expect(sequencesOf(events)).toEqual(numbers(1, 5_000));
  });

  behaves("never again (row 4): 2.7 % of live events received", async (kit) => {
    const { lease } = await kit.running();
    const readers: Promise<readonly JobEvent[]>[] = [];
    for (let from = 1; from <= 2_000; from += 20) {
      // Each attaches somewhere in the middle, between history and what comes.
      if (from % 400 === 1) readers.push(follow(kit, lease.jobId));
      await kit.append(lease, outputs(from, from + 19));
      await setImmediate();
    }
    await kit.complete(lease);
    const received = (await Promise.all(readers)).map(sequencesOf);
    expect(received).toHaveLength(5);
    for (const sequences of received) expect(sequences).toEqual(numbers(1, 2_000));
  });

  behaves("row 4: a live reader sees only what it asked for", async (kit) => {
    const { lease } = await kit.running();
    const reading = follow(kit, lease.jobId, { fromSequence: 100, filter: new Set([EventType.PROCESS_END]) });
    await kit.append(lease, outputs(1, 150));
    await kit.settle();
    await kit.append(lease, [processEnd(151, 0)]);
    await kit.complete(lease);
    expect(sequencesOf(await reading)).toEqual([151]);
  });

  behaves("a watcher is called for events, a new attempt and the end, until it is disposed", async (kit) => {
    const jobId = await kit.enqueue();
    let calls = 0;
    const watch = kit.store.watch(jobId, () => (calls += 1));
    const callsDuring = async (act: () => Promise<unknown>): Promise<number> => {
      const before = calls;
      await act();
      await kit.settle();
      return calls - before;
    };
    const { lease } = await kit.claim();
    await kit.settle();
    expect(calls).toBeGreaterThan(0);
    expect(await callsDuring(() => kit.append(lease, outputs(1, 1)))).toBeGreaterThan(0);
    expect(await callsDuring(() => kit.advance(leaseMs))).toBeGreaterThan(0);
    const again = await kit.claim();
    let otherCalls = 0;
    using _other = kit.store.watch(jobId, () => (otherCalls += 1));
    watch[Symbol.dispose]();
    watch[Symbol.dispose]();
    expect(await callsDuring(() => kit.complete(again.lease))).toBe(0);
    expect(otherCalls).toBeGreaterThan(0);
  });
}
