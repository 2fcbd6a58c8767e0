// SPDX-License-Identifier: Apache-2.0
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { EventType, type JobEvent, JobEventSchema, type OutputBatchEvent } from "../gen/job/v1/job_pb.ts";
import type { LogEntry } from "./log-entry.ts";
import { VarintReader, varintLength, writeVarint } from "./varint.ts";

/** Flags and length of an envelope. */
const envelopeBytes = 5;
/** Of StreamJobEventsResponse: `event`, field 1 with a length, and `attempt`, field 20 as a varint. */
const eventTag = 0x0a;
const attemptTag = [0xa0, 0x01] as const;
/** Of JobEvent: `timestamp`, field 2, with its `seconds` and `nanos`. */
const timestampTag = 0x12;
const secondsTag = 0x08;
const nanosTag = 0x10;

export interface EntryFacts {
  readonly sequence: number;
  readonly endSequence: number;
  readonly timestampMs: number;
  readonly type: EventType;
}

/**
 * Puts a serialised event, that was checked, into its frame.
 * @param attempt from 1 on
 * @param addedTimestampMs written behind the event where it has no timestamp of its own
 */
export function createEntry(
  attempt: number,
  eventBytes: Uint8Array,
  { sequence, endSequence, timestampMs, type }: EntryFacts,
  addedTimestampMs?: number,
): LogEntry {
  const frame = createFrame(attempt, eventBytes, addedTimestampMs);
  return { frame, sequence, endSequence, timestampMs, type };
}

function createFrame(
  attempt: number,
  eventBytes: Uint8Array,
  addedTimestampMs: number | undefined,
): Uint8Array {
  const timestamp = addedTimestampMs === undefined ? 0 : timestampLength(addedTimestampMs);
  const length = eventBytes.length + timestamp;
  const size = 1 + varintLength(length) + length + attemptTag.length + varintLength(attempt);
  // Out of Node's pool: most frames are small, and allocating each by itself costs more than all else here.
  const pooled = Buffer.allocUnsafe(envelopeBytes + size);
  pooled[0] = 0;
  pooled.writeUInt32BE(size, 1);
  // No Buffer leaves this folder: its `slice` is not that of an array.
  const frame = new Uint8Array(pooled.buffer, pooled.byteOffset, pooled.length);
  frame[envelopeBytes] = eventTag;
  let position = writeVarint(frame, envelopeBytes + 1, length);
  frame.set(eventBytes, position);
  position += eventBytes.length;
  if (addedTimestampMs !== undefined) position = writeTimestamp(frame, position, addedTimestampMs);
  frame[position++] = attemptTag[0];
  frame[position++] = attemptTag[1];
  writeVarint(frame, position, attempt);
  return frame;
}

function splitMs(ms: number): { seconds: number; nanos: number } {
  const seconds = Math.floor(ms / 1000);
  return { seconds, nanos: Math.floor(ms - seconds * 1000) * 1_000_000 };
}

/** Of the message inside its field. */
function timestampBody(ms: number): number {
  const { seconds, nanos } = splitMs(ms);
  return 1 + varintLength(seconds) + 1 + varintLength(nanos);
}

/** With tag and length, which is below 128 and so one byte. */
function timestampLength(ms: number): number {
  return 2 + timestampBody(ms);
}

function writeTimestamp(frame: Uint8Array, at: number, ms: number): number {
  const { seconds, nanos } = splitMs(ms);
  let position = at;
  frame[position++] = timestampTag;
  frame[position++] = timestampBody(ms);
  frame[position++] = secondsTag;
  position = writeVarint(frame, position, seconds);
  frame[position++] = nanosTag;
  return writeVarint(frame, position, nanos);
}

/** A frame taken apart. Frames are only ever made here, so their form is not checked again. */
function readFrame(frame: Uint8Array): { event: Uint8Array; attempt: number } {
  const reader = new VarintReader(frame, envelopeBytes + 1);
  const end = reader.nextEnd();
  const event = frame.subarray(reader.position, end);
  reader.position = end + attemptTag.length;
  return { event, attempt: reader.next() };
}

/** The event of an entry, serialised: a view into its frame. */
export function eventBytesOf(entry: LogEntry): Uint8Array {
  return readFrame(entry.frame).event;
}

/** The attempt in whose log the entry stands, from 1 on. */
export function attemptOf(entry: LogEntry): number {
  return readFrame(entry.frame).attempt;
}

export function decodeEntry(entry: LogEntry): JobEvent {
  return fromBinary(JobEventSchema, eventBytesOf(entry));
}

export interface ProcessEndFacts {
  /** 128 + n after signal n. */
  readonly exitCode: number;
  /** As "SIGKILL"; "" where the process exited. */
  readonly signal: string;
}

/** How the process ended; `undefined` where the entry is of any other type. */
export function processEndOf(entry: LogEntry): ProcessEndFacts | undefined {
  if (entry.type !== EventType.PROCESS_END) return undefined;
  const { eventData } = decodeEntry(entry);
  if (eventData.case !== "processEnd") return undefined;
  return { exitCode: eventData.value.exitCode, signal: eventData.value.signal };
}

/** The entry is of one of the types, or there are none: no filter. Output also stands for output batches. */
export function matches(entry: LogEntry, filter: ReadonlySet<EventType>): boolean {
  return (
    filter.size === 0 ||
    filter.has(entry.type) ||
    (entry.type === EventType.OUTPUT_BATCH && filter.has(EventType.OUTPUT))
  );
}

/**
 * Drops the items of an output batch that stand before `fromSequence`.
 * @param fromSequence at most the entry's `endSequence`
 * @returns the entry itself where nothing stands before
 */
export function recutEntry(entry: LogEntry, fromSequence: number): LogEntry {
  if (fromSequence <= entry.sequence) return entry;
  if (fromSequence > entry.endSequence) {
    throw new RangeError(`cannot cut ${fromSequence} out of ${entry.sequence} to ${entry.endSequence}`);
  }
  const { event, batch } = decodeBatch(entry);
  const dropped = fromSequence - entry.sequence;
  const shiftMs = batch.outputs[dropped]?.timestampDeltaMs ?? 0;
  batch.outputs = batch.outputs.slice(dropped);
  for (const item of batch.outputs) item.timestampDeltaMs = clampInt32(item.timestampDeltaMs - shiftMs);
  if (batch.firstTimestampMs !== 0n) batch.firstTimestampMs += BigInt(shiftMs);
  return renumber(entry, event, batch, { sequence: fromSequence, timestampMs: entry.timestampMs + shiftMs });
}

/** Drops the leading items of an output batch that are older. @returns `undefined` where all of the entry is */
export function dropOlder(entry: LogEntry, fromTimestampMs: number): LogEntry | undefined {
  if (entry.timestampMs >= fromTimestampMs) return entry;
  if (entry.type !== EventType.OUTPUT_BATCH) return undefined;
  const { batch } = decodeBatch(entry);
  const kept = batch.outputs.findIndex(
    (item) => entry.timestampMs + item.timestampDeltaMs >= fromTimestampMs,
  );
  return kept < 0 ? undefined : recutEntry(entry, entry.sequence + kept);
}

/** Gives a sequence to an event that came without one. */
export function numberEntry(entry: LogEntry, sequence: number): LogEntry {
  const event = decodeEntry(entry);
  const batch = event.eventData.case === "outputBatch" ? event.eventData.value : undefined;
  return renumber(entry, event, batch, { sequence, timestampMs: entry.timestampMs });
}

function decodeBatch(entry: LogEntry): { event: JobEvent; batch: OutputBatchEvent } {
  const event = decodeEntry(entry);
  if (event.eventData.case !== "outputBatch")
    throw new TypeError("only an output batch has more than one sequence");
  return { event, batch: event.eventData.value };
}

function renumber(
  entry: LogEntry,
  event: JobEvent,
  batch: OutputBatchEvent | undefined,
  { sequence, timestampMs }: { sequence: number; timestampMs: number },
): LogEntry {
  const endSequence = sequence + (batch?.outputs.length ?? 1) - 1;
  event.sequence = BigInt(sequence);
  if (batch !== undefined) {
    batch.startSequence = BigInt(sequence);
    batch.endSequence = BigInt(endSequence);
  }
  const facts = { sequence, endSequence, timestampMs, type: entry.type };
  return createEntry(attemptOf(entry), toBinary(JobEventSchema, event), facts);
}

function clampInt32(value: number): number {
  return Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, value));
}
