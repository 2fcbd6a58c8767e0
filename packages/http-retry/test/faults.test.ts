// SPDX-License-Identifier: Apache-2.0
import { inspect } from "node:util";
import { createHttpClient, type HttpClientOptions } from "@repo/http-retry";
import { createVirtualClock } from "@repo/http-retry/testing";
import { waitFor } from "@repo/testkit";
import { test } from "vitest";
import { atOnce, failureOf } from "./support/failure.ts";
import { answer, type RawRequest, startRawServer } from "./support/raw-server.ts";

/** A server whose first request meets `fault` and whose others are answered, and a client of it. */
async function facing(fault: (request: RawRequest) => void, options: Partial<HttpClientOptions> = {}) {
  const stack = new AsyncDisposableStack();
  const server = stack.use(
    await startRawServer((request) => {
      if (request.count === 1) fault(request);
      else request.socket.write(answer("fine"));
    }),
  );
  const client = stack.use(createHttpClient({ origin: server.origin, policy: atOnce, ...options }));
  const get = (path = "/") => client.request({ method: "GET", path });
  return { server, client, get, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

/** What a server does to its first request that a second attempt mends. */
const lostAnswers: readonly (readonly [string, (request: RawRequest) => void])[] = [
  ["resets the connection", ({ socket }) => socket.resetAndDestroy()],
  ["closes the connection without a word", ({ socket }) => socket.end()],
  ["stops in the middle of the status line", ({ socket }) => socket.end("HTTP/1.1 20")],
  ["stops in the middle of the headers", ({ socket }) => socket.end("HTTP/1.1 200 OK\r\ncontent-le")],
  [
    "sends less than its content-length says",
    ({ socket }) => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf"),
  ],
  [
    "resets in the middle of the body",
    ({ socket }) => {
      socket.write("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf", () => socket.resetAndDestroy());
    },
  ],
  [
    "stops between two chunks",
    ({ socket }) => socket.end("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n"),
  ],
  [
    "stops within a chunk",
    ({ socket }) => socket.end("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nff\r\nhalf"),
  ],
];

test.for(lostAnswers)("repeats a GET when the server %s", async ([, fault], { expect }) => {
  await using faced = await facing(fault);
  const response = await faced.get();
  expect([response.text(), response.attempts, faced.server.heads.length]).toEqual(["fine", 2, 2]);
});

test.for(lostAnswers)(
  "does not repeat a POST when the server %s, and says that its outcome is unknown",
  async ([, fault], { expect }) => {
    await using faced = await facing(fault);
    const error = await failureOf(faced.client.request({ method: "POST", path: "/", body: "x" }));
    expect([error.code, error.wasSent, error.status, faced.server.heads.length]).toEqual([
      "transient",
      true,
      undefined,
      1,
    ]);
  },
);

/** What keeps an attempt busy until its time is over. */
const hangs: readonly (readonly [string, (request: RawRequest) => void])[] = [
  ["never answers", () => undefined],
  ["stops after half the headers", ({ socket }) => socket.write("HTTP/1.1 200 OK\r\nx: y")],
  ["stops after the headers", ({ socket }) => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n")],
  ["sends no more than interim answers", ({ socket }) => socket.write("HTTP/1.1 102 Processing\r\n\r\n")],
];

test.for(hangs)(
  "ends the attempt and its connection after its time when the server %s",
  async ([, fault], { expect }) => {
    const clock = createVirtualClock();
    await using faced = await facing(fault, { clock, timeoutMs: 5000, policy: { maxAttempts: 1 } });
    const failing = failureOf(faced.get());
    await waitFor(() => faced.server.heads.length === 1, { what: "the request to arrive" });
    clock.advance(4999);
    expect(faced.server.sockets.size).toBe(1);
    clock.advance(1);
    const error = await failing;
    expect([error.code, error.kind, error.wasSent]).toEqual(["timeout", "transient", true]);
    expect(error.message).toContain("no whole answer within 5000 ms");
    expect(clock.pending).toBe(0);
    await waitFor(() => faced.server.sockets.size === 0, { what: "the connection to close" });
  },
);

test("a trickle does not extend the time of an attempt", async ({ expect }) => {
  const clock = createVirtualClock();
  let trickled = 0;
  await using faced = await facing(
    ({ socket }) => {
      socket.write("HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n");
      const drop = () => {
        if (socket.destroyed) return;
        trickled += 1;
        socket.write("x", () => setImmediate(drop));
      };
      drop();
    },
    { clock, timeoutMs: 5000, policy: { maxAttempts: 1 } },
  );
  const failing = failureOf(faced.get());
  for (let second = 1; second <= 5; second++) {
    const before = trickled;
    await waitFor(() => trickled > before + 3, { what: "the trickle to go on" });
    clock.advance(1000);
  }
  expect((await failing).code).toBe("timeout");
});

test("an answer that comes after its time is not taken for the next attempt's", async ({ expect }) => {
  const clock = createVirtualClock();
  let answerLate: () => void = () => undefined;
  await using faced = await facing(
    ({ socket }) => {
      answerLate = () => socket.write(answer("late"));
    },
    { clock, timeoutMs: 5000, onRetry: ({ waitMs }) => setImmediate(() => clock.advance(waitMs)) },
  );
  const getting = faced.get();
  await waitFor(() => faced.server.heads.length === 1, { what: "the request to arrive" });
  clock.advance(5000);
  answerLate();
  const response = await getting;
  expect([response.text(), response.attempts, faced.server.connections]).toEqual(["fine", 2, 2]);
});

test("takes only as much as the content-length says, and never reuses such a connection", async ({
  expect,
}) => {
  await using faced = await facing(({ socket }) =>
    socket.write(`${answer("fine")} and more than was announced`),
  );
  expect((await faced.get()).text()).toBe("fine");
  expect((await faced.get()).text()).toBe("fine");
  expect(faced.server.connections).toBe(2);
});

test("takes the final answer after interim ones, whatever those announce", async ({ expect }) => {
  const interim = "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\ncontent-length: 999999999\r\n\r\n";
  await using faced = await facing(({ socket }) => socket.write(interim + interim + answer("fine")));
  const response = await faced.get();
  expect([response.status, response.text(), response.headers.link]).toEqual([200, "fine", undefined]);
});

test("an answer that is not HTTP is permanent, with advice", async ({ expect }) => {
  await using faced = await facing(({ socket }) => socket.end("220 smtp.example.com ESMTP\r\n"));
  const error = await failureOf(faced.get());
  expect([error.code, error.attempts]).toEqual(["permanent", 1]);
  expect(error.message).toContain("not HTTP; check scheme and port");
  // What a confused service sent may be anything: it must not reach a log by way of the cause.
  expect(inspect(error)).not.toContain("smtp.example.com");
});

test("headers without end are permanent", async ({ expect }) => {
  await using faced = await facing(({ socket }) => {
    socket.write("HTTP/1.1 200 OK\r\n");
    socket.write(`x: ${"y".repeat(1000)}\r\n`.repeat(100));
  });
  const error = await failureOf(faced.get());
  expect([error.code, error.attempts]).toEqual(["permanent", 1]);
  expect(error.message).toContain("headers are too large");
});

test.for([
  ["announced", "content-length: 1000000\r\n\r\n"],
  ["not announced", "transfer-encoding: chunked\r\n\r\nffffff\r\n"],
] as const)("a body over the limit that is %s ends the attempt", async ([, headers], { expect }) => {
  let sent = 0;
  await using faced = await facing(
    ({ socket }) => {
      socket.write(`HTTP/1.1 200 OK\r\n${headers}`);
      const flood = () => {
        if (socket.destroyed) return;
        sent += 1024;
        socket.write("x".repeat(1024), () => setImmediate(flood));
      };
      flood();
    },
    { maxResponseBytes: 100_000 },
  );
  const error = await failureOf(faced.get());
  expect([error.code, error.attempts]).toEqual(["response_too_large", 1]);
  expect(error.message).toContain("more than 100000 bytes");
  await waitFor(() => faced.server.sockets.size === 0, { what: "the connection to close" });
  expect(sent).toBeLessThan(8_000_000);
});

test("a body of exactly the limit is taken, also by HEAD, which has none", async ({ expect }) => {
  await using faced = await facing(({ socket }) => socket.write(answer("x".repeat(100))), {
    maxResponseBytes: 100,
  });
  expect((await faced.get()).body).toHaveLength(100);
  await using head = await facing(
    ({ socket }) => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n"),
    { maxResponseBytes: 100 },
  );
  const response = await head.client.request({ method: "HEAD", path: "/" });
  expect([response.headers["content-length"], response.body.length]).toEqual(["1000000", 0]);
});

test("a kept connection that the server closes as the next request arrives costs no GET", async ({
  expect,
}) => {
  await using server = await startRawServer(({ socket, count }) => {
    // Every second request meets a connection that the server has just given up.
    if (count % 2 === 0) socket.resetAndDestroy();
    else socket.write(answer(`answer ${count}`));
  });
  await using client = createHttpClient({ origin: server.origin, policy: atOnce });
  for (let request = 0; request < 20; request++) {
    const response = await client.request({ method: "GET", path: "/" });
    expect(response.status).toBe(200);
  }
});

test("a kept connection that the server closed before is not used again, so that a POST arrives once", async ({
  expect,
}) => {
  await using server = await startRawServer(({ socket, count }) => socket.end(answer(`answer ${count}`)));
  await using client = createHttpClient({ origin: server.origin, policy: atOnce });
  for (let count = 1; count <= 20; count++) {
    await waitFor(() => server.sockets.size === 0, { what: "the last connection to close" });
    const response = await client.request({ method: "POST", path: "/", body: "x" });
    expect(response.text()).toBe(`answer ${count}`);
  }
});
