// SPDX-License-Identifier: Apache-2.0
import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  EventType,
  type JobEvent,
  type OutputBatchEvent,
  type StreamJobEventsRequestSchema,
  StreamType,
} from "../../gen/job/v1/job_pb.ts";
import { toMs } from "../text/times.ts";
import type { FeedItem, OutputChunk } from "./feed.ts";

export interface CursorOptions {
  readonly jobId: string;
  /** 0: the latest, then each later one; else this one alone. */
  readonly attempt: number;
  /** The latest attempt as far as it is known; 0 where it is not. */
  readonly latestAttempt: number;
  /** Inclusive; 0 is the start. */
  readonly fromSequence: number;
  /** Unix milliseconds; 0 is none. */
  readonly fromTimestamp: number;
  /** [] is all. */
  readonly filter: readonly EventType[];
  /**
   * The server is a Go program: it starts a batch's replay at the batch after the one that holds the position, and
   * sends live events past all filters.
   */
  readonly isLegacy: boolean;
}

/** Items of a batch of the Go program at most: so far back a position can lie inside of a batch. */
const legacyBatchItems = 50;

/** Knows where in a job's log the reader stands: what to ask for next, and what of an answer is new. */
export class LogCursor {
  readonly #options: CursorOptions;
  #attempt: number;
  #last: number;
  #hasSeen = false;

  constructor(options: CursorOptions) {
    this.#options = options;
    this.#attempt = options.attempt === 0 ? options.latestAttempt : options.attempt;
    this.#last = Math.max(0, options.fromSequence - 1);
  }

  get attempt(): number {
    return Math.max(1, this.#attempt);
  }

  get lastSequence(): number {
    return this.#last;
  }

  /** The request that goes on where the last event ended. */
  request(): MessageInitShape<typeof StreamJobEventsRequestSchema> {
    const { jobId, attempt, isLegacy, filter, fromTimestamp } = this.#options;
    const from = this.#last === 0 ? 0 : this.#last + 1;
    // What was seen ended with a whole batch; only the user's own position may lie inside of one.
    const early = isLegacy && !this.#hasSeen ? Math.max(0, from - legacyBatchItems + 1) : from;
    return {
      jobId,
      fromSequence: BigInt(early),
      fromTimestamp: BigInt(fromTimestamp),
      // Such a server tells no results: the end of the process says how the job went.
      eventFilter:
        isLegacy && filter.length > 0
          ? [...new Set([...filter, EventType.PROCESS_END, EventType.PROCESS_ERROR])]
          : [...filter],
      attempt: attempt === 0 ? this.#attempt : attempt,
      followAttempts: attempt === 0 && this.#attempt > 0,
    };
  }

  /** What is new in an event, for a view; [] where nothing is. */
  take(event: JobEvent, eventAttempt: number): readonly FeedItem[] {
    const attempt = eventAttempt === 0 ? this.attempt : eventAttempt;
    if (this.#attempt !== 0 && attempt < this.#attempt) return [];
    const items: FeedItem[] = [];
    if (this.#attempt !== 0 && attempt > this.#attempt) {
      items.push({ kind: "attempt", attempt });
      this.#last = 0;
    }
    this.#attempt = attempt;
    const sequence = Number(event.sequence);
    const end = endSequenceOf(event);
    // A log without numbers, as a foreign worker may write it, cannot be told apart from repeats: shown as it is.
    if (end !== 0 && end <= this.#last) return items;
    if (this.#isGap(sequence)) items.push({ kind: "gap", attempt, after: this.#last, next: sequence });
    if (this.#isWanted(event.eventType)) items.push(toItem(event, attempt, this.#last));
    this.#last = Math.max(this.#last, end);
    this.#hasSeen = true;
    return items;
  }

  #isGap(sequence: number): boolean {
    const { filter, fromTimestamp } = this.#options;
    if (filter.length > 0 || fromTimestamp !== 0) return false;
    return this.#hasSeen && sequence > this.#last + 1;
  }

  #isWanted(type: EventType): boolean {
    const { filter } = this.#options;
    if (filter.length === 0) return true;
    return filter.includes(type) || (type === EventType.OUTPUT_BATCH && filter.includes(EventType.OUTPUT));
  }
}

function endSequenceOf(event: JobEvent): number {
  const { eventData } = event;
  if (eventData.case !== "outputBatch") return Number(event.sequence);
  return Math.max(Number(event.sequence), Number(eventData.value.endSequence));
}

function toItem(event: JobEvent, attempt: number, seen: number): FeedItem {
  const { eventData } = event;
  const sequence = Number(event.sequence);
  const atMs = toMs(event.timestamp);
  if (eventData.case === "outputBatch") {
    return { kind: "output", attempt, chunks: chunksOf(eventData.value, sequence, seen) };
  }
  if (eventData.case === "output") {
    const chunk = {
      bytes: eventData.value.output,
      stream: StreamType.UNSPECIFIED,
      sequence,
      atMs: atMs ?? 0,
    };
    return { kind: "output", attempt, chunks: [chunk] };
  }
  return { kind: "event", attempt, sequence, atMs, event };
}

/** The items of a batch behind `seen`: each has one sequence, the first that of the batch. */
function chunksOf(batch: OutputBatchEvent, sequence: number, seen: number): readonly OutputChunk[] {
  const start = Number(batch.startSequence) || sequence;
  const firstMs = Number(batch.firstTimestampMs);
  return batch.outputs
    .map((item, index) => ({
      bytes: item.output,
      stream: item.streamType,
      sequence: start + index,
      atMs: firstMs + item.timestampDeltaMs,
    }))
    .filter((chunk) => chunk.sequence > seen || chunk.sequence === 0);
}
