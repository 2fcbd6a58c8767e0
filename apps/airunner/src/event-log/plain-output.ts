// SPDX-License-Identifier: Apache-2.0
import { type EventFacts, noFacts } from "./event-facts.ts";
import { VarintReader } from "./varint.ts";

/** Field and wire type as one byte, as `job.proto` numbers them. */
const tag = {
  event: { sequence: 0x08, timestamp: 0x12, type: 0x18, output: 0x42, outputBatch: 0x52 },
  timestamp: { seconds: 0x08, nanos: 0x10 },
  output: { output: 0x0a },
  item: { output: 0x0a, streamType: 0x10, deltaMs: 0x18 },
  batch: { outputs: 0x0a, start: 0x10, end: 0x18, firstTimestampMs: 0x20, playbackMs: 0x28 },
} as const;

/** Last second of the year 9999: the end of what a Timestamp may hold. */
const lastSecond = 253_402_300_799;
const maxInt32 = 2 ** 31 - 1;

/**
 * Reads an event of output, which nearly all are, at the level of the wire: the output itself is skipped, not copied.
 *
 * Takes only the form that encoders write: each field at most once, no unknown fields, no negative numbers, all
 * lengths within bounds. Whatever it takes, a full decoder reads as the same.
 *
 * @returns `undefined` for any other event and any other form: the caller decodes those in full
 */
export function readPlainOutput(bytes: Uint8Array, start: number, end: number): EventFacts | undefined {
  const reader = new VarintReader(bytes, start, end);
  const facts = noFacts();
  // One bit for each field that was seen.
  let seen = 0;
  while (reader.position < end) {
    const field = bytes[reader.position++] ?? 0;
    const bit = 1 << (field >> 3);
    if ((seen & bit) !== 0 || !readField(reader, field, facts)) return undefined;
    seen |= bit;
  }
  return facts.dataField === 0 ? undefined : facts;
}

function readField(reader: VarintReader, field: number, facts: EventFacts): boolean {
  switch (field) {
    case tag.event.sequence:
      facts.sequence = reader.next();
      return facts.sequence >= 0;
    case tag.event.type:
      facts.type = reader.next();
      return facts.type >= 0 && facts.type <= maxInt32;
    case tag.event.timestamp:
      return within(reader, facts, readTimestamp);
    case tag.event.output:
      return setData(facts, field) && within(reader, facts, readOutput);
    case tag.event.outputBatch:
      return setData(facts, field) && within(reader, facts, readBatch);
    default:
      return false;
  }
}

/** @returns false where the event has data of another kind before: the last one counts, which decoding sorts out */
function setData(facts: EventFacts, field: number): boolean {
  if (facts.dataField !== 0) return false;
  facts.dataField = field >> 3;
  return true;
}

/** Reads a message that stands inside another. */
function within(
  reader: VarintReader,
  facts: EventFacts,
  read: (reader: VarintReader, facts: EventFacts) => boolean,
): boolean {
  const outerEnd = reader.end;
  const end = reader.nextEnd();
  if (end < 0) return false;
  reader.end = end;
  if (!read(reader, facts)) return false;
  reader.end = outerEnd;
  return true;
}

function readTimestamp(reader: VarintReader, facts: EventFacts): boolean {
  let seconds = -1;
  let nanos = -1;
  while (reader.position < reader.end) {
    const field = reader.bytes[reader.position++];
    const value = reader.next();
    if (field === tag.timestamp.seconds && seconds < 0 && value >= 0 && value <= lastSecond) seconds = value;
    else if (field === tag.timestamp.nanos && nanos < 0 && value >= 0 && value < 1e9) nanos = value;
    else return false;
  }
  facts.timestampMs = Math.max(seconds, 0) * 1000 + Math.floor(Math.max(nanos, 0) / 1e6);
  return true;
}

function readOutput(reader: VarintReader): boolean {
  if (reader.position === reader.end) return true;
  return (
    reader.bytes[reader.position++] === tag.output.output &&
    skipBytes(reader) &&
    reader.position === reader.end
  );
}

function skipBytes(reader: VarintReader): boolean {
  const end = reader.nextEnd();
  if (end < 0) return false;
  reader.position = end;
  return true;
}

function readBatch(reader: VarintReader, facts: EventFacts): boolean {
  let seen = 0;
  while (reader.position < reader.end) {
    const field = reader.bytes[reader.position++] ?? 0;
    if (field === tag.batch.outputs) {
      if (!readItem(reader)) return false;
      facts.items++;
      continue;
    }
    const value = reader.next();
    const bit = 1 << (field >> 3);
    if (value < 0 || (seen & bit) !== 0) return false;
    seen |= bit;
    if (field === tag.batch.start) facts.startSequence = value;
    else if (field === tag.batch.end) facts.endSequence = value;
    else if (field === tag.batch.firstTimestampMs) facts.firstTimestampMs = value;
    else if (field !== tag.batch.playbackMs || value > maxInt32) return false;
  }
  return true;
}

function readItem(reader: VarintReader): boolean {
  const end = reader.nextEnd();
  if (end < 0) return false;
  const outerEnd = reader.end;
  reader.end = end;
  let seen = 0;
  while (reader.position < end) {
    const field = reader.bytes[reader.position++] ?? 0;
    const bit = 1 << (field >> 3);
    if ((seen & bit) !== 0) return false;
    seen |= bit;
    if (field === tag.item.output) {
      if (!skipBytes(reader)) return false;
      continue;
    }
    if (field !== tag.item.streamType && field !== tag.item.deltaMs) return false;
    const value = reader.next();
    if (value < 0 || value > maxInt32) return false;
  }
  reader.end = outerEnd;
  return true;
}
