// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { test } from "vitest";
import type { JobEvent } from "../gen/job/v1/job_pb.ts";
import { JobError } from "../job/errors.ts";
import { acceptEntries } from "./accept.ts";
import { recutEntry } from "./entry.ts";
import type { LogEntry } from "./log-entry.ts";
import { entryOf, eventShapes, heartbeat, output, outputBatch, seenItems, toEvents } from "./testing.ts";

function entriesOf(events: readonly JobEvent[]): LogEntry[] {
  return events.map((event) => entryOf(event));
}

test("keeps each sequence once, in order, however often and from wherever a worker sends again", ({
  expect,
}) => {
  fc.assert(
    fc.property(eventShapes, fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 20 }), (shapes, sends) => {
      const sent = entriesOf(toEvents(shapes));
      const all = seenItems(sent);
      const log: LogEntry[] = [];
      for (const [a, b] of [...sends, [0, sent.length - 1] as const]) {
        const lastSequence = log.at(-1)?.endSequence ?? 0;
        // From a place that the log has reached, as a worker resumes, or before.
        const reached = sent.filter((entry) => entry.sequence <= lastSequence + 1).length;
        const start = a % Math.max(1, reached);
        const entries = sent.slice(start, start + 1 + (b % Math.max(1, sent.length)));
        log.push(...acceptEntries({ lastSequence, entries, gaps: "refuse" }));
        expect(seenItems(log)).toEqual(all.slice(0, seenItems(log).length));
      }
      expect(seenItems(log)).toEqual(all);
    }),
  );
});

test("takes what a worker cut anew: batches that overlap the log in part", ({ expect }) => {
  fc.assert(
    fc.property(eventShapes, fc.nat(), fc.nat(), (shapes, reach, back) => {
      const sent = entriesOf(toEvents(shapes));
      const all = seenItems(sent);
      const lastSequence = reach % (all.length + 1);
      const from = Math.max(1, lastSequence + 1 - (back % 8));
      const again = sent
        .filter((entry) => entry.endSequence >= from)
        .map((entry) => recutEntry(entry, Math.max(from, entry.sequence)));
      const accepted = acceptEntries({ lastSequence, entries: again, gaps: "refuse" });
      expect(seenItems(accepted)).toEqual(all.slice(lastSequence));
    }),
  );
});

test("hands back what follows without a copy", ({ expect }) => {
  const entries = entriesOf([output(4, "a"), output(5, "b")]);
  expect(acceptEntries({ lastSequence: 3, entries, gaps: "refuse" })).toBe(entries);
  expect(acceptEntries({ lastSequence: 9, entries: [], gaps: "refuse" })).toEqual([]);
});

test.for([
  [
    "after the log",
    1,
    [output(3, "a")],
    /ends with sequence 1 and the next event has 3; send the events from 2 on/,
  ],
  ["at the start", 0, [heartbeat(2)], /from 1 on/],
  ["between two events", 1, [output(2, "a"), output(4, "b")], /ends with sequence 2 .* has 4/],
] as const)("refuses a gap %s, or keeps it", ([, lastSequence, events, message], { expect }) => {
  const entries = entriesOf(events);
  const refused = (): unknown => acceptEntries({ lastSequence, entries, gaps: "refuse" });
  expect(refused).toThrow(JobError);
  expect(refused).toThrow(expect.objectContaining({ code: "sequence_gap" }));
  expect(refused).toThrow(message);
  expect(seenItems(acceptEntries({ lastSequence, entries, gaps: "accept" }))).toEqual(seenItems(entries));
});

test("skips what stands before a gap that was kept", ({ expect }) => {
  const entries = entriesOf([output(9, "late"), output(5, "early"), output(10, "next")]);
  expect(
    seenItems(acceptEntries({ lastSequence: 2, entries, gaps: "accept" })).map(({ text }) => text),
  ).toEqual(["late", "next"]);
});

test("numbers events that have no sequence, singly and as batches", ({ expect }) => {
  const batch = outputBatch(0, [
    { text: "b", deltaMs: 0 },
    { text: "c", deltaMs: 1 },
  ]);
  if (batch.eventData.case === "outputBatch") batch.eventData.value.endSequence = 0n;
  const entries = entriesOf([output(0, "a"), batch, output(0, "d")]);
  const accepted = acceptEntries({ lastSequence: 6, entries, gaps: "refuse" });
  expect(seenItems(accepted).map(({ sequence, text }) => [sequence, text])).toEqual([
    [7, "a"],
    [8, "b"],
    [9, "c"],
    [10, "d"],
  ]);
  expect(accepted.map((entry) => entry.endSequence)).toEqual([7, 9, 10]);
});

test("numbers no event beyond what a sequence can be, where counting would stand still", ({ expect }) => {
  const most = Number.MAX_SAFE_INTEGER;
  const entries = entriesOf([output(0, "x")]);
  expect(acceptEntries({ lastSequence: most - 1, entries, gaps: "accept" })).toMatchObject([
    { sequence: most, endSequence: most },
  ]);
  expect(() => acceptEntries({ lastSequence: most, entries, gaps: "accept" })).toThrow(
    `The log ends with sequence ${most}, so there is none left for an event without one.`,
  );
});
