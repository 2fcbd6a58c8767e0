// SPDX-License-Identifier: Apache-2.0
import { EventType, EventTypeSchema } from "../gen/job/v1/job_pb.ts";
import { JobError } from "../job/errors.ts";

/** Items of one output batch: what a reader must be able to take apart at once. */
export const maxBatchItems = 10_000;

/** What an event says of itself, not yet held against each other. All numbers are from 0 to 2^53 - 1. */
export interface EventFacts {
  /** 0 where it is absent. */
  sequence: number;
  /** Unix milliseconds; -1 where it is absent. */
  timestampMs: number;
  type: number;
  /** Number of the field of `event_data` that is set; 0 where none is. */
  dataField: number;
  /** Of an output batch; 0 in all others. */
  items: number;
  startSequence: number;
  endSequence: number;
  firstTimestampMs: number;
}

export function noFacts(): EventFacts {
  return {
    sequence: 0,
    timestampMs: -1,
    type: 0,
    dataField: 0,
    items: 0,
    startSequence: 0,
    endSequence: 0,
    firstTimestampMs: 0,
  };
}

/** The field of `event_data` stands 3 behind the number of its type, from PROCESS_START = 1 to GIT_CLONE_ERROR = 15. */
const fieldOfType = 3;

function refuse(which: string, what: string): never {
  throw new JobError("invalid_request", `${which} ${what}`, { field: "events" });
}

const knownTypes = new Map<number, EventType>(Object.values(EventType).map((type) => [type, type]));

function nameOf(type: number): string {
  return EventTypeSchema.values.find(({ number }) => number === type)?.localName ?? String(type);
}

function checkType({ type, dataField }: EventFacts, which: string): EventType {
  const known = knownTypes.get(type);
  if (known === undefined || known === EventType.UNSPECIFIED) {
    refuse(which, `has the event_type ${type}; send one of 1 to 15.`);
  }
  if (dataField === 0) {
    refuse(which, `has the event_type ${nameOf(type)} and no event_data; send the data that belongs to it.`);
  }
  if (dataField !== type + fieldOfType) {
    const other = nameOf(dataField - fieldOfType);
    refuse(which, `has the event_type ${nameOf(type)} and event_data of ${other}; they must be of one kind.`);
  }
  return known;
}

function checkBatch({ sequence, items, startSequence, endSequence }: EventFacts, which: string): void {
  if (items === 0) refuse(which, "is an output batch without outputs; send at least one.");
  if (items > maxBatchItems) {
    refuse(which, `is an output batch of ${items} outputs; send at most ${maxBatchItems} in one.`);
  }
  if (startSequence !== sequence) {
    refuse(which, `is an output batch whose start_sequence is ${startSequence}; it must equal the sequence.`);
  }
  const isUnnumbered = sequence === 0 && endSequence === 0;
  if (!isUnnumbered && endSequence - startSequence + 1 !== items) {
    refuse(
      which,
      `is an output batch of ${items} outputs from ${startSequence} to ${endSequence}; each output has one sequence.`,
    );
  }
}

/**
 * Refuses what contradicts itself.
 * @param which names the event in a sentence, as "Event 2 (sequence 17)"
 * @returns its type
 * @throws {JobError} `invalid_request`
 */
export function checkFacts(facts: EventFacts, which: string): EventType {
  const type = checkType(facts, which);
  if (type === EventType.OUTPUT_BATCH) checkBatch(facts, which);
  return type;
}
