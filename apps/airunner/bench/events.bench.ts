// SPDX-License-Identifier: Apache-2.0
// `pnpm bench airunner events`: fifty readers of a job that talks fast, and a million outputs kept and replayed.

import { once } from "node:events";
import type { ClientHttp2Stream } from "node:http2";
import { peakBytesOf, residentBytesOf } from "@repo/bench";
import { envelope } from "../test/wire/grpc-client.ts";
import { writeMessage } from "../test/wire/protobuf.ts";
import { dequeue, enqueue } from "./support/calls.ts";
import { publish } from "./support/document.ts";
import { FrameCounter } from "./support/frame-counter.ts";
import { type BenchOptions, readBenchOptions } from "./support/options.ts";
import { measureContenders, type Sample } from "./support/race.ts";
import { RawConnection, readBody } from "./support/raw-connection.ts";
import type { BenchServer } from "./support/server.ts";

const readers = 50;
const readerConnections = 10;
const liveEvents = 20_000;

const batches = 20_000;
const itemsPerBatch = 50;
const outputBytes = 100;

const events = "/job.v1.JobEventsService";
const mib = 1024 * 1024;
const output = Buffer.alloc(outputBytes, "x");

function singleOutput(sequence: number): Uint8Array {
  return writeMessage(
    [1, sequence],
    [2, writeMessage([1, 1_700_000_000])],
    [3, 5],
    [8, writeMessage([1, output])],
  );
}

function outputBatch(start: number): Uint8Array {
  const item = writeMessage([1, output], [3, 1]);
  const items = Array.from({ length: itemsPerBatch }, () => [1, item] as [number, Uint8Array]);
  const end = start + itemsPerBatch - 1;
  return writeMessage(
    [1, start],
    [2, writeMessage([1, 1_700_000_000])],
    [3, 7],
    [10, writeMessage(...items, [2, start], [3, end], [4, 1_700_000_000_000], [5, 50])],
  );
}

/** Writes all messages of a stream as fast as the server takes them, and waits for its answer. */
async function publishAll(connection: RawConnection, messages: Iterable<Uint8Array>): Promise<void> {
  const stream = connection.stream(`${events}/PublishJobEvents`);
  const answered = readBody(stream);
  let pending: Uint8Array[] = [];
  let bytes = 0;
  const flush = async (): Promise<void> => {
    if (!stream.write(Buffer.concat(pending))) await once(stream, "drain");
    pending = [];
    bytes = 0;
  };
  // One message for each event, as the Go worker sends them; several in one write, as a busy socket does.
  for (const message of messages) {
    const framed = envelope(message);
    pending.push(framed);
    bytes += framed.length;
    if (bytes > 65_536) await flush();
  }
  await flush();
  stream.end();
  await answered;
}

function* messagesOf(token: string, bodies: Iterable<Uint8Array>): Generator<Uint8Array> {
  for (const body of bodies) yield writeMessage([1, token], [2, body]);
}

function* range<T>(count: number, make: (index: number) => T): Generator<T> {
  for (let index = 0; index < count; index += 1) yield make(index);
}

/** Reads a job's events until `items` have come; resolves with the counter. */
async function readUntil(stream: ClientHttp2Stream, items: number): Promise<FrameCounter> {
  const counter = new FrameCounter();
  const done = Promise.withResolvers<void>();
  stream.on("data", (chunk: Buffer) => {
    try {
      counter.add(chunk);
      if (counter.items >= items) done.resolve();
    } catch (error) {
      done.reject(error);
    }
  });
  stream.on("error", done.reject);
  stream.on("end", () => done.reject(new Error(`the stream ended after ${counter.items} of ${items} items`)));
  await done.promise;
  stream.destroy();
  return counter;
}

/** A job whose every event goes to fifty readers while it happens. */
async function measureFanOut(server: BenchServer): Promise<readonly Sample[]> {
  await using publisher = await RawConnection.open(server.url, server.ca);
  const jobId = await enqueue(publisher, "fan-out", "fan-out");
  const { token } = await dequeue(publisher, "fan-out");
  const connections = await Promise.all(
    Array.from({ length: readerConnections }, () => RawConnection.open(server.url, server.ca)),
  );
  try {
    const request = envelope(writeMessage([1, jobId]));
    const streams = Array.from({ length: readers }, (_, index) => {
      const connection = connections[index % readerConnections];
      if (connection === undefined) throw new Error("no connection");
      return connection.stream(`${events}/StreamJobEvents`, request);
    });
    // All are attached before the first event: what they get is live.
    await Promise.all(streams.map((stream) => once(stream, "response")));
    const startedAt = performance.now();
    const cpuBefore = server.cpuSeconds();
    const all = Promise.all(streams.map((stream) => readUntil(stream, liveEvents)));
    await publishAll(
      publisher,
      messagesOf(
        token,
        range(liveEvents, (index) => singleOutput(index + 1)),
      ),
    );
    const publishedSeconds = (performance.now() - startedAt) / 1000;
    await all;
    const seconds = (performance.now() - startedAt) / 1000;
    const name = `${readers} live readers`;
    return [
      { group: "every event to every reader, deliveries/s", name, value: (liveEvents * readers) / seconds },
      { group: "events published meanwhile, events/s", name, value: liveEvents / publishedSeconds },
      {
        group: "server processor time of it, CPU µs/delivery",
        name,
        value: ((server.cpuSeconds() - cpuBefore) * 1e6) / (liveEvents * readers),
      },
    ];
  } finally {
    await Promise.all(connections.map((connection) => connection[Symbol.asyncDispose]()));
  }
}

/** A million outputs of 100 bytes: kept, then replayed by one reader from the start. */
async function measureMillion(server: BenchServer): Promise<readonly Sample[]> {
  await using connection = await RawConnection.open(server.url, server.ca);
  const jobId = await enqueue(connection, "million", "million");
  const { token } = await dequeue(connection, "million");
  const outputs = batches * itemsPerBatch;
  const idleBytes = residentBytesOf(server.pid);
  const publishStart = performance.now();
  await publishAll(
    connection,
    messagesOf(
      token,
      range(batches, (index) => outputBatch(index * itemsPerBatch + 1)),
    ),
  );
  const publishSeconds = (performance.now() - publishStart) / 1000;
  const keptBytes = peakBytesOf(server.pid);
  const replayStart = performance.now();
  const reader = connection.stream(`${events}/StreamJobEvents`, envelope(writeMessage([1, jobId])));
  await readUntil(reader, outputs);
  const replaySeconds = (performance.now() - replayStart) / 1000;
  return [
    { group: "a million outputs, outputs/s", name: "published", value: outputs / publishSeconds },
    { group: "a million outputs, outputs/s", name: "replayed", value: outputs / replaySeconds },
    { group: "server memory, MiB", name: "idle", value: idleBytes / mib },
    { group: "server memory, MiB", name: "peak while published", value: keptBytes / mib },
    { group: "server memory, MiB", name: "peak after the replay", value: peakBytesOf(server.pid) / mib },
  ];
}

async function main(options: BenchOptions): Promise<void> {
  await publish(
    await measureContenders({
      name: "airunner-events",
      title: "airunner: events published, watched and replayed",
      options,
      measure: async (server) => [...(await measureMillion(server)), ...(await measureFanOut(server))],
      isMoreBetter: (group) => group.endsWith("/s"),
      notes: [
        `Live: ${liveEvents.toLocaleString("en-US")} events of ${outputBytes} bytes, one to a message, to ${readers} readers over ${readerConnections} TLS connections; a round fails when a reader misses, doubles or reorders one.`,
        `Replay: ${batches.toLocaleString("en-US")} batches of ${itemsPerBatch} outputs of ${outputBytes} bytes, memory store. All clients are one process on the same machine.`,
      ],
    }),
  );
}

const options = readBenchOptions(5);
if (options !== undefined) await main(options);
