// SPDX-License-Identifier: Apache-2.0
import { fromBinary, toBinary, toJson } from "@bufbuild/protobuf";
import type { Timestamp } from "@bufbuild/protobuf/wkt";
import { type JobEvent, JobEventSchema } from "../gen/job/v1/job_pb.ts";
import { JobError } from "../job/errors.ts";
import { type EventFacts, noFacts } from "./event-facts.ts";

export interface DecodedEvent {
  readonly facts: EventFacts;
  /** Serialised anew: each field once and in order, unknown ones kept. */
  readonly bytes: Uint8Array;
}

const dataFields = new Map(
  JobEventSchema.oneofs.flatMap((oneof) =>
    oneof.fields.map((field) => [field.localName, field.number] as const),
  ),
);

/**
 * Reads an event of any kind and in any form that protobuf allows.
 * @param which names the event in a sentence, as "Event 2"
 * @throws {JobError} `invalid_request` where it is malformed, where a number is negative or above 2^53 - 1, or where
 *   a time is outside of what protobuf can say: readers of JSON could not be sent it
 */
export function decodeEventFully(bytes: Uint8Array, which: string): DecodedEvent {
  try {
    const event = fromBinary(JobEventSchema, bytes);
    const facts = factsOf(event, which);
    toJson(JobEventSchema, event);
    return { facts, bytes: toBinary(JobEventSchema, event) };
  } catch (error) {
    if (error instanceof JobError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new JobError("invalid_request", `${which} is not a valid job.v1.JobEvent: ${reason}.`, {
      cause: error,
      field: "events",
    });
  }
}

function factsOf(event: JobEvent, which: string): EventFacts {
  const facts = noFacts();
  facts.sequence = toCount(event.sequence, "sequence", which);
  facts.type = event.eventType;
  if (event.timestamp !== undefined) facts.timestampMs = toMs(event.timestamp, which);
  const { eventData } = event;
  facts.dataField = eventData.case === undefined ? 0 : (dataFields.get(eventData.case) ?? 0);
  if (eventData.case === "outputBatch") {
    const batch = eventData.value;
    facts.items = batch.outputs.length;
    facts.startSequence = toCount(batch.startSequence, "start_sequence", which);
    facts.endSequence = toCount(batch.endSequence, "end_sequence", which);
    facts.firstTimestampMs = toCount(batch.firstTimestampMs, "first_timestamp_ms", which);
  }
  return facts;
}

function toCount(value: bigint, name: string, which: string): number {
  if (value < 0n || value > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw new JobError("invalid_request", `${which} has the ${name} ${value}; send one from 0 to 2^53 - 1.`, {
      field: "events",
    });
  }
  return Number(value);
}

function toMs(timestamp: Timestamp, which: string): number {
  const ms = Number(timestamp.seconds) * 1000 + Math.floor(timestamp.nanos / 1e6);
  if (timestamp.seconds < 0n || !Number.isSafeInteger(ms)) {
    throw new JobError("invalid_request", `${which} has a timestamp before 1970 or after 9999.`, {
      field: "events",
    });
  }
  return ms;
}
