// SPDX-License-Identifier: Apache-2.0
import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import {
  AppendJobEventsRequestSchema,
  EventType,
  type JobEvent,
  JobEventSchema,
} from "../gen/job/v1/job_pb.ts";
import { decodeEntry } from "./entry.ts";
import type { LogEntry } from "./log-entry.ts";
import { scanEvent, toEntry } from "./scan-event.ts";

/** For tests. Beginning of the time in which made events happen. */
export const epochMs = 1_795_000_000_000;

export type EventInit = MessageInitShape<typeof JobEventSchema>;

export interface Line {
  readonly text: string;
  readonly deltaMs: number;
}

export function heartbeat(sequence: number, timestampMs = epochMs): JobEvent {
  return create(JobEventSchema, {
    sequence: BigInt(sequence),
    timestamp: timestampFromMs(timestampMs),
    eventType: EventType.HEARTBEAT,
    eventData: { case: "heartbeat", value: { processAlive: true } },
  });
}

export function output(sequence: number, text: string, timestampMs = epochMs): JobEvent {
  return create(JobEventSchema, {
    sequence: BigInt(sequence),
    timestamp: timestampFromMs(timestampMs),
    eventType: EventType.OUTPUT,
    eventData: { case: "output", value: { output: new TextEncoder().encode(text) } },
  });
}

export function processEnd(sequence: number, exitCode: number, signal = ""): JobEvent {
  return create(JobEventSchema, {
    sequence: BigInt(sequence),
    timestamp: timestampFromMs(epochMs),
    eventType: EventType.PROCESS_END,
    eventData: { case: "processEnd", value: { pid: 1, exitCode, signal } },
  });
}

/** A batch whose first item has `sequence`. */
export function outputBatch(sequence: number, lines: readonly Line[], firstTimestampMs = epochMs): JobEvent {
  return create(JobEventSchema, {
    sequence: BigInt(sequence),
    timestamp: timestampFromMs(firstTimestampMs + 2000),
    eventType: EventType.OUTPUT_BATCH,
    eventData: {
      case: "outputBatch",
      value: {
        outputs: lines.map(({ text, deltaMs }) => ({
          output: new TextEncoder().encode(text),
          timestampDeltaMs: deltaMs,
        })),
        startSequence: BigInt(sequence),
        endSequence: BigInt(sequence + lines.length - 1),
        firstTimestampMs: BigInt(firstTimestampMs),
      },
    },
  });
}

export function serialise(event: EventInit): Uint8Array {
  return toBinary(JobEventSchema, create(JobEventSchema, event));
}

export function appendRequest(taskToken: string, events: EventInit[]): Uint8Array {
  return toBinary(AppendJobEventsRequestSchema, create(AppendJobEventsRequestSchema, { taskToken, events }));
}

/** An entry as a store is handed it. */
export function entryOf(event: EventInit, attempt = 1): LogEntry {
  return toEntry(scanEvent(serialise(event)), attempt, epochMs);
}

/** What a reader sees of some entries: one row for each sequence. */
export interface SeenItem {
  readonly sequence: number;
  readonly text: string;
  readonly timestampMs: number;
  readonly type: EventType;
}

export function seenItems(entries: readonly LogEntry[]): SeenItem[] {
  return entries.flatMap((entry) => {
    const { eventData, sequence } = decodeEntry(entry);
    const first = Number(sequence);
    if (eventData.case === "outputBatch") {
      const { outputs, firstTimestampMs } = eventData.value;
      return outputs.map((item, index) => ({
        sequence: first + index,
        text: new TextDecoder().decode(item.output),
        timestampMs: Number(firstTimestampMs) + item.timestampDeltaMs,
        type: entry.type,
      }));
    }
    const text = eventData.case === "output" ? new TextDecoder().decode(eventData.value.output) : "";
    return [{ sequence: first, text, timestampMs: entry.timestampMs, type: entry.type }];
  });
}

/** How a run of events looks before it has sequences and times. */
export interface EventShape {
  readonly kind: "heartbeat" | "output" | "batch";
  readonly pauseMs: number;
  /** Of the items behind the first, of a batch. */
  readonly deltasMs: readonly number[];
}

export const eventShapes: fc.Arbitrary<EventShape[]> = fc.array(
  fc.record({
    kind: fc.constantFrom("heartbeat" as const, "output" as const, "batch" as const),
    pauseMs: fc.nat(50),
    deltasMs: fc.array(fc.nat(40), { maxLength: 6 }),
  }),
  { maxLength: 30, size: "max" },
);

/** The events of a log that is dense from 1 on, in the order of time. */
export function toEvents(shapes: readonly EventShape[], label = ""): JobEvent[] {
  let sequence = 1;
  let timeMs = epochMs;
  return shapes.map((shape) => {
    timeMs += shape.pauseMs;
    const text = `${label}${sequence}`;
    if (shape.kind === "heartbeat") return heartbeat(sequence++, timeMs);
    if (shape.kind === "output") return output(sequence++, text, timeMs);
    const firstMs = timeMs;
    const first = sequence;
    const deltasMs = [0, ...shape.deltasMs.toSorted((a, b) => a - b)];
    const lines = deltasMs.map((deltaMs, index) => ({ text: `${label}${first + index}`, deltaMs }));
    sequence += lines.length;
    timeMs += deltasMs.at(-1) ?? 0;
    return outputBatch(first, lines, firstMs);
  });
}
