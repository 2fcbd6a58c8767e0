// SPDX-License-Identifier: Apache-2.0
import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import {
  compressionGzip,
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { describe } from "vitest";
import { ErrorInfoSchema, JobEventsService, JobService } from "../../src/gen/job/v1/job_pb.ts";
import { type TestServer, test } from "./support/test-server.ts";

type HttpVersion = "1.1" | "2";

/** Each protocol and codec as the library's own clients speak it, over each version of HTTP that they can. */
const clients: readonly (readonly [string, (server: TestServer) => Transport])[] = [
  ["Connect, binary, HTTP/2", (server) => createConnectTransport(optionsOf(server, "2"))],
  ["Connect, binary, HTTP/1.1", (server) => createConnectTransport(optionsOf(server, "1.1"))],
  [
    "Connect, JSON, HTTP/2",
    (server) => createConnectTransport({ ...optionsOf(server, "2"), useBinaryFormat: false }),
  ],
  [
    "Connect, JSON, HTTP/1.1",
    (server) => createConnectTransport({ ...optionsOf(server, "1.1"), useBinaryFormat: false }),
  ],
  ["Connect, gzip", (server) => createConnectTransport({ ...optionsOf(server, "2"), ...gzip })],
  ["gRPC, binary", (server) => createGrpcTransport(optionsOf(server, "2"))],
  ["gRPC, JSON", (server) => createGrpcTransport({ ...optionsOf(server, "2"), useBinaryFormat: false })],
  ["gRPC, gzip", (server) => createGrpcTransport({ ...optionsOf(server, "2"), ...gzip })],
  ["gRPC-Web, binary, HTTP/2", (server) => createGrpcWebTransport(optionsOf(server, "2"))],
  ["gRPC-Web, binary, HTTP/1.1", (server) => createGrpcWebTransport(optionsOf(server, "1.1"))],
  [
    "gRPC-Web, JSON, HTTP/1.1",
    (server) => createGrpcWebTransport({ ...optionsOf(server, "1.1"), useBinaryFormat: false }),
  ],
  ["gRPC-Web, gzip", (server) => createGrpcWebTransport({ ...optionsOf(server, "1.1"), ...gzip })],
];

const gzip = { sendCompression: compressionGzip, acceptCompression: [compressionGzip], compressMinBytes: 1 };

function optionsOf<V extends HttpVersion>(server: TestServer, httpVersion: V) {
  const nodeOptions = server.ca === undefined ? {} : { ca: server.ca };
  return { baseUrl: server.url, httpVersion, nodeOptions };
}

describe.for([
  ["plaintext", false],
  ["TLS", true],
] as const)("over %s", ([, tls]) => {
  describe.for(clients)("a client of %s", ([, createTransport]) => {
    test("calls a method of each kind", async ({ start, expect }) => {
      const server = await start({ tls });
      const transport = createTransport(server);
      const jobs = createClient(JobService, transport);
      const events = createClient(JobEventsService, transport);

      expect((await jobs.getJob({ jobId: "j-1" })).job).toMatchObject({ jobId: "j-1", attempt: 3 });
      const appended = await events.appendJobEvents({
        taskToken: "t",
        events: [{ sequence: 1n }, { sequence: 2n }],
      });
      expect(appended.lastSequence).toBe(2n);
      const dequeued = await Array.fromAsync(jobs.dequeueJob({ queue: "q", maxJobs: 3 }));
      expect(dequeued.map(({ taskToken }) => taskToken)).toEqual(["token-1", "token-2", "token-3"]);
      const streamed = await Array.fromAsync(events.streamJobEvents({ jobId: "j" }));
      expect(streamed.map(({ event }) => Number(event?.sequence))).toEqual(
        Array.from({ length: 100 }, (_, at) => at + 1),
      );
      await events.publishJobEvents(
        (async function* () {
          for (let sequence = 1n; sequence <= 5n; sequence++)
            yield { taskToken: "t", events: [{ sequence }] };
        })(),
      );
      expect(server.seen.messages).toBe(5);
    });

    test("gets errors with their code, text and details, before and within a stream", async ({
      start,
      expect,
    }) => {
      const server = await start({ tls });
      const transport = createTransport(server);
      const jobs = createClient(JobService, transport);
      const error = await errorOf(jobs.getJob({ jobId: "missing" }));
      expect(error).toMatchObject({ code: Code.NotFound, rawMessage: "There is no such job: ünknown." });
      expect(error.findDetails(ErrorInfoSchema)).toMatchObject([{ code: "job_not_found", field: "job_id" }]);

      const received: string[] = [];
      const streamError = await errorOf(
        (async () => {
          for await (const { taskToken } of jobs.dequeueJob({ queue: "missing", maxJobs: 2 }))
            received.push(taskToken);
        })(),
      );
      expect(received).toEqual(["token-1", "token-2"]);
      expect(streamError.code).toBe(Code.NotFound);
      expect(streamError.findDetails(ErrorInfoSchema)).toMatchObject([{ code: "job_not_found" }]);

      const early = await errorOf(Array.fromAsync(jobs.dequeueJob({ queue: "missing" })));
      expect(early.code).toBe(Code.NotFound);
      expect(early.findDetails(ErrorInfoSchema)).toHaveLength(1);
      const internal = await errorOf(jobs.getJob({ jobId: "broken" }));
      expect(internal).toMatchObject({ code: Code.Internal, rawMessage: "Internal error." });
      expect(server.logs.text).toContain("x is not a function");
      const limited = await errorOf(jobs.getJob({ jobId: "retry" }));
      expect(limited.code).toBe(Code.ResourceExhausted);
      expect(limited.metadata.get("retry-after")).toBe("7");
    });

    test("gets deadline_exceeded when its time is over, waiting or streaming", async ({ start, expect }) => {
      const server = await start({ tls });
      const jobs = createClient(JobService, createTransport(server));
      const late = await errorOf(jobs.getJob({ jobId: "deaf" }, { timeoutMs: 80 }));
      expect(late.code).toBe(Code.DeadlineExceeded);
      const error = await errorOf(Array.fromAsync(jobs.dequeueJob({ queue: "open" }, { timeoutMs: 80 })));
      expect(error.code).toBe(Code.DeadlineExceeded);
    });
  });
});

async function errorOf(work: Promise<unknown>): Promise<ConnectError> {
  try {
    await work;
  } catch (error) {
    return ConnectError.from(error);
  }
  throw new Error("it did not fail");
}
