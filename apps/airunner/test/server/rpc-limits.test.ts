// SPDX-License-Identifier: Apache-2.0
import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { gzipSync } from "node:zlib";
import { create, toBinary } from "@bufbuild/protobuf";
import { waitFor } from "@repo/testkit";
import { describe } from "vitest";
import { AppendJobEventsRequestSchema, GetJobRequestSchema } from "../../src/gen/job/v1/job_pb.ts";
import { toEnvelope } from "../../src/server/rpc/wire/envelope.ts";
import { type H2Answer, H2Client, readAnswer } from "./support/h2-client.ts";
import { contentTypes, paths } from "./support/paths.ts";
import { test } from "./support/test-server.ts";

const request = toBinary(GetJobRequestSchema, create(GetJobRequestSchema, { jobId: "j-1" }));

/** The length of a message that nobody sends. */
function promise(bytes: number, flags = 0): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(flags, 0);
  head.writeUInt32BE(bytes, 1);
  return head;
}

/** Code of an answer in any protocol, as gRPC and Connect name them. */
function codeOf({ status, headers, trailers, body }: H2Answer): string {
  const grpc = trailers["grpc-status"] ?? headers["grpc-status"];
  if (grpc !== undefined) return `grpc ${String(grpc)}`;
  const text = body.toString("utf8");
  const web = /grpc-status: (\d+)/.exec(text);
  if (web !== null) return `grpc ${web[1]}`;
  const connect = /"code":"(\w+)"/.exec(text);
  return connect === null ? `${status}` : `${status} ${connect[1]}`;
}

test("answers that nobody reads are refused before they take all memory, and others are not", async ({
  start,
  expect,
}) => {
  const server = await start({ rpcLimits: { maxBufferedBytes: 50_000 } });
  const long = toBinary(GetJobRequestSchema, create(GetJobRequestSchema, { jobId: "j".repeat(30_000) }));
  async function ask(client: H2Client): Promise<unknown> {
    const stream = client.open(paths.getJob, contentTypes.unary);
    stream.end(long);
    const [headers] = await once(stream, "response");
    return headers[":status"];
  }
  await using reader = new H2Client(server);
  {
    await using silent = new H2Client(server, { initialWindowSize: 0 });
    expect(await ask(silent)).toBe(200);
    expect(await ask(silent)).toBe(429);
    expect(codeOf(await reader.call(paths.getJob, contentTypes.unary, request))).toBe("200");
    expect(codeOf(await reader.call(paths.getJob, contentTypes.unary, long))).toBe("429 resource_exhausted");
  }
  const answer = await waitFor(async () => {
    const again = await reader.call(paths.getJob, contentTypes.unary, long);
    return codeOf(again) === "200" ? again : undefined;
  });
  expect(answer.body.byteLength).toBeGreaterThan(30_000);
});

describe("a message that is too large is refused", () => {
  test.for([
    ["gRPC", contentTypes.grpc, paths.getJob, "grpc 8"],
    ["gRPC-Web", contentTypes.grpcWeb, paths.getJob, "grpc 8"],
    ["a Connect stream", contentTypes.stream, paths.dequeueJob, "200 resource_exhausted"],
    ["messages to a server", contentTypes.stream, paths.publishJobEvents, "200 resource_exhausted"],
    ["gRPC's messages to a server", contentTypes.grpc, paths.publishJobEvents, "grpc 8"],
  ] as const)(
    "by its length alone in %s, before any of it comes",
    async ([, headers, path, code], { start, expect }) => {
      const server = await start();
      await using client = new H2Client(server);
      const stream = client.open(path, headers);
      // The request does not end, so an answer can only be due to these five bytes.
      stream.write(promise(100_000_000));
      const answer = await readAnswer(stream);
      expect(codeOf(answer)).toBe(code);
    },
  );

  test("by its content-length in Connect", async ({ start, expect }) => {
    const server = await start();
    await using client = new H2Client(server);
    const stream = client.open(paths.getJob, { ...contentTypes.unary, "content-length": "5000000" });
    stream.write("x");
    expect(codeOf(await readAnswer(stream))).toBe("429 resource_exhausted");
  });

  test("by what came of it without a content-length, and after decompression", async ({ start, expect }) => {
    const server = await start();
    await using client = new H2Client(server);
    const body = Buffer.alloc(5_000_000);
    expect(codeOf(await client.call(paths.getJob, contentTypes.unary, body))).toBe("429 resource_exhausted");
    const packed = { ...contentTypes.unary, "content-encoding": "gzip" };
    expect(codeOf(await client.call(paths.getJob, packed, gzipSync(body)))).toBe("429 resource_exhausted");
    const grpc = { ...contentTypes.grpc, "grpc-encoding": "gzip" };
    expect(codeOf(await client.call(paths.getJob, grpc, toEnvelope(gzipSync(body), 1)))).toBe("grpc 8");
    expect(server.seen.calls).toBe(0);
  });

  test("while one of just the limit is taken", async ({ start, expect }) => {
    const server = await start({ rpcLimits: { maxMessageBytes: 100_000 } });
    await using client = new H2Client(server);
    const message = create(AppendJobEventsRequestSchema, { taskToken: "t".repeat(99_996) });
    const bytes = toBinary(AppendJobEventsRequestSchema, message);
    expect(bytes.byteLength).toBe(100_000);
    expect((await client.call(paths.appendJobEvents, contentTypes.unary, bytes)).status).toBe(200);
    const more = Buffer.concat([bytes, Buffer.of(0x0a, 0)]);
    expect(codeOf(await client.call(paths.appendJobEvents, contentTypes.unary, more))).toBe(
      "429 resource_exhausted",
    );
  });

  test("together with those of others, until they are done", async ({ start }) => {
    const server = await start({ rpcLimits: { maxBufferedBytes: 100_000 } });
    await using client = new H2Client(server);
    const held = client.open(paths.appendJobEvents, contentTypes.unary);
    held.write(Buffer.alloc(60_000));
    const body = Buffer.concat([Buffer.from([0x0a, 0xd0, 0xe8, 0x02]), Buffer.alloc(46_160, 97)]);
    await waitFor(async () => {
      return (
        codeOf(await client.call(paths.appendJobEvents, contentTypes.unary, body)) ===
        "429 resource_exhausted"
      );
    });
    held.close(8);
    await waitFor(
      async () => (await client.call(paths.appendJobEvents, contentTypes.unary, body)).status === 200,
    );
  });
});

describe("a malformed request", () => {
  const garbage = Buffer.from([0x0a, 0xff, 0xff]);
  test.for([
    ["binary that is no message", contentTypes.unary, paths.getJob, garbage, "400 invalid_argument"],
    ["JSON that is none", contentTypes.unaryJson, paths.getJob, Buffer.from("{"), "400 invalid_argument"],
    [
      "JSON of another type",
      contentTypes.unaryJson,
      paths.getJob,
      Buffer.from('{"jobId":7}'),
      "400 invalid_argument",
    ],
    [
      "JSON that is not UTF-8",
      contentTypes.unaryJson,
      paths.getJob,
      Buffer.from([0x22, 0xff, 0x22]),
      "400 invalid_argument",
    ],
    ["a message of gRPC that is none", contentTypes.grpc, paths.getJob, toEnvelope(garbage), "grpc 3"],
    ["a message of gRPC-Web that is none", contentTypes.grpcWeb, paths.getJob, toEnvelope(garbage), "grpc 3"],
    [
      "a message of a stream that is none",
      contentTypes.stream,
      paths.dequeueJob,
      toEnvelope(garbage),
      "200 invalid_argument",
    ],
    [
      "JSON of a stream that is none",
      contentTypes.streamJson,
      paths.streamJobEvents,
      toEnvelope(Buffer.from("[")),
      "200 invalid_argument",
    ],
    [
      "bytes for a method that reads them itself",
      contentTypes.unaryJson,
      paths.appendJobEvents,
      Buffer.from("x"),
      "400 invalid_argument",
    ],
    [
      "an envelope cut in its message",
      contentTypes.stream,
      paths.dequeueJob,
      toEnvelope(request).subarray(0, 7),
      "200 invalid_argument",
    ],
    ["an envelope cut in its length", contentTypes.grpc, paths.getJob, Buffer.alloc(3), "grpc 3"],
    [
      "a cut envelope after a whole one",
      contentTypes.stream,
      paths.publishJobEvents,
      Buffer.concat([toEnvelope(Buffer.alloc(0)), Buffer.alloc(4)]),
      "200 invalid_argument",
    ],
    [
      "flags that no request has",
      contentTypes.stream,
      paths.dequeueJob,
      toEnvelope(request, 2),
      "200 invalid_argument",
    ],
    ["no message", contentTypes.grpc, paths.getJob, undefined, "grpc 12"],
    [
      "two messages",
      contentTypes.grpc,
      paths.getJob,
      Buffer.concat([toEnvelope(request), toEnvelope(request)]),
      "grpc 12",
    ],
    [
      "a compressed envelope without a compression",
      contentTypes.grpc,
      paths.getJob,
      toEnvelope(gzipSync(request), 1),
      "grpc 13",
    ],
    [
      "a body that is not gzip",
      { ...contentTypes.unary, "content-encoding": "gzip" },
      paths.getJob,
      request,
      "400 invalid_argument",
    ],
    [
      "a message that is not gzip",
      { ...contentTypes.grpc, "grpc-encoding": "gzip" },
      paths.getJob,
      toEnvelope(request, 1),
      "grpc 3",
    ],
    [
      "an unknown compression",
      { ...contentTypes.unary, "content-encoding": "zip" },
      paths.getJob,
      request,
      "501 unimplemented",
    ],
    [
      "an unknown compression of gRPC",
      { ...contentTypes.grpc, "grpc-encoding": "zip" },
      paths.getJob,
      toEnvelope(request, 1),
      "grpc 12",
    ],
    [
      "a timeout that is no number",
      { ...contentTypes.unary, "connect-timeout-ms": "soon" },
      paths.getJob,
      request,
      "400 invalid_argument",
    ],
    [
      "a negative timeout",
      { ...contentTypes.unary, "connect-timeout-ms": "-1" },
      paths.getJob,
      request,
      "400 invalid_argument",
    ],
    [
      "a timeout of gRPC without unit",
      { ...contentTypes.grpc, "grpc-timeout": "10" },
      paths.getJob,
      toEnvelope(request),
      "grpc 3",
    ],
  ] as const)("is told as such: %s", async ([, headers, path, body, code], { start, expect }) => {
    const server = await start();
    await using client = new H2Client(server);
    const answer = await client.call(path, headers, body);
    expect(codeOf(answer)).toBe(code);
    if (code.endsWith("unimplemented")) expect(answer.headers["accept-encoding"]).toBe("gzip, br");
    expect((await client.call(paths.getJob, contentTypes.unary, request)).status).toBe(200);
  });

  test("with fields that we do not know is none", async ({ start, expect }) => {
    const server = await start();
    await using client = new H2Client(server);
    const json = await client.call(
      paths.getJob,
      contentTypes.unaryJson,
      Buffer.from('{"jobId":"j","more":[1]}'),
    );
    expect(JSON.parse(json.body.toString())).toMatchObject({
      job: { jobId: "j", createdAt: "1970-01-01T00:00:05Z" },
    });
    const binary = Buffer.concat([request, Buffer.from([0xfa, 0x07, 0x01, 0x61])]);
    expect((await client.call(paths.getJob, contentTypes.unary, binary)).status).toBe(200);
  });
});

describe("a compressed request is read", () => {
  test("in each protocol, and messages without compression beside it", async ({ start, expect }) => {
    const server = await start();
    await using client = new H2Client(server);
    const packed = gzipSync(request);
    const unary = { ...contentTypes.unary, "content-encoding": "gzip" };
    expect((await client.call(paths.getJob, unary, packed)).status).toBe(200);
    const grpc = { ...contentTypes.grpc, "grpc-encoding": "gzip" };
    for (const envelope of [toEnvelope(packed, 1), toEnvelope(request)]) {
      expect(codeOf(await client.call(paths.getJob, grpc, envelope))).toBe("grpc 0");
    }
    const publish = { ...contentTypes.stream, "connect-content-encoding": "gzip" };
    const both = Buffer.concat([toEnvelope(gzipSync(Buffer.alloc(0)), 1), toEnvelope(Buffer.alloc(0))]);
    expect((await client.call(paths.publishJobEvents, publish, both)).body.toString()).toContain("{}");
    expect(server.seen.messages).toBe(2);
  });
});

describe("a deadline", () => {
  test.for([
    [
      "Connect",
      { ...contentTypes.unary, "connect-timeout-ms": "30" },
      paths.getJob,
      false,
      "504 deadline_exceeded",
    ],
    ["gRPC", { ...contentTypes.grpc, "grpc-timeout": "30m" }, paths.getJob, true, "grpc 4"],
    [
      "gRPC that is over already",
      { ...contentTypes.grpc, "grpc-timeout": "0n" },
      paths.getJob,
      true,
      "grpc 4",
    ],
    ["gRPC-Web", { ...contentTypes.grpcWeb, "grpc-timeout": "30000u" }, paths.getJob, true, "grpc 4"],
  ] as const)(
    "ends a method that does not look, in %s",
    async ([, headers, path, isFramed, code], { start, expect }) => {
      const server = await start();
      await using client = new H2Client(server);
      const deaf = toBinary(GetJobRequestSchema, create(GetJobRequestSchema, { jobId: "deaf" }));
      expect(codeOf(await client.call(path, headers, isFramed ? toEnvelope(deaf) : deaf))).toBe(code);
      if (server.seen.calls > 0) expect(server.seen.context?.ended()).toBe("deadline");
    },
  );

  test("beyond what a timer takes does not end a call at once", async ({ start, expect }) => {
    const server = await start();
    await using client = new H2Client(server);
    const headers = { ...contentTypes.unary, "connect-timeout-ms": "9999999999" };
    expect((await client.call(paths.getJob, headers, request)).status).toBe(200);
  });

  test("of the server ends a body that trickles, over both versions of HTTP", async ({ start, expect }) => {
    const server = await start({ rpcLimits: { bodyMs: 50 } });
    await using client = new H2Client(server);
    const stream = client.open(paths.getJob, contentTypes.unary);
    stream.write("x");
    expect(codeOf(await readAnswer(stream))).toBe("503 unavailable");
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const slow = httpRequest(
        { port: server.port, host: "127.0.0.1", method: "POST", path: paths.getJob },
        (response) => {
          response.resume();
          resolve(response.statusCode);
          slow.destroy();
        },
      );
      slow.setHeader("content-type", "application/json");
      slow.on("error", reject);
      slow.write("{");
    });
    expect(status).toBe(503);
  });

  test("of the server ends a stream in the middle of a message, and none between two", async ({
    start,
    expect,
  }) => {
    const server = await start({ rpcLimits: { bodyMs: 50 } });
    await using client = new H2Client(server);
    const silent = client.open(paths.publishJobEvents, contentTypes.stream);
    silent.write(toEnvelope(new Uint8Array()));
    await waitFor(() => server.seen.messages === 1);
    const stuck = client.open(paths.publishJobEvents, contentTypes.stream);
    // A whole message, and the beginning of another.
    stuck.write(Buffer.concat([toEnvelope(new Uint8Array()), promise(100)]));
    expect(codeOf(await readAnswer(stuck))).toBe("200 unavailable");
    silent.end(toEnvelope(new Uint8Array()));
    expect(codeOf(await readAnswer(silent))).toBe("200");
    expect(server.seen.messages).toBe(3);
  });
});
