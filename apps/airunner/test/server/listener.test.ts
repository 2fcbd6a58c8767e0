// SPDX-License-Identifier: Apache-2.0
import { once } from "node:events";
import { Agent, request as httpRequest } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { connect } from "node:net";
import { connect as connectTls } from "node:tls";
import { waitFor } from "@repo/testkit";
import { describe } from "vitest";
import type { Exchange } from "../../src/server/listener/exchange.ts";
import { H2Client, readAnswer } from "./support/h2-client.ts";
import { closeOf, frame, frameTypes, postHeaders, preface, RawHttp2 } from "./support/raw-http2.ts";
import { type TestServer, test } from "./support/test-server.ts";

function hello(exchange: Exchange): void {
  exchange.answer(200, { "content-type": "text/plain" }, Buffer.from(`HTTP/${exchange.httpVersion}`));
}

/** Sends bytes and gives back all that comes until the end. */
async function talk(port: number, parts: readonly (string | Buffer)[]): Promise<string> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  let text = "";
  socket.setEncoding("latin1").on("data", (piece: string) => (text += piece));
  socket.on("error", () => {});
  const closed = closeOf(socket);
  await once(socket, "connect");
  for (const part of parts) {
    socket.write(part);
    // Each part its own packet.
    await new Promise((resolve) => setImmediate(resolve));
  }
  await closed;
  return text;
}

describe("one port", () => {
  test("answers HTTP/1.1 and HTTP/2 with prior knowledge in plain text", async ({ start, expect }) => {
    const server = await start({ handle: hello });
    await using client = new H2Client(server);
    expect((await client.call("/", {})).body.toString()).toBe("HTTP/2.0");
    expect(await talk(server.port, ["GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"])).toContain(
      "HTTP/1.1",
    );
  });

  test("tells them apart though the first bytes come one by one", async ({ start, expect }) => {
    const server = await start({ handle: hello });
    const bytes = "PROPFIND / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n".split("");
    expect(await talk(server.port, bytes)).toContain("HTTP/1.1 200");
    using raw = new RawHttp2(server.port);
    for (const byte of Buffer.concat([preface, frame(frameTypes.settings)])) {
      raw.socket.write(Buffer.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    raw.socket.write(postHeaders(1, "/"));
    await waitFor(() => raw.of(frameTypes.data).some(({ payload }) => payload.toString() === "HTTP/2.0"));
  });

  test.for([
    ["h2", ["h2", "http/1.1"], "HTTP/2.0"],
    ["http/1.1", ["http/1.1"], "HTTP/1.1"],
  ] as const)("over TLS agrees on %s", async ([protocol, offered, version], { start, expect }) => {
    const server = await start({ tls: true, handle: hello });
    const socket = connectTls({
      port: server.port,
      host: "127.0.0.1",
      ca: server.ca,
      ALPNProtocols: [...offered],
    });
    await once(socket, "secureConnect");
    expect(socket.alpnProtocol).toBe(protocol);
    if (protocol === "h2") {
      const session = connectHttp2(server.url, { createConnection: () => socket });
      expect((await readAnswer(session.request({ ":path": "/" }))).body.toString()).toBe(version);
      session.destroy();
    } else {
      const closed = closeOf(socket);
      let text = "";
      socket.on("data", (piece: Buffer) => (text += piece.toString()));
      socket.write("GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
      await closed;
      expect(text).toContain(version);
    }
  });

  test("over TLS without ALPN looks at the first bytes", async ({ start, expect }) => {
    const server = await start({ tls: true, handle: hello });
    const socket = connectTls({ port: server.port, host: "127.0.0.1", ca: server.ca });
    let text = "";
    socket.on("data", (piece: Buffer) => (text += piece.toString()));
    const closed = closeOf(socket);
    socket.write("GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
    await closed;
    expect(text).toContain("HTTP/1.1 200");
  });

  test("refuses TLS 1.1 and protocols that it does not speak", async ({ start, expect }) => {
    const server = await start({ tls: true, handle: hello });
    const errorOf = async (options: object): Promise<string> => {
      const socket = connectTls({ port: server.port, host: "127.0.0.1", ca: server.ca, ...options });
      const [error]: unknown[] = await once(socket, "error");
      return String(error);
    };
    expect(await errorOf({ maxVersion: "TLSv1.1", minVersion: "TLSv1.1" })).toMatch(
      /protocol|version|cipher/i,
    );
    expect(await errorOf({ ALPNProtocols: ["spdy/3"] })).toMatch(/no.application.protocol/i);
  });

  test("rejects when the port is taken", async ({ start, expect }) => {
    const server = await start({ handle: hello });
    const { startListener } = await import("../../src/server/listener/listener.ts");
    const again = startListener({
      host: "127.0.0.1",
      port: server.port,
      handle: hello,
      logger: server.logs.logger,
    });
    await expect(again).rejects.toMatchObject({ code: "EADDRINUSE" });
  });
});

describe("a drain", () => {
  test("ends idle connections at once and takes no more", async ({ start, expect }) => {
    const server = await start({ handle: hello, limits: { drainMs: 60_000 } });
    await using client = new H2Client(server);
    await client.call("/", {});
    const agent = new Agent({ keepAlive: true });
    await get(server, agent);
    using silent = new RawHttp2(server.port);
    await once(silent.socket, "connect");
    const goaway = once(client.session, "goaway");
    await server.listener.drain();
    const [code]: unknown[] = await goaway;
    expect(code).toBe(0);
    await silent.closed;
    await expect(get(server, agent)).rejects.toThrow(/ECONNREFUSED|ECONNRESET|hang up/);
    agent.destroy();
  });

  test("lets answers under way finish, and answers no request that crossed the GOAWAY", async ({
    start,
    expect,
  }) => {
    const held: Exchange[] = [];
    const server = await start({ handle: (exchange) => held.push(exchange), limits: { drainMs: 60_000 } });
    using raw = new RawHttp2(server.port);
    raw.greet();
    raw.socket.write(postHeaders(1, "/first"));
    const agent = new Agent({ keepAlive: true });
    const http1 = get(server, agent);
    await waitFor(() => held.length === 2);
    const drained = server.listener.drain();
    await waitFor(() => raw.of(frameTypes.goaway).length === 1);
    // The last stream that is answered: a client may send whatever comes after it elsewhere.
    expect(raw.of(frameTypes.goaway)[0]?.payload.readUInt32BE(0)).toBe(1);
    raw.socket.write(postHeaders(3, "/crossed"));
    for (const exchange of held) exchange.answer(200, {}, Buffer.from("late"));
    expect(await http1).toMatchObject({ text: "late", connection: "close" });
    await drained;
    await raw.closed;
    const answers = raw.of(frameTypes.data).filter(({ payload }) => payload.toString() === "late");
    expect(answers.map(({ stream }) => stream)).toEqual([1]);
    expect(held).toHaveLength(2);
    agent.destroy();
  });

  test("ends a connection of HTTP/1.1 whose answer had begun as one that stays", async ({
    start,
    expect,
  }) => {
    const held: Exchange[] = [];
    const server = await start({
      handle(exchange) {
        exchange.start(200, {});
        held.push(exchange);
      },
      limits: { drainMs: 60_000 },
    });
    const agent = new Agent({ keepAlive: true });
    const answer = get(server, agent);
    await waitFor(() => held.length === 1);
    const drained = server.listener.drain();
    for (const exchange of held) {
      void exchange.write(Buffer.from("done"));
      exchange.finish();
    }
    expect(await answer).toMatchObject({ text: "done", connection: "keep-alive" });
    await drained;
    agent.destroy();
  });

  test("cuts what does not end", async ({ start, expect }) => {
    const held: Exchange[] = [];
    const server = await start({
      handle: (exchange) => held.push(exchange),
      limits: { drainMs: 50, flushMs: 50 },
    });
    await using client = new H2Client(server);
    const answer = client.call("/", {});
    await waitFor(() => held.length === 1);
    await server.listener.drain();
    expect((await answer).status).toBe(0);
    await server.listener[Symbol.asyncDispose]();
  });
});

describe("PING", () => {
  test("is sent by the server, and a client that answers lives", async ({ start, expect }) => {
    const server = await start({ handle: hello, limits: { pingEveryMs: 20, pingAnswerMs: 60_000 } });
    await using client = new H2Client(server);
    let pings = 0;
    client.session.on("ping", () => pings++);
    await waitFor(() => pings >= 3);
    expect((await client.call("/", {})).status).toBe(200);
  });

  test("ends a client that does not answer, and its streams", async ({ start, expect }) => {
    const ends: boolean[] = [];
    const server = await start({
      handle: (exchange) => exchange.onClose((wasFinished) => ends.push(wasFinished)),
      limits: { pingEveryMs: 20, pingAnswerMs: 50 },
    });
    using raw = new RawHttp2(server.port);
    raw.greet();
    raw.socket.write(postHeaders(1, "/"));
    await raw.closed;
    await waitFor(() => ends.length === 1);
    expect(ends).toEqual([false]);
    expect(server.logs.text).toContain("did not answer a PING within 50 ms");
  });

  test("an idle session ends with a GOAWAY", async ({ start, expect }) => {
    const server = await start({ handle: hello, limits: { idleMs: 50 } });
    await using client = new H2Client(server);
    const [code]: unknown[] = await once(client.session, "goaway");
    expect(code).toBe(0);
    await waitFor(() => client.session.destroyed);
  });
});

interface Got {
  readonly text: string;
  readonly connection: string | undefined;
}

function get(server: TestServer, agent: Agent): Promise<Got> {
  const { promise, resolve, reject } = Promise.withResolvers<Got>();
  const request = httpRequest({ port: server.port, host: "127.0.0.1", agent }, (response) => {
    let text = "";
    response.setEncoding("utf8").on("data", (piece: string) => (text += piece));
    response.on("end", () => resolve({ text, connection: response.headers.connection }));
  });
  request.on("error", reject).end();
  return promise;
}
