// SPDX-License-Identifier: Apache-2.0
import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { constants } from "node:http2";
import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { waitFor } from "@repo/testkit";
import { describe } from "vitest";
import {
  DequeueJobRequestSchema,
  PublishJobEventsRequestSchema,
  StreamJobEventsRequestSchema,
} from "../../src/gen/job/v1/job_pb.ts";
import { toEnvelope } from "../../src/server/rpc/wire/envelope.ts";
import { H2Client, readAnswer } from "./support/h2-client.ts";
import { frames } from "./support/methods.ts";
import { contentTypes, paths } from "./support/paths.ts";
import { frame, frameTypes, postHeaders, RawHttp2 } from "./support/raw-http2.ts";
import { test } from "./support/test-server.ts";

function dequeue(init: MessageInitShape<typeof DequeueJobRequestSchema>): Uint8Array {
  return toEnvelope(toBinary(DequeueJobRequestSchema, create(DequeueJobRequestSchema, init)));
}

function streamOf(jobId: string): Uint8Array {
  return toEnvelope(toBinary(StreamJobEventsRequestSchema, create(StreamJobEventsRequestSchema, { jobId })));
}

function publish(taskToken: string): Uint8Array {
  return toEnvelope(
    toBinary(PublishJobEventsRequestSchema, create(PublishJobEventsRequestSchema, { taskToken })),
  );
}

describe("a client that leaves", () => {
  test.for([
    ["a server stream", paths.dequeueJob, dequeue({ queue: "open", maxJobs: 1 })],
    ["frames", paths.streamJobEvents, streamOf("open")],
  ] as const)("by RST_STREAM runs the finally of %s", async ([, path, body], { start, expect }) => {
    const server = await start();
    await using client = new H2Client(server);
    const stream = client.open(path, contentTypes.stream);
    stream.end(body);
    await waitFor(() => server.seen.calls === 1);
    stream.close(constants.NGHTTP2_CANCEL);
    await waitFor(() => server.seen.ends.length === 1);
    expect(server.seen.ends).toEqual(["cancelled"]);
    expect(server.seen.context?.signal.aborted).toBe(true);
    expect(server.logs.records.filter((record) => record["level"] === "error")).toEqual([]);
  });

  test.for([
    ["with an error", constants.NGHTTP2_CANCEL],
    ["without one", constants.NGHTTP2_NO_ERROR],
  ] as const)(
    "in the middle of a request, %s, is not taken for one that is done",
    async ([, code], { start, expect }) => {
      const server = await start();
      using raw = new RawHttp2(server.port);
      raw.greet();
      // Both would be valid if they were whole.
      raw.socket.write(postHeaders(1, paths.appendJobEvents, contentTypes.unary));
      raw.socket.write(frame(frameTypes.data, { stream: 1, payload: Buffer.from([0x0a, 1, 97]) }));
      raw.socket.write(postHeaders(3, paths.publishJobEvents, contentTypes.stream));
      raw.socket.write(frame(frameTypes.data, { stream: 3, payload: Buffer.from(publish("t")) }));
      await waitFor(() => server.seen.messages === 1);
      const reset = Buffer.from([0, 0, 0, code]);
      raw.socket.write(frame(frameTypes.rstStream, { stream: 1, payload: reset }));
      raw.socket.write(frame(frameTypes.rstStream, { stream: 3, payload: reset }));
      await waitFor(() => server.seen.ends.length === 1);
      expect(server.seen.ends).toEqual(["cancelled"]);
      // The publisher's alone began.
      expect(server.seen.calls).toBe(1);
    },
  );

  test("by closing HTTP/1.1 does so too", async ({ start, expect }) => {
    const server = await start();
    const request = httpRequest({
      port: server.port,
      host: "127.0.0.1",
      method: "POST",
      path: paths.dequeueJob,
    });
    request.setHeader("content-type", "application/connect+proto");
    request.on("error", () => {});
    request.end(dequeue({ queue: "open", maxJobs: 1 }));
    await once(request, "response");
    request.destroy();
    await waitFor(() => server.seen.ends.length === 1);
    expect(server.seen.ends).toEqual(["cancelled"]);
  });

  test("while its message waits for room does so too", async ({ start, expect }) => {
    const server = await start();
    await using client = new H2Client(server);
    const stream = client.open(paths.streamJobEvents, contentTypes.stream);
    stream.end(streamOf("endless"));
    await once(stream, "response");
    stream.close(constants.NGHTTP2_CANCEL);
    await waitFor(() => server.seen.ends.length === 1);
    expect(server.seen.ends).toEqual(["cancelled"]);
  });
});

describe("back-pressure", () => {
  test.for([
    ["HTTP/2", true],
    ["HTTP/1.1", false],
  ] as const)(
    "over %s: nothing is pulled for a reader that does not read",
    async ([, isHttp2], { start, expect }) => {
      const server = await start();
      await using client = new H2Client(server);
      if (isHttp2) {
        client.open(paths.streamJobEvents, contentTypes.stream).end(streamOf("endless"));
      } else {
        const request = httpRequest({
          port: server.port,
          host: "127.0.0.1",
          method: "POST",
          path: paths.streamJobEvents,
        });
        request.setHeader("content-type", "application/connect+proto").on("error", () => {});
        request.on("response", (response) => response.pause());
        request.end(streamOf("endless"));
      }
      await waitFor(() => server.seen.pulled > 0);
      let pulled = -1;
      // It has stopped when a while of turns of the loop brought nothing more.
      await waitFor(
        () => {
          const isSame = pulled === server.seen.pulled;
          pulled = server.seen.pulled;
          return isSame;
        },
        { everyMs: 300 },
      );
      // 256 KiB each: what the kernel's buffers take over HTTP/1.1, and a window of 64 KiB over HTTP/2.
      expect(server.seen.pulled).toBeLessThanOrEqual(isHttp2 ? 2 : 60);
    },
  );

  test("a reader that reads gets on, without a byte lost", async ({ start, expect }) => {
    const server = await start();
    await using client = new H2Client(server);
    const stream = client.open(paths.streamJobEvents, contentTypes.stream);
    stream.end(streamOf("endless"));
    let bytes = 0;
    const expected = frames(1, 4, 65_536);
    let isSame = true;
    stream.on("data", (piece: Buffer) => {
      for (let at = 0; at < piece.length; at += 997)
        isSame &&= piece[at] === expected[(bytes + at) % expected.length];
      bytes += piece.length;
      if (bytes > 20_000_000) stream.close(constants.NGHTTP2_CANCEL);
    });
    await once(stream, "close");
    expect(isSame).toBe(true);
    expect(bytes).toBeGreaterThan(20_000_000);
    await waitFor(() => server.seen.ends.length === 1);
  });

  test("a publisher is not read faster than its messages are taken", async ({ start, expect }) => {
    let taken = 0;
    const server = await start({
      handle: (exchange) => {
        // As a handler that never asks for its second message.
        void exchange.body
          .iterator({ destroyOnReturn: false })
          .next()
          .then(() => taken++);
      },
    });
    await using client = new H2Client(server);
    const stream = client.open(paths.publishJobEvents, contentTypes.stream);
    let isFull = false;
    while (!isFull)
      isFull = !stream.write(Buffer.alloc(1024 * 1024)) && stream.writableLength > 8 * 1024 * 1024;
    await waitFor(() => taken === 1);
    // The stream's window is 1 MiB: the rest stays with the client.
    expect(stream.writableLength).toBeGreaterThan(4 * 1024 * 1024);
  });
});

describe("frames", () => {
  test("go out as they are, in few writes", async ({ start, expect }) => {
    const server = await start();
    await using client = new H2Client(server);
    for (const headers of [contentTypes.stream, contentTypes.grpc, contentTypes.grpcWeb]) {
      const answer = await client.call(paths.streamJobEvents, headers, streamOf("j"));
      const expected = Buffer.concat(Array.from({ length: 10 }, (_, chunk) => frames(chunk * 10 + 1, 10, 8)));
      expect(answer.body.subarray(0, expected.length).equals(expected)).toBe(true);
      // Ten chunks of ten messages: a write for each message would be a hundred.
      expect(answer.pieces).toBeLessThanOrEqual(12);
    }
  });

  test("a stream with nothing to say shows its head, and headers come once", async ({ start, expect }) => {
    const server = await start();
    await using client = new H2Client(server);
    const stream = client.open(paths.dequeueJob, contentTypes.grpc);
    stream.end(dequeue({ queue: "open" }));
    const [headers]: { ":status"?: number }[] = await once(stream, "response");
    expect(headers?.[":status"]).toBe(200);
    const drained = server.listener.drain();
    const { trailers } = await readAnswer(stream);
    expect(trailers["grpc-status"]).toBe("14");
    await drained;
  });
});

describe("a publisher", () => {
  test("is told of an error in the middle, and its stream ends there", async ({ start, expect }) => {
    const server = await start();
    await using client = new H2Client(server);
    const stream = client.open(paths.publishJobEvents, contentTypes.stream);
    stream.write(Buffer.concat([publish("t"), publish("bad"), publish("t")]));
    const answer = await readAnswer(stream);
    expect(answer.body.toString()).toContain(
      '"code":"invalid_argument","message":"The task token is not valid."',
    );
    expect(server.seen.messages).toBe(2);
  });

  test("may send messages cut anywhere", async ({ start, expect }) => {
    const server = await start();
    await using client = new H2Client(server);
    const stream = client.open(paths.publishJobEvents, contentTypes.grpc);
    const bytes = Buffer.concat([publish("first"), publish(""), publish("third".repeat(50))]);
    for (const byte of bytes) {
      stream.write(Buffer.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    stream.end();
    expect((await readAnswer(stream)).trailers["grpc-status"]).toBe("0");
    expect(server.seen.messages).toBe(3);
  });
});

describe("a drain", () => {
  test("ends server streams with unavailable at once, and lets publishers finish", async ({
    start,
    expect,
  }) => {
    const server = await start({ limits: { drainMs: 60_000 } });
    await using client = new H2Client(server);
    const publisher = client.open(paths.publishJobEvents, contentTypes.stream);
    publisher.write(publish("t"));
    const jobs = client.open(paths.dequeueJob, contentTypes.grpc);
    jobs.end(dequeue({ queue: "open", maxJobs: 1 }));
    const events = client.open(paths.streamJobEvents, contentTypes.stream);
    events.end(streamOf("open"));
    await waitFor(() => server.seen.calls === 3);
    const drained = server.listener.drain();
    const [first, second] = await Promise.all([readAnswer(jobs), readAnswer(events)]);
    expect(first.trailers).toMatchObject({ "grpc-status": "14" });
    expect(second.body.subarray(5).toString()).toContain('"code":"unavailable"');
    expect(server.seen.ends).toEqual(["draining", "draining"]);
    publisher.end(publish("t"));
    expect((await readAnswer(publisher)).body.toString()).not.toContain("error");
    await drained;
    expect(server.seen.messages).toBe(2);
  });

  test("tells the others so when its time is over", async ({ start, expect }) => {
    const server = await start({ limits: { drainMs: 50 } });
    await using client = new H2Client(server);
    const publisher = client.open(paths.publishJobEvents, contentTypes.stream);
    publisher.write(publish("t"));
    await waitFor(() => server.seen.messages === 1);
    const answer = readAnswer(publisher);
    await server.listener.drain();
    expect((await answer).body.toString()).toContain('"code":"unavailable"');
    expect(server.seen.ends).toEqual(["draining"]);
  });
});
