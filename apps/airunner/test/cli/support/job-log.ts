// SPDX-License-Identifier: Apache-2.0
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { durationFromMs, timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  AttemptState,
  EventType,
  type GetJobResponseSchema,
  type JobEvent,
  JobEventSchema,
  JobState,
  ResultReason,
  type StreamJobEventsRequest,
  type StreamJobEventsResponseSchema,
} from "../../../src/gen/job/v1/job_pb.ts";

export const jobId = "0193a2f0-0000-7000-8000-000000000001";
export const startMs = Date.UTC(2026, 10, 21, 12, 0, 0);

type Response = MessageInitShape<typeof StreamJobEventsResponseSchema>;

export function startEvent(sequence: number): JobEvent {
  return create(JobEventSchema, {
    sequence: BigInt(sequence),
    timestamp: timestampFromMs(startMs),
    eventType: EventType.PROCESS_START,
    eventData: { case: "processStart", value: { pid: 4711 } },
  });
}

export function endEvent(sequence: number, exitCode: number): JobEvent {
  return create(JobEventSchema, {
    sequence: BigInt(sequence),
    timestamp: timestampFromMs(startMs + 2_500),
    eventType: EventType.PROCESS_END,
    eventData: { case: "processEnd", value: { pid: 4711, exitCode, runDuration: durationFromMs(2_500) } },
  });
}

/** One item of output for each text, 10 ms apart. */
export function batchEvent(sequence: number, texts: readonly string[]): JobEvent {
  return create(JobEventSchema, {
    sequence: BigInt(sequence),
    timestamp: timestampFromMs(startMs + sequence * 10),
    eventType: EventType.OUTPUT_BATCH,
    eventData: {
      case: "outputBatch",
      value: {
        outputs: texts.map((text, index) => ({ output: Buffer.from(text), timestampDeltaMs: index * 10 })),
        startSequence: BigInt(sequence),
        endSequence: BigInt(sequence + texts.length - 1),
        firstTimestampMs: BigInt(startMs + sequence * 10),
      },
    },
  });
}

/** Batches of `each` lines, `line 1`, `line 2`, …, between a start and an end. */
export function longLog(lines: number, each: number, exitCode = 0): readonly JobEvent[] {
  const events: JobEvent[] = [startEvent(1)];
  for (let line = 1; line <= lines; line += each) {
    const count = Math.min(each, lines - line + 1);
    const texts = Array.from({ length: count }, (_, index) => `line ${line + index}\n`);
    events.push(batchEvent(line + 1, texts));
  }
  events.push(endEvent(lines + 2, exitCode));
  return events;
}

export function linesOf(count: number): string {
  return Array.from({ length: count }, (_, index) => `line ${index + 1}\n`).join("");
}

/** As the server does: from the entry that holds the position on; whole batches. */
export function* replay(
  events: readonly JobEvent[],
  request: StreamJobEventsRequest,
  attempt = 1,
): Generator<Response> {
  for (const event of events) {
    const end = event.eventData.case === "outputBatch" ? event.eventData.value.endSequence : event.sequence;
    if (end >= request.fromSequence) yield { event, attempt };
  }
}

export interface JobSketch {
  readonly state?: JobState;
  readonly attempt?: number;
  readonly exitCode?: number;
  readonly reason?: ResultReason;
  readonly message?: string;
  readonly signal?: string;
}

/** What GetJob answers of a job that has ended. */
export function endedJob(sketch: JobSketch = {}): MessageInitShape<typeof GetJobResponseSchema> {
  const { exitCode = 0, reason = ResultReason.EXITED, message = "", signal = "", attempt = 1 } = sketch;
  const state = sketch.state ?? (exitCode === 0 ? JobState.COMPLETED : JobState.FAILED);
  const result = {
    jobId,
    success: state === JobState.COMPLETED,
    exitCode,
    reason,
    signal,
    errorMessage: message,
    startedAt: timestampFromMs(startMs),
    completedAt: timestampFromMs(startMs + 2_500),
  };
  return {
    job: { jobId, state, attempt, result, queue: "default", createdAt: timestampFromMs(startMs) },
    attempts: [{ number: attempt, state: AttemptState.FAILED, worker: "w1", result, lastSequence: 12n }],
  };
}
