// SPDX-License-Identifier: Apache-2.0
import { create } from "@bufbuild/protobuf";
import { test } from "vitest";
import { JobEventSchema, StreamType } from "../../gen/job/v1/job_pb.ts";
import type { FeedItem, OutputChunk } from "./feed.ts";
import { atOriginalPace } from "./playback.ts";

function chunk(sequence: number, atMs: number): OutputChunk {
  return { bytes: Buffer.from(`${sequence}`), stream: StreamType.UNSPECIFIED, sequence, atMs };
}

/** When each item is shown, by a clock that moves only when somebody waits. */
async function shownAt(
  items: readonly FeedItem[],
  speed: number,
  startMs = 0,
): Promise<readonly (readonly [string, number])[]> {
  let nowMs = startMs;
  const feed = (async function* () {
    yield* items;
  })();
  const shown: (readonly [string, number])[] = [];
  const wait = async (ms: number): Promise<void> => {
    nowMs += ms;
  };
  for await (const item of atOriginalPace(feed, { speed, now: () => nowMs, wait })) {
    shown.push([
      item.kind === "output" ? `output ${item.chunks.map((one) => one.sequence).join()}` : item.kind,
      nowMs,
    ]);
  }
  return shown;
}

const event = create(JobEventSchema, {});
const items: readonly FeedItem[] = [
  { kind: "event", attempt: 1, sequence: 1, atMs: 10_000, event },
  { kind: "output", attempt: 1, chunks: [chunk(2, 10_100), chunk(3, 10_100), chunk(4, 12_000)] },
  { kind: "resumed", attempt: 1, sequence: 5 },
  { kind: "event", attempt: 1, sequence: 5, atMs: 11_000, event },
  { kind: "event", attempt: 1, sequence: 6, atMs: 15_000, event },
];

test("each event waits until as much time has passed as lay between it and the first", async ({ expect }) => {
  expect(await shownAt(items, 1)).toEqual([
    ["event", 0],
    ["output 2", 100],
    ["output 3", 100],
    ["output 4", 2_000],
    ["resumed", 2_000],
    // Earlier than what came before it, as clocks are: it is late already.
    ["event", 2_000],
    ["event", 5_000],
  ]);
});

test("twice the speed is half the time", async ({ expect }) => {
  expect((await shownAt(items, 2, 700)).at(-1)).toEqual(["event", 700 + 2_500]);
});
