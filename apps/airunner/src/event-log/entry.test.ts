// SPDX-License-Identifier: Apache-2.0
import { create, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { test } from "vitest";
import { EventType, StreamJobEventsResponseSchema } from "../gen/job/v1/job_pb.ts";
import {
  attemptOf,
  decodeEntry,
  dropOlder,
  eventBytesOf,
  matches,
  numberEntry,
  processEndOf,
  recutEntry,
} from "./entry.ts";
import {
  entryOf,
  epochMs,
  eventShapes,
  heartbeat,
  output,
  outputBatch,
  processEnd,
  seenItems,
  serialise,
  toEvents,
} from "./testing.ts";

test("frames an event exactly as the library encodes the response to a stream", ({ expect }) => {
  fc.assert(
    fc.property(eventShapes, fc.integer({ min: 1, max: 2 ** 31 - 1 }), (shapes, attempt) => {
      for (const event of toEvents(shapes)) {
        const entry = entryOf(event, attempt);
        const message = toBinary(
          StreamJobEventsResponseSchema,
          create(StreamJobEventsResponseSchema, { event, attempt }),
        );
        const head = Buffer.alloc(5);
        head.writeUInt32BE(message.length, 1);
        expect(Buffer.concat([head, message]).equals(entry.frame)).toBe(true);
        expect(attemptOf(entry)).toBe(attempt);
        expect(Buffer.from(eventBytesOf(entry)).equals(serialise(event))).toBe(true);
        expect(decodeEntry(entry)).toEqual(event);
      }
    }),
  );
});

const deltas = fc.array(fc.integer({ min: -20, max: 200 }), { minLength: 1, maxLength: 8 });

function batchOf(sequence: number, deltasMs: readonly number[]) {
  return entryOf(
    outputBatch(
      sequence,
      [0, ...deltasMs].map((deltaMs, index) => ({ text: `${index}`, deltaMs })),
    ),
    3,
  );
}

test("cuts a batch so that the rest keeps its numbers, times and content", ({ expect }) => {
  fc.assert(
    fc.property(deltas, fc.integer({ min: 1, max: 1e12 }), fc.nat(8), (deltasMs, sequence, offset) => {
      const entry = batchOf(sequence, deltasMs);
      const from = Math.min(sequence + offset, entry.endSequence);
      const cut = recutEntry(entry, from);
      expect(seenItems([cut])).toEqual(seenItems([entry]).filter((item) => item.sequence >= from));
      expect(cut).toMatchObject({ sequence: from, endSequence: entry.endSequence, type: entry.type });
      expect(cut.timestampMs).toBe(seenItems([cut])[0]?.timestampMs);
      expect(attemptOf(cut)).toBe(3);
      const { eventData, timestamp } = decodeEntry(cut);
      expect(timestamp).toEqual(decodeEntry(entry).timestamp);
      expect(eventData.value).toMatchObject({
        startSequence: BigInt(from),
        endSequence: BigInt(entry.endSequence),
      });
    }),
  );
});

test("leaves an entry alone where nothing is to be cut, and cuts nothing to nothing", ({ expect }) => {
  const entry = batchOf(5, [1, 2]);
  expect(recutEntry(entry, 5)).toBe(entry);
  expect(recutEntry(entry, 0)).toBe(entry);
  expect(() => recutEntry(entry, 8)).toThrow(RangeError);
});

test("drops the leading items that are older, and all where all are", ({ expect }) => {
  fc.assert(
    fc.property(deltas, fc.integer({ min: -30, max: 230 }), (deltasMs, offset) => {
      const entry = batchOf(10, deltasMs);
      const fromMs = epochMs + offset;
      const items = seenItems([entry]);
      const start = items.findIndex((item) => item.timestampMs >= fromMs);
      const kept = dropOlder(entry, fromMs);
      expect(kept === undefined ? [] : seenItems([kept])).toEqual(start < 0 ? [] : items.slice(start));
    }),
  );
  expect(dropOlder(entryOf(heartbeat(1, 99)), 100)).toBeUndefined();
  const inTime = entryOf(heartbeat(1, 100));
  expect(dropOlder(inTime, 100)).toBe(inTime);
});

test("numbers an event, and a batch with all its items", ({ expect }) => {
  const single = numberEntry(entryOf(output(0, "text"), 4), 12);
  expect(single).toMatchObject({ sequence: 12, endSequence: 12 });
  expect(decodeEntry(single)).toEqual(output(12, "text"));
  expect(attemptOf(single)).toBe(4);
  const lines = [
    { text: "a", deltaMs: 0 },
    { text: "b", deltaMs: 3 },
  ];
  const unnumbered = outputBatch(0, lines);
  if (unnumbered.eventData.case === "outputBatch") unnumbered.eventData.value.endSequence = 0n;
  const entry = entryOf(unnumbered);
  expect(entry).toMatchObject({ sequence: 0, endSequence: 1 });
  expect(decodeEntry(numberEntry(entry, 7))).toEqual(outputBatch(7, lines));
});

test("tells how the process ended", ({ expect }) => {
  expect(processEndOf(entryOf(processEnd(9, 137, "SIGKILL")))).toEqual({ exitCode: 137, signal: "SIGKILL" });
  expect(processEndOf(entryOf(processEnd(9, 0)))).toEqual({ exitCode: 0, signal: "" });
  expect(processEndOf(entryOf(heartbeat(9)))).toBeUndefined();
});

test.for([
  ["all without a filter", [], [true, true, true]],
  ["batches where output is asked for", [EventType.OUTPUT], [false, true, true]],
  ["no single output where batches are", [EventType.OUTPUT_BATCH], [false, false, true]],
  ["its own type", [EventType.HEARTBEAT, EventType.PROCESS_END], [true, false, false]],
] as const)("matches %s", ([, filter, expected], { expect }) => {
  const entries = [entryOf(heartbeat(1)), entryOf(output(1, "a")), batchOf(1, [1])];
  expect(entries.map((entry) => matches(entry, new Set<EventType>(filter)))).toEqual(expected);
});
