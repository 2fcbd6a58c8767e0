// SPDX-License-Identifier: Apache-2.0
import { crc32 } from "node:zlib";
import { eventTypeName } from "../../src/cli/text/names.ts";
import type { JobEvent } from "../../src/gen/job/v1/job_pb.ts";

/** One sequence of a log: an event, or an item of an output batch. However batches are cut, these stay the same. */
export interface LogItem {
  readonly attempt: number;
  readonly sequence: number;
  /** Of the output's bytes, or of the event's type. */
  readonly digest: number;
}

export function outputItem(attempt: number, sequence: number, bytes: Uint8Array): LogItem {
  return { attempt, sequence, digest: crc32(bytes) };
}

/** @param type as "process_start" */
export function eventItem(attempt: number, sequence: number, type: string): LogItem {
  return { attempt, sequence, digest: crc32(type) };
}

export function itemsOf(event: JobEvent, attempt: number): readonly LogItem[] {
  const { eventData } = event;
  const sequence = Number(event.sequence);
  if (eventData.case === "output") return [outputItem(attempt, sequence, eventData.value.output)];
  if (eventData.case === "outputBatch") {
    const start = Number(eventData.value.startSequence);
    return eventData.value.outputs.map(({ output }, index) => outputItem(attempt, start + index, output));
  }
  return [eventItem(attempt, sequence, eventTypeName(event.eventType))];
}

/** The output that an event carries; [] where it carries none. */
export function outputsOf({ eventData }: JobEvent): readonly Uint8Array[] {
  if (eventData.case === "output") return [eventData.value.output];
  if (eventData.case === "outputBatch") return eventData.value.outputs.map(({ output }) => output);
  return [];
}

export function describeItem({ attempt, sequence }: LogItem): string {
  return `attempt ${attempt}, sequence ${sequence}`;
}
