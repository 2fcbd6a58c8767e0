// SPDX-License-Identifier: Apache-2.0
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { waitFor } from "@repo/testkit";
import { describe } from "vitest";
import type { Exchange } from "../../src/server/listener/exchange.ts";
import { H2Client } from "./support/h2-client.ts";
import { contentTypes, paths } from "./support/paths.ts";
import { closeOf, frame, frameTypes, postHeaders, preface, RawHttp2 } from "./support/raw-http2.ts";
import { type TestServer, test } from "./support/test-server.ts";

/** A limit that a test waits for, and one that it must never reach. */
const short = 60;
const never = 600_000;

function hello(exchange: Exchange): void {
  exchange.answer(200, {}, Buffer.from("hello"));
}

function dial(server: TestServer): Socket & Disposable {
  const socket = connect(server.port, "127.0.0.1");
  socket.on("error", () => {}).resume();
  return Object.assign(socket, { [Symbol.dispose]: () => void socket.destroy() });
}

/** What every test ends with: nobody else has noticed. */
async function expectHealthy(server: TestServer): Promise<void> {
  await using client = new H2Client(server);
  const { status } = await client.call("/", {});
  if (status !== 200) throw new Error(`The server answered ${status}.`);
}

describe("a client that is slow on purpose loses its connection when", () => {
  test.for([
    ["it says nothing", "", { handshakeMs: short }],
    ["it stops within the preface of HTTP/2", "PRI * HTTP/2.0\r\n", { handshakeMs: short }],
    ["it stops after two letters of it", "PR", { handshakeMs: short }],
    ["it sends no SETTINGS after the preface", preface, { handshakeMs: short, headersMs: never }],
    [
      "its headers of HTTP/1.1 do not end",
      "GET / HTTP/1.1\r\nhost: a\r\nx: ",
      { headersMs: short, handshakeMs: never },
    ],
    ["its request line does not end", "GET /", { headersMs: short, handshakeMs: never }],
  ] as const)("%s", async ([, bytes, limits], { start }) => {
    const server = await start({ handle: hello, limits });
    using socket = dial(server);
    const closed = closeOf(socket);
    socket.write(bytes);
    await closed;
    await expectHealthy(server);
  });

  test("it does not end its TLS handshake", async ({ start }) => {
    const server = await start({ tls: true, handle: hello, limits: { handshakeMs: short } });
    using socket = dial(server);
    const closed = closeOf(socket);
    socket.write(Buffer.from([22, 3, 1, 2, 0]));
    await closed;
    await expectHealthy(server);
  });

  test("it stays after an answer of HTTP/1.1", async ({ start }) => {
    const server = await start({ handle: hello, limits: { idleMs: short } });
    using socket = dial(server);
    const closed = closeOf(socket);
    socket.write("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    await closed;
  });

  test("it goes on sending a body that was refused", async ({ start, expect }) => {
    const server = await start({ auth: true });
    using socket = dial(server);
    let text = "";
    socket.on("data", (piece: Buffer) => (text += piece.toString()));
    const closed = closeOf(socket);
    const head = `POST ${paths.getJob} HTTP/1.1\r\nhost: a\r\ncontent-type: application/proto\r\ncontent-length: 99999\r\n\r\n`;
    socket.write(`${head}abc`);
    await closed;
    expect(text).toContain("HTTP/1.1 401");
  });
});

describe("a client that is wrong on purpose does not harm others when", () => {
  test.for([
    ["garbage follows its preface", Buffer.concat([preface, Buffer.alloc(4096, 0xff)])],
    ["its preface is almost right", Buffer.from("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n----------")],
    [
      "its frame is longer than allowed",
      Buffer.concat([preface, Buffer.from([255, 255, 255, 4, 0, 0, 0, 0, 0])]),
    ],
    ["its request is no HTTP", Buffer.from("\u0016\u0003\u0001 what?\r\n\r\n")],
    [
      "its headers of HTTP/1.1 are too long",
      Buffer.from(`GET / HTTP/1.1\r\nhost: a\r\nx: ${"a".repeat(40_000)}\r\n\r\n`),
    ],
    [
      "it says its length twice",
      Buffer.from("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab"),
    ],
  ] as const)("%s", async ([, bytes], { start }) => {
    const server = await start({ handle: hello });
    using socket = dial(server);
    const closed = closeOf(socket);
    socket.write(bytes);
    await closed;
    await expectHealthy(server);
  });

  test("its headers of HTTP/2 are too long", async ({ start, expect }) => {
    const server = await start({ handle: hello });
    using raw = new RawHttp2(server.port);
    raw.greet();
    raw.socket.write(postHeaders(1, "/", { a: "x".repeat(9000), b: "y".repeat(6000) }));
    await waitFor(() => raw.of(frameTypes.headers).length === 1);
    // A frame holds 16,384 bytes: HEADERS without its end, then CONTINUATION.
    const long = postHeaders(3, "/", { c: "z".repeat(16_000), d: "z".repeat(1000) }).subarray(9);
    raw.socket.write(frame(frameTypes.headers, { stream: 3, payload: long.subarray(0, 16_000) }));
    raw.socket.write(
      frame(frameTypes.continuation, { flags: 0x4, stream: 3, payload: long.subarray(16_000) }),
    );
    await waitFor(() => raw.of(frameTypes.rstStream).some(({ stream }) => stream === 3));
    expect(raw.of(frameTypes.headers).map(({ stream }) => stream)).toEqual([1]);
    await expectHealthy(server);
  });

  test("it says goodbye and keeps its socket: no PING is tried on what is over", async ({ start }) => {
    const server = await start({ handle: hello, limits: { pingEveryMs: 20, pingAnswerMs: never } });
    using gone = new RawHttp2(server.port);
    gone.greet();
    await waitFor(() => gone.of(frameTypes.ping).length > 0);
    gone.socket.pause();
    gone.socket.write(frame(frameTypes.goaway, { payload: Buffer.alloc(8) }));
    using other = new RawHttp2(server.port);
    other.greet();
    await waitFor(() => other.of(frameTypes.ping).length > 4);
    await expectHealthy(server);
  });

  test("it opens and resets streams as fast as it can", async ({ start }) => {
    const server = await start({ handle: () => {}, limits: {} });
    using raw = new RawHttp2(server.port);
    raw.greet();
    const cancel = Buffer.from([0, 0, 0, 8]);
    for (let batch = 0; batch < 100 && !raw.socket.destroyed; batch++) {
      const frames: Buffer[] = [];
      for (let at = 0; at < 100; at++) {
        const stream = (batch * 100 + at) * 2 + 1;
        frames.push(postHeaders(stream, "/"), frame(frameTypes.rstStream, { stream, payload: cancel }));
      }
      raw.socket.write(Buffer.concat(frames));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await raw.closed;
  });

  test.for([
    ["PING", frame(frameTypes.ping, { payload: Buffer.alloc(8) })],
    ["SETTINGS", frame(frameTypes.settings, { payload: Buffer.from([0, 4, 0, 1, 0, 0]) })],
  ] as const)("it sends thousands of %s", async ([, one], { start, expect }) => {
    const server = await start({ handle: hello, limits: { maxControlFrames: 500 } });
    using raw = new RawHttp2(server.port);
    raw.greet();
    for (let batch = 0; batch < 50 && !raw.socket.destroyed; batch++) {
      raw.socket.write(Buffer.concat(Array.from({ length: 100 }, () => one)));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await raw.closed;
    expect(server.logs.text).toContain("too many PING and SETTINGS frames");
    await expectHealthy(server);
  });

  test("it opens more streams than it may", async ({ start, expect }) => {
    let begun = 0;
    const server = await start({ handle: () => begun++, limits: { maxStreamsPerSession: 5 } });
    using raw = new RawHttp2(server.port);
    raw.greet();
    await waitFor(() => raw.of(frameTypes.settings).length >= 2);
    for (let stream = 1; stream <= 13; stream += 2) raw.socket.write(postHeaders(stream, "/"));
    // It has acknowledged the limit, so this is an error of its connection.
    await raw.closed;
    expect(begun).toBe(5);
  });

  test("there are more connections than it takes", async ({ start }) => {
    const server = await start({ handle: hello, limits: { maxConnections: 3 } });
    const sockets = [dial(server), dial(server), dial(server)];
    await Promise.all(sockets.map((socket) => once(socket, "connect")));
    using extra = dial(server);
    await closeOf(extra);
    for (const socket of sockets) socket.destroy();
    await waitFor(() => expectHealthy(server).then(() => true));
  });

  test("its unread bodies do not use up the window of its session", async ({ start, expect }) => {
    const server = await start({ auth: true });
    await using client = new H2Client(server);
    const body = Buffer.alloc(512 * 1024);
    for (let at = 0; at < 30; at++) {
      const { status } = await client.call(paths.appendJobEvents, contentTypes.unary, body);
      expect(status).toBe(401);
    }
    const headers = { ...contentTypes.unary, authorization: "Bearer good" };
    const late = await client.call(paths.appendJobEvents, headers, Buffer.alloc(0));
    expect(late.status).toBe(200);
    const large = await client.call(
      paths.appendJobEvents,
      headers,
      Buffer.concat([Buffer.from([0x0a, 0xc0, 0x84, 0x3d]), Buffer.alloc(1_000_000, 97)]),
    );
    expect(large.status).toBe(200);
  });
});

test("10,000 idle streams over ten sessions cost little, and others are answered", {
  timeout: 120_000,
}, async ({ start, expect }) => {
  let open = 0;
  const server = await start({
    handle: (exchange) => {
      if (exchange.url === "/") return hello(exchange);
      open++;
      exchange.onClose(() => open--);
    },
  });
  await using stack = new AsyncDisposableStack();
  for (let session = 0; session < 10; session++) {
    const client = stack.use(new H2Client(server));
    for (let stream = 0; stream < 1000; stream++) client.open("/idle");
  }
  await waitFor(() => open === 10_000, { deadlineMs: 60_000 });
  await expectHealthy(server);
  await stack.disposeAsync();
  await waitFor(() => open === 0, { deadlineMs: 60_000 });
  expect(open).toBe(0);
});
