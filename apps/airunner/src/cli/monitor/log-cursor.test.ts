// SPDX-License-Identifier: Apache-2.0
import { create } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, test } from "vitest";
import { EventType, type JobEvent, JobEventSchema } from "../../gen/job/v1/job_pb.ts";
import { type CursorOptions, LogCursor } from "./log-cursor.ts";

const whole: CursorOptions = {
  jobId: "j",
  attempt: 0,
  latestAttempt: 1,
  fromSequence: 0,
  fromTimestamp: 0,
  filter: [],
  isLegacy: false,
};

function batch(sequence: number, count: number): JobEvent {
  return create(JobEventSchema, {
    sequence: BigInt(sequence),
    eventType: EventType.OUTPUT_BATCH,
    eventData: {
      case: "outputBatch",
      value: {
        outputs: Array.from({ length: count }, (_, index) => ({
          output: Buffer.from(`${sequence + index}`),
        })),
        startSequence: BigInt(sequence),
        endSequence: BigInt(sequence + count - 1),
      },
    },
  });
}

function heartbeat(sequence: number): JobEvent {
  const eventData = { case: "heartbeat", value: {} } as const;
  return create(JobEventSchema, { sequence: BigInt(sequence), eventType: EventType.HEARTBEAT, eventData });
}

/** The sequences that a reader would show. */
function shown(cursor: LogCursor, events: readonly JobEvent[], attempt = 1): readonly number[] {
  return events
    .flatMap((event) => cursor.take(event, attempt))
    .flatMap((item) => {
      if (item.kind === "output") return item.chunks.map((chunk) => chunk.sequence);
      return item.kind === "event" ? [item.sequence] : [];
    });
}

test("whatever part of a log comes again after a break, each event is shown once and in order", ({
  expect,
}) => {
  const sizes = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 20 });
  const breaks = fc.array(fc.nat(), { maxLength: 6 });
  fc.assert(
    fc.property(sizes, breaks, fc.integer({ min: 0, max: 30 }), (counts, cuts, fromSequence) => {
      let next = 1;
      // 0 is an event by itself.
      const log = counts.map((count) => {
        const event = count === 0 ? heartbeat(next) : batch(next, count);
        next += Math.max(1, count);
        return event;
      });
      const cursor = new LogCursor({ ...whole, fromSequence });
      const seen: number[] = [];
      for (const cut of [...cuts, log.length]) {
        const from = Number(cursor.request().fromSequence);
        // A server sends from the entry on that holds the position.
        const start = log.findIndex((_, index) => endOf(log[index]) >= from);
        const entries = start === -1 ? [] : log.slice(start);
        seen.push(
          ...shown(
            cursor,
            entries.slice(0, cut === log.length ? entries.length : cut % (entries.length + 1)),
          ),
        );
      }
      const first = Math.max(1, fromSequence);
      expect(seen).toEqual(Array.from({ length: Math.max(0, next - first) }, (_, index) => first + index));
    }),
  );
});

function endOf(event: JobEvent | undefined): number {
  if (event?.eventData.case === "outputBatch") return Number(event.eventData.value.endSequence);
  return Number(event?.sequence ?? 0);
}

describe("a cursor", () => {
  test("starts each attempt anew, and takes nothing of an earlier one any more", ({ expect }) => {
    const cursor = new LogCursor(whole);
    expect(shown(cursor, [batch(1, 3)], 1)).toEqual([1, 2, 3]);
    expect(cursor.take(heartbeat(1), 2)).toMatchObject([
      { kind: "attempt", attempt: 2 },
      { kind: "event", sequence: 1 },
    ]);
    expect(cursor.take(heartbeat(4), 1)).toEqual([]);
    expect(cursor.request()).toMatchObject({ attempt: 2, fromSequence: 2n, followAttempts: true });
  });

  test("takes nothing twice, as a server of the Go program may send it", ({ expect }) => {
    const cursor = new LogCursor(whole);
    expect(shown(cursor, [batch(1, 3), heartbeat(4)])).toEqual([1, 2, 3, 4]);
    expect([batch(1, 3), heartbeat(4)].flatMap((event) => cursor.take(event, 1))).toEqual([]);
  });

  test("asks for one attempt alone where the user did", ({ expect }) => {
    const cursor = new LogCursor({ ...whole, attempt: 2, latestAttempt: 3, fromSequence: 7 });
    expect(cursor.request()).toMatchObject({ attempt: 2, fromSequence: 7n, followAttempts: false });
  });

  test("asks for the latest attempt of a job that has had none", ({ expect }) => {
    expect(new LogCursor({ ...whole, latestAttempt: 0 }).request()).toMatchObject({
      attempt: 0,
      followAttempts: false,
    });
  });

  test("tells a gap in the log, but none that a filter or the starting point makes", ({ expect }) => {
    const kinds = (options: Partial<CursorOptions>): readonly string[] => {
      const cursor = new LogCursor({ ...whole, ...options });
      return [heartbeat(3), heartbeat(9)].flatMap((event) => cursor.take(event, 1)).map((item) => item.kind);
    };
    expect(kinds({})).toEqual(["event", "gap", "event"]);
    expect(kinds({ filter: [EventType.HEARTBEAT] })).toEqual(["event", "event"]);
    expect(kinds({ fromTimestamp: 5 })).toEqual(["event", "event"]);
  });

  test("asks a server of the Go program for the batch before, and for the process's end past any filter", ({
    expect,
  }) => {
    const cursor = new LogCursor({ ...whole, fromSequence: 500, isLegacy: true, filter: [EventType.OUTPUT] });
    expect(cursor.request()).toMatchObject({
      fromSequence: 451n,
      eventFilter: [EventType.OUTPUT, EventType.PROCESS_END, EventType.PROCESS_ERROR],
    });
    expect(shown(cursor, [batch(480, 50), heartbeat(530)])).toEqual(
      Array.from({ length: 30 }, (_, index) => 500 + index),
    );
    expect(cursor.request()).toMatchObject({ fromSequence: 531n });
  });

  test("shows what has no numbers as it comes", ({ expect }) => {
    expect(shown(new LogCursor(whole), [heartbeat(0), heartbeat(0)])).toEqual([0, 0]);
  });
});
