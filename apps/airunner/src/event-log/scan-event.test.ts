// SPDX-License-Identifier: Apache-2.0
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { type Timestamp, TimestampSchema } from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import { test } from "vitest";
import { EventType, JobEventSchema } from "../gen/job/v1/job_pb.ts";
import { JobError } from "../job/errors.ts";
import { attemptOf, decodeEntry } from "./entry.ts";
import { maxBatchItems } from "./event-facts.ts";
import { maxEventBytes, maxRequestEvents, scanEvent, scanPublish, toEntry } from "./scan-event.ts";
import {
  appendRequest,
  type EventInit,
  epochMs,
  eventShapes,
  heartbeat,
  output,
  outputBatch,
  processEnd,
  serialise,
  toEvents,
} from "./testing.ts";

const line = { text: "a", deltaMs: 0 };

function codeOf(run: () => unknown): string {
  try {
    run();
    return "accepted";
  } catch (error) {
    if (error instanceof JobError) return error.code;
    throw error;
  }
}

function expectedFacts(bytes: Uint8Array) {
  const event = fromBinary(JobEventSchema, bytes);
  const { timestamp, eventData } = event;
  const ownMs = timestamp && Number(timestamp.seconds) * 1000 + Math.floor(timestamp.nanos / 1_000_000);
  const batch = eventData.case === "outputBatch" ? eventData.value : undefined;
  return {
    sequence: Number(event.sequence),
    count: batch?.outputs.length ?? 1,
    type: event.eventType,
    timestampMs: batch && batch.firstTimestampMs > 0n ? Number(batch.firstTimestampMs) : ownMs,
    isStamped: timestamp !== undefined,
  };
}

test("tells of every event what a full decoder tells, and keeps its content", ({ expect }) => {
  fc.assert(
    fc.property(eventShapes, (shapes) => {
      const events = toEvents(shapes);
      const { taskToken, events: scanned } = scanPublish(appendRequest("v1|token", events));
      expect(taskToken).toBe("v1|token");
      expect(scanned.length).toBe(events.length);
      for (const [index, { bytes, ...facts }] of scanned.entries()) {
        const sent = serialise(events[index] ?? {});
        expect(facts).toEqual(expectedFacts(sent));
        expect([...bytes]).toEqual([...sent]);
      }
    }),
  );
});

interface Damage {
  readonly kind: "set" | "cut" | "insert" | "remove" | "repeat";
  readonly at: number;
  readonly byte: number;
}

const damages = fc.array(
  fc.record({
    kind: fc.constantFrom(
      "set" as const,
      "cut" as const,
      "insert" as const,
      "remove" as const,
      "repeat" as const,
    ),
    at: fc.nat(),
    byte: fc.nat(255),
  }),
  { maxLength: 4 },
);

function damage(bytes: Uint8Array, changes: readonly Damage[]): Uint8Array {
  let result = [...bytes];
  for (const { kind, at, byte } of changes) {
    const place = at % (result.length + 1);
    if (kind === "set" && place < result.length) result[place] = byte;
    else if (kind === "cut") result = result.slice(0, place);
    else if (kind === "insert") result.splice(place, 0, byte);
    else if (kind === "remove") result.splice(place, 1);
    else result.push(...result.slice(place));
  }
  return Uint8Array.from(result);
}

const oneEvent = fc.oneof(
  eventShapes.map((shapes) => serialise(toEvents(shapes)[0] ?? heartbeat(1))),
  fc.constantFrom(serialise(processEnd(3, 137, "SIGKILL")), serialise(outputBatch(5, [line, line]))),
  fc.uint8Array({ maxLength: 40 }),
);

test("takes nothing that the full decoder refuses, and reads all it takes as that does", ({ expect }) => {
  let taken = 0;
  let refused = 0;
  fc.assert(
    fc.property(oneEvent, damages, (event, changes) => {
      const bytes = damage(event, changes);
      // Amid other bytes, so that reading past an end would be seen as another result.
      const amid = new Uint8Array(bytes.length + 32).fill(0x08);
      amid.set(bytes, 16);
      const view = amid.subarray(16, 16 + bytes.length);
      const code = codeOf(() => scanEvent(view));
      if (code !== "accepted") {
        expect(code).toBe("invalid_request");
        refused++;
        return;
      }
      taken++;
      const { bytes: kept, ...facts } = scanEvent(view);
      expect(facts).toEqual(expectedFacts(bytes));
      const decoded = fromBinary(JobEventSchema, bytes);
      expect(fromBinary(JobEventSchema, kept)).toEqual(decoded);
      expect(facts.type).toBe(decoded.eventType);
    }),
    { numRuns: 3000 },
  );
  // Else the property would say nothing.
  expect(Math.min(taken, refused)).toBeGreaterThan(300);
});

test("refuses any damaged request with a stable code, or reads it", ({ expect }) => {
  fc.assert(
    fc.property(eventShapes, damages, (shapes, changes) => {
      const bytes = damage(appendRequest("token", toEvents(shapes)), changes);
      expect(["accepted", "invalid_request"]).toContain(codeOf(() => scanPublish(bytes)));
    }),
    { numRuns: 1000 },
  );
});

/** One field of a message, written by hand. */
function field(number: number, value: number | bigint | Uint8Array): Uint8Array {
  const writer = new BinaryWriter();
  if (value instanceof Uint8Array) return writer.tag(number, WireType.LengthDelimited).bytes(value).finish();
  return writer.tag(number, WireType.Varint).int64(BigInt(value)).finish();
}

function stamp(seconds: bigint, nanos = 0): Timestamp {
  return create(TimestampSchema, { seconds, nanos });
}

const empty = new Uint8Array();
function bytesOf(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}

const whole = serialise(output(7, "text"));
const typed = field(3, EventType.OUTPUT);
const text = field(1, new TextEncoder().encode("text"));
const numbers = bytesOf(field(2, 7), field(3, 7));
const batchType = field(3, EventType.OUTPUT_BATCH);
const twoItems = bytesOf(field(1, text), field(1, text), numbers);
const overrunning = bytesOf(field(1, text).with(1, 2), numbers);
/** An event with one item, whose sequence is 7. */
function batchOf(item: Uint8Array, more: Uint8Array = empty): Uint8Array {
  const batch = bytesOf(field(1, item), numbers, more);
  return bytesOf(field(1, 7), batchType, field(10, batch));
}

const oddForms: readonly (readonly [string, Uint8Array])[] = [
  ["a sequence sent twice: the last counts", bytesOf(whole, field(1, 9))],
  ["a timestamp in two parts, which are merged", bytesOf(whole, field(2, field(2, 5_000_000)))],
  ["an empty timestamp before other fields", bytesOf(field(2, empty), field(1, 7), whole)],
  ["an unknown number", bytesOf(whole, field(30, 1))],
  [
    "an unknown group",
    bytesOf(whole, new BinaryWriter().tag(31, WireType.StartGroup).tag(31, WireType.EndGroup).finish()),
  ],
  ["an output in two parts", bytesOf(typed, field(8, text), field(8, text))],
  ["two outputs in one", bytesOf(typed, field(8, bytesOf(text, text)))],
  ["an unknown field behind the output", bytesOf(typed, field(8, bytesOf(text, field(9, 1))))],
  ["a timestamp that is none of the event's", bytesOf(typed, field(8, bytesOf(text, field(2, field(1, 5)))))],
  ["data of two kinds: the last counts", bytesOf(field(10, twoItems), typed, field(8, text))],
  ["an item whose output runs past it", bytesOf(field(1, 7), batchType, field(10, overrunning))],
  ["an item with a field twice", batchOf(bytesOf(text, text))],
  ["a time of an item above 32 bits", batchOf(bytesOf(text, field(3, 2 ** 32 + 5)))],
  ["a hint above 32 bits", batchOf(text, field(5, 2 ** 32 + 5))],
  ["a type above 32 bits", bytesOf(whole, field(3, 2 ** 32 + EventType.OUTPUT))],
  ["a number of a batch sent twice", batchOf(text, field(3, 7))],
];

test.for(oddForms)("reads %s", ([, bytes], { expect }) => {
  const { bytes: kept, ...facts } = scanEvent(bytes);
  expect(facts).toEqual(expectedFacts(bytes));
  expect(fromBinary(JobEventSchema, kept)).toEqual(fromBinary(JobEventSchema, bytes));
  // Later readers, of other languages too, need not know such forms.
  expect([...kept]).toEqual([...toBinary(JobEventSchema, fromBinary(JobEventSchema, bytes))]);
});

const plainForms: readonly (readonly [string, Uint8Array])[] = [
  ["an empty timestamp", bytesOf(field(2, empty), field(1, 7), typed, field(8, empty))],
  ["an empty item", batchOf(empty)],
  ["no timestamp and no sequence", bytesOf(typed, field(8, text))],
  ["fields in another order", bytesOf(field(8, text), typed, field(2, field(2, 5)), field(1, 7))],
];

test.for(plainForms)("takes %s as it is", ([, bytes], { expect }) => {
  const { bytes: kept, ...facts } = scanEvent(bytes);
  expect(facts).toEqual(expectedFacts(bytes));
  expect(kept).toBe(bytes);
});

const outputs = [{ output: empty }, { output: empty }];

function batchFrom(sequence: bigint, startSequence: bigint, endSequence: bigint): EventInit {
  return {
    sequence,
    eventType: EventType.OUTPUT_BATCH,
    eventData: { case: "outputBatch", value: { outputs, startSequence, endSequence } },
  };
}

const refusals: readonly (readonly [what: string, init: EventInit, message: RegExp])[] = [
  ["no type", { eventType: EventType.UNSPECIFIED }, /event_type 0; send one of 1 to 15/],
  ["a type of the future", { eventType: 16 as EventType }, /event_type 16/],
  ["no data", { eventData: { case: undefined } }, /OUTPUT and no event_data/],
  ["data of another kind", { eventType: EventType.PROCESS_END }, /PROCESS_END and event_data of OUTPUT;/],
  ["a negative sequence", { sequence: -1n }, /sequence -1; send one from 0 to 2\^53 - 1/],
  ["a sequence above 2^53 - 1", { sequence: 2n ** 53n }, /sequence 9007199254740992/],
  ["a time before 1970", { timestamp: stamp(-1n) }, /before 1970/],
  ["a time after 9999", { timestamp: stamp(253_402_300_800n) }, /^Event \d /],
  ["too many nanoseconds", { timestamp: stamp(1n, 1_000_000_000) }, /^Event \d /],
  [
    "a time that JSON cannot say, inside",
    {
      eventType: EventType.PROCESS_START,
      eventData: { case: "processStart", value: { startedAt: stamp(-62_135_596_801n) } },
    },
    /not a valid job\.v1\.JobEvent/,
  ],
  [
    "a batch without outputs",
    { eventType: EventType.OUTPUT_BATCH, eventData: { case: "outputBatch", value: {} } },
    /without outputs/,
  ],
  [
    "a batch that starts elsewhere",
    batchFrom(3n, 4n, 5n),
    /\(sequence 3\) .* start_sequence is 4; it must equal/,
  ],
  ["a batch that counts wrong", batchFrom(3n, 3n, 5n), /2 outputs from 3 to 5/],
  ["a batch that ends before 0", batchFrom(3n, 3n, -4n), /end_sequence -4/],
  [
    "a batch of too many",
    outputBatch(
      1,
      Array.from({ length: maxBatchItems + 1 }, () => line),
    ),
    /10001 outputs; send at most 10000/,
  ],
];

test.for(refusals)("refuses %s", ([, init, message], { expect }) => {
  const fields: EventInit = {
    timestamp: stamp(1n),
    eventType: EventType.OUTPUT,
    eventData: { case: "output", value: {} },
  };
  const event: EventInit = Object.assign({}, fields, init);
  expect(() => scanEvent(serialise(event))).toThrow(message);
  const request = appendRequest("token", [heartbeat(1), event]);
  expect(codeOf(() => scanPublish(request))).toBe("invalid_request");
  expect(() => scanPublish(request)).toThrow(/^Event 2 /);
});

test("takes the largest event there may be and refuses one byte more", ({ expect }) => {
  const overhead = serialise(output(1, "x".repeat(300_000))).length - 300_000;
  const largest = serialise(output(1, "x".repeat(maxEventBytes - overhead)));
  expect(largest.length).toBe(maxEventBytes);
  expect(scanEvent(largest).count).toBe(1);
  const larger = appendRequest("", [output(1, "x".repeat(maxEventBytes - overhead + 1))]);
  expect(codeOf(() => scanPublish(larger))).toBe("event_too_large");
});

test("takes as many events as a request may have and no more", ({ expect }) => {
  const events = Array.from({ length: maxRequestEvents }, (_, index) => output(index + 1, ""));
  expect(scanPublish(appendRequest("", events)).events.length).toBe(maxRequestEvents);
  const request = appendRequest("", [...events, output(maxRequestEvents + 1, "")]);
  expect(() => scanPublish(request)).toThrow("more than 10000 events; send at most that many in one.");
  expect(codeOf(() => scanPublish(request))).toBe("invalid_request");
});

test("takes a batch of the most items", ({ expect }) => {
  const event = outputBatch(
    1,
    Array.from({ length: maxBatchItems }, () => line),
  );
  expect(scanEvent(serialise(event)).count).toBe(maxBatchItems);
});

test("takes a batch whose clock went back", ({ expect }) => {
  const bytes = serialise(outputBatch(1, [line, { text: "b", deltaMs: -500 }]));
  expect(scanEvent(bytes)).toMatchObject({ count: 2, timestampMs: epochMs });
});

const withoutEvents: readonly (readonly [string, Uint8Array])[] = [
  ["an empty request", empty],
  ["a request of a later version", Buffer.concat([field(30, 1), field(31, empty)])],
];

test.for(withoutEvents)("finds no events in %s", ([, bytes], { expect }) => {
  expect(scanPublish(bytes)).toEqual({ taskToken: "", events: [] });
});

const malformed: readonly (readonly [string, Uint8Array])[] = [
  ["a token that is not UTF-8", field(1, Uint8Array.of(0xff))],
  ["a token that is a number", field(1, 1)],
  ["an event that is cut off", Uint8Array.of(0x12, 5, 0)],
  ["a field with number 0", Uint8Array.of(0x02, 0)],
  ["a group without end", Uint8Array.of(0x1b)],
  ["deep groups", new Uint8Array(100_000).fill(0x1b)],
];

test.for(malformed)("refuses %s", ([, bytes], { expect }) => {
  expect(() => scanPublish(bytes)).toThrow(/^The request is not a valid protobuf message/);
  expect(codeOf(() => scanPublish(bytes))).toBe("invalid_request");
});

test("stamps an event that has no time, and no other", ({ expect }) => {
  const timeless = output(4, "text");
  delete timeless.timestamp;
  const withoutTime = serialise(timeless);
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 4_000_000_000_000 }),
      fc.integer({ min: 1, max: 1e9 }),
      (nowMs, attempt) => {
        const scanned = scanEvent(withoutTime);
        const entry = toEntry(scanned, attempt, nowMs);
        expect(entry).toMatchObject({
          sequence: 4,
          endSequence: 4,
          timestampMs: nowMs,
          type: EventType.OUTPUT,
        });
        expect(attemptOf(entry)).toBe(attempt);
        expect(decodeEntry(entry)).toEqual(output(4, "text", nowMs));
      },
    ),
  );
  const stamped = toEntry(scanEvent(serialise(output(4, "text"))), 1, 5);
  expect(stamped.timestampMs).toBe(epochMs);
  expect(decodeEntry(stamped)).toEqual(output(4, "text"));
});
