// SPDX-License-Identifier: Apache-2.0
import { create, toBinary } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { describe } from "vitest";
import { DequeueJobRequestSchema } from "../../src/gen/job/v1/job_pb.ts";
import type { CallEnd, CallStart } from "../../src/server/rpc/rpc-options.ts";
import { toEnvelope } from "../../src/server/rpc/wire/envelope.ts";
import { H2Client } from "./support/h2-client.ts";
import { contentTypes, paths } from "./support/paths.ts";
import { test } from "./support/test-server.ts";

describe("without a good token", () => {
  test.for([
    ["Connect", contentTypes.unary, paths.getJob],
    ["Connect in JSON", contentTypes.unaryJson, paths.getJob],
    ["an unknown content type", { "content-type": "text/plain" }, paths.getJob],
    ["an unknown path", contentTypes.unary, "/nothing"],
    ["no content type", {}, "/"],
  ] as const)("%s gets 401 and JSON", async ([, headers, path], { start, expect }) => {
    const server = await start({ auth: true });
    await using client = new H2Client(server);
    const missing = await client.call(path, headers);
    expect([missing.status, missing.headers["content-type"], missing.body.toString()]).toEqual([
      401,
      "application/json",
      '{"code":"unauthenticated","message":"missing bearer token"}',
    ]);
    const bad = await client.call(path, { ...headers, authorization: "Bearer x" });
    expect(bad.body.toString()).toBe('{"code":"unauthenticated","message":"invalid token"}');
    expect(missing.headers["www-authenticate"]).toBeUndefined();
  });

  test("a Connect stream gets 200 and the error in its last envelope", async ({ start, expect }) => {
    const server = await start({ auth: true });
    await using client = new H2Client(server);
    const answer = await client.call(paths.dequeueJob, contentTypes.stream);
    expect([answer.status, answer.headers["content-type"]]).toEqual([200, "application/connect+proto"]);
    expect(answer.body[0]).toBe(2);
    expect(answer.body.subarray(5).toString()).toBe(
      '{"error":{"code":"unauthenticated","message":"missing bearer token"}}',
    );
  });

  test.for([
    ["gRPC", contentTypes.grpc],
    ["gRPC-Web", contentTypes.grpcWeb],
  ] as const)("%s gets 200 and its status", async ([, headers], { start, expect }) => {
    const server = await start({ auth: true });
    await using client = new H2Client(server);
    const answer = await client.call(paths.getJob, headers);
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({ "grpc-status": "16", "grpc-message": "missing%20bearer%20token" });
    expect(server.seen.calls).toBe(0);
  });

  test("and with one of another scope the method is denied", async ({ start, expect }) => {
    const server = await start({ auth: true });
    await using client = new H2Client(server);
    const denied = await client.call(paths.getJob, { ...contentTypes.unary, authorization: "Bearer submit" });
    expect(denied.status).toBe(403);
    expect(denied.body.toString()).toContain('needs the scope \\"read\\"');
    for (const token of ["read", "good"]) {
      const headers = { ...contentTypes.unary, authorization: `Bearer ${token}` };
      expect((await client.call(paths.getJob, headers)).status).toBe(200);
    }
  });
});

describe("what is no call", () => {
  test("is refused by HTTP's own means", async ({ start, expect }) => {
    const server = await start();
    await using client = new H2Client(server);
    expect((await client.call("/job.v1.JobService/Nothing", contentTypes.unary)).status).toBe(404);
    expect(
      (await client.call("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", contentTypes.grpc))
        .status,
    ).toBe(404);
    const get = await client.call(paths.getJob, { ":method": "GET" });
    expect([get.status, get.headers["allow"]]).toEqual([405, "POST"]);
    const text = await client.call(paths.getJob, { "content-type": "text/plain" }, Buffer.from("x"));
    expect([text.status, text.headers["accept-post"]]).toEqual([
      415,
      expect.stringMatching(/^application\/proto, application\/json, application\/grpc,/),
    ]);
  });

  test.for([
    ["a stream's content type for one message", contentTypes.stream, paths.getJob],
    ["one message's content type for a stream", contentTypes.unary, paths.dequeueJob],
    ["gRPC-Web as text", { "content-type": "application/grpc-web-text" }, paths.getJob],
    ["a charset that is not JSON's", { "content-type": "application/json; charset=latin1" }, paths.getJob],
  ] as const)("is refused as 415: %s", async ([, headers, path], { start, expect }) => {
    const server = await start();
    await using client = new H2Client(server);
    expect((await client.call(path, headers)).status).toBe(415);
  });

  test.for(["application/json; charset=utf-8", "Application/JSON;charset=UTF-8", "application/json"])(
    "but %s is JSON",
    async (type, { start, expect }) => {
      const server = await start();
      await using client = new H2Client(server);
      const answer = await client.call(`${paths.getJob}?x=1`, { "content-type": type }, Buffer.from("{}"));
      expect([answer.status, answer.headers["content-type"]]).toEqual([200, "application/json"]);
    },
  );
});

describe("CORS", () => {
  const origin = "https://ci.example.org";
  const preflight = { ":method": "OPTIONS", origin, "access-control-request-method": "POST" };

  test("answers a preflight before authentication", async ({ start, expect }) => {
    const server = await start({ auth: true, corsOrigins: ["https://other.example.org", origin] });
    await using client = new H2Client(server);
    const answer = await client.call(paths.getJob, preflight);
    expect(answer.status).toBe(204);
    expect(answer.headers).toMatchObject({
      "access-control-allow-origin": origin,
      vary: "Origin",
      "access-control-allow-methods": expect.stringContaining("POST"),
      "access-control-allow-headers": expect.stringMatching(/Connect-Protocol-Version.*Authorization/),
    });
  });

  test("names the origin on every answer, also of errors and streams", async ({ start, expect }) => {
    const server = await start({ auth: true, corsOrigins: [origin] });
    await using client = new H2Client(server);
    for (const headers of [contentTypes.unary, contentTypes.grpcWeb]) {
      const answer = await client.call(paths.getJob, { ...headers, origin });
      expect(answer.headers["access-control-allow-origin"]).toBe(origin);
      expect(answer.headers["access-control-expose-headers"]).toContain("Grpc-Status");
    }
    const token = { origin, authorization: "Bearer good" };
    const body = toEnvelope(
      toBinary(DequeueJobRequestSchema, create(DequeueJobRequestSchema, { maxJobs: 1 })),
    );
    const stream = await client.call(paths.dequeueJob, { ...contentTypes.stream, ...token }, body);
    expect(stream.headers["access-control-allow-origin"]).toBe(origin);
  });

  test("tells other origins nothing, and takes any where any is allowed", async ({ start, expect }) => {
    const server = await start({ corsOrigins: [origin] });
    await using client = new H2Client(server);
    const other = await client.call(paths.getJob, { ...preflight, origin: "https://evil.example" });
    expect(other.headers["access-control-allow-origin"]).toBeUndefined();
    const none = await start();
    await using plain = new H2Client(none);
    expect((await plain.call(paths.getJob, preflight)).status).toBe(405);
    const all = await start({ corsOrigins: ["*"] });
    await using any = new H2Client(all);
    expect((await any.call(paths.getJob, preflight)).headers["access-control-allow-origin"]).toBe(origin);
  });
});

test("each call is observed from its start to its end", async ({ start, expect }) => {
  const starts: CallStart[] = [];
  const ends: CallEnd[] = [];
  let ran = 0;
  const server = await start({
    auth: true,
    observe(call) {
      starts.push(call);
      return {
        run(work) {
          ran++;
          return work();
        },
        end: (end) => ends.push(end),
      };
    },
  });
  await using client = new H2Client(server);
  const authorization = "Bearer good";
  await client.call(
    paths.getJob,
    { ...contentTypes.unary, authorization, traceparent: "00-a" },
    Buffer.from([0x0a, 1, 97]),
  );
  await client.call(paths.dequeueJob, contentTypes.grpc);
  expect(starts).toMatchObject([
    { service: "job.v1.JobService", method: "GetJob", kind: "unary", protocol: "connect" },
    { method: "DequeueJob", kind: "server_stream", protocol: "grpc" },
  ]);
  expect(starts[0]?.header("traceparent")).toBe("00-a");
  expect(starts[0]?.peer).toMatch(/^127\.0\.0\.1:\d+$/);
  expect(ends).toMatchObject([
    { code: undefined, subject: "tester", requestBytes: 3 },
    { code: Code.Unauthenticated, subject: "", responseBytes: 0 },
  ]);
  expect(ends[0]?.responseBytes).toBeGreaterThan(3);
  expect(ran).toBe(1);
});
