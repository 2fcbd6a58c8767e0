// SPDX-License-Identifier: Apache-2.0
import { setImmediate } from "node:timers/promises";
import { create, toBinary, toJsonString } from "@bufbuild/protobuf";
import { test } from "vitest";
import { StreamJobEventsResponseSchema as schema } from "../../gen/job/v1/job_pb.ts";
import { frameEncoder } from "./frame-encoder.ts";
import { jsonCodec, protoCodec } from "./wire/codec.ts";
import { toEnvelope } from "./wire/envelope.ts";

const long = create(schema, {
  event: { sequence: 1n, eventData: { case: "output", value: { output: Buffer.alloc(40_000, "x") } } },
  attempt: 1,
});
const frame = toEnvelope(toBinary(schema, long));
const json = toEnvelope(Buffer.from(toJsonString(schema, long)));

test("binary frames are written as they are", ({ expect }) => {
  expect(frameEncoder(protoCodec, schema, () => true)(frame)).toBe(frame);
});

test("long chunks become JSON one in a turn of the event loop, whoever asks", async ({ expect }) => {
  const order: string[] = [];
  const readers = Array.from({ length: 5 }, async () => {
    const encode = frameEncoder(jsonCodec, schema, () => true);
    expect(Buffer.from(await encode(frame))).toEqual(Buffer.from(json));
    order.push("chunk");
  });
  const over = new AbortController();
  const others = (async () => {
    while (!over.signal.aborted) {
      order.push("other");
      await setImmediate();
    }
  })();
  await Promise.all(readers);
  over.abort();
  await others;
  expect(order.join(" ")).not.toContain("chunk chunk");
});

test("what nobody waits for any more costs nothing", async ({ expect }) => {
  expect(await frameEncoder(jsonCodec, schema, () => false)(frame)).toBe(frame);
});

test("short chunks become JSON at once", ({ expect }) => {
  const short = create(schema, { attempt: 2 });
  const encoded = frameEncoder(jsonCodec, schema, () => true)(toEnvelope(toBinary(schema, short)));
  expect(encoded).toEqual(Buffer.concat([toEnvelope(Buffer.from(toJsonString(schema, short)))]));
});
