// SPDX-License-Identifier: Apache-2.0
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import type { EventType } from "../gen/job/v1/job_pb.ts";
import { JobError } from "../job/errors.ts";
import { decodeEventFully } from "./decode-event.ts";
import { createEntry } from "./entry.ts";
import { checkFacts, type EventFacts } from "./event-facts.ts";
import type { LogEntry } from "./log-entry.ts";
import { readPlainOutput } from "./plain-output.ts";

/** Serialised, of one event: it must fit into an item of DynamoDB, of 400 KB, with room for the other attributes. */
export const maxEventBytes = 358_400;

/** Events of one request: what is checked in one turn of the loop, with nothing else served. */
export const maxRequestEvents = 10_000;

/** A checked event of a request. */
export interface ScannedEvent {
  /** Serialised: a view into the request, or anew where the event is not plain output. */
  readonly bytes: Uint8Array;
  /** 0 where the worker gave none: the log numbers it. */
  readonly sequence: number;
  /** Sequences that it takes: the items of an output batch; 1 for any other. */
  readonly count: number;
  readonly type: EventType;
  /** Unix milliseconds; of an output batch that of its first item; `undefined` where the event says none. */
  readonly timestampMs: number | undefined;
  /** The event has a timestamp of its own. */
  readonly isStamped: boolean;
}

export interface ScannedPublish {
  /** "" where it is absent. */
  readonly taskToken: string;
  /** As they stand in the request. */
  readonly events: readonly ScannedEvent[];
}

/**
 * Reads a serialised AppendJobEventsRequest or PublishJobEventsRequest, which are alike, without decoding the output.
 * The events are views into `bytes`, which the caller must leave as they are.
 *
 * @throws {JobError} `invalid_request` where the bytes are malformed or an event contradicts itself; `event_too_large`
 */
export function scanPublish(bytes: Uint8Array): ScannedPublish {
  const events: ScannedEvent[] = [];
  const reader = new BinaryReader(bytes);
  let taskToken = "";
  while (reader.pos < reader.len) {
    const field = readField(reader);
    if (typeof field === "string") taskToken = field;
    else if (field !== undefined) {
      if (events.length === maxRequestEvents) refuseMore();
      events.push(scanEvent(field, events.length + 1));
    }
  }
  return { taskToken, events };
}

function refuseMore(): never {
  const message = `The request has more than ${maxRequestEvents} events; send at most that many in one.`;
  throw new JobError("invalid_request", message, { field: "events" });
}

/** @returns the task token, the bytes of an event, or `undefined` for a field that is unknown */
function readField(reader: BinaryReader): string | Uint8Array | undefined {
  try {
    const [number, wireType] = reader.tag();
    if (number !== 1 && number !== 2) {
      reader.skip(wireType, number);
      return undefined;
    }
    if (wireType !== WireType.LengthDelimited) throw new Error(`field ${number} has wire type ${wireType}`);
    return number === 1 ? reader.string(true) : reader.bytes();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new JobError("invalid_request", `The request is not a valid protobuf message: ${reason}.`, {
      cause: error,
    });
  }
}

/**
 * Reads one serialised JobEvent.
 * @param position of the event in its request, from 1 on; for the sentence of an error
 * @throws {JobError} as {@link scanPublish}
 */
export function scanEvent(bytes: Uint8Array, position = 1): ScannedEvent {
  const which = `Event ${position}`;
  if (bytes.length > maxEventBytes) {
    throw new JobError(
      "event_too_large",
      `${which} has ${bytes.length} bytes; send at most ${maxEventBytes} in one event.`,
      { field: "events" },
    );
  }
  const plain = readPlainOutput(bytes, 0, bytes.length);
  const { facts, bytes: checked } =
    plain === undefined ? decodeEventFully(bytes, which) : { facts: plain, bytes };
  return toScanned(facts, checkFacts(facts, `${which} (sequence ${facts.sequence})`), checked);
}

function toScanned(facts: EventFacts, type: EventType, bytes: Uint8Array): ScannedEvent {
  const isStamped = facts.timestampMs >= 0;
  const ownMs = isStamped ? facts.timestampMs : undefined;
  return {
    bytes,
    sequence: facts.sequence,
    count: Math.max(1, facts.items),
    type,
    timestampMs: facts.firstTimestampMs > 0 ? facts.firstTimestampMs : ownMs,
    isStamped,
  };
}

/**
 * Makes a log entry of an event, with `nowMs` (Unix milliseconds) as its time where it has none. One without a
 * sequence keeps 0 until {@link acceptEntries} numbers it.
 * @param attempt from 1 on
 */
export function toEntry(scanned: ScannedEvent, attempt: number, nowMs: number): LogEntry {
  const { sequence, count, type, timestampMs = nowMs } = scanned;
  const facts = { sequence, endSequence: sequence + count - 1, timestampMs, type };
  return createEntry(attempt, scanned.bytes, facts, scanned.isStamped ? undefined : nowMs);
}
