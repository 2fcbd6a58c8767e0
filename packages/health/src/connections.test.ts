// SPDX-License-Identifier: Apache-2.0
// What hostile, slow and late clients do to the listener, over plain sockets.
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { test as base, describe } from "vitest";
import { type HealthServer, type HealthServerOptions, startHealthServer } from "./health-server.ts";

type Start = (options?: Partial<HealthServerOptions>) => Promise<HealthServer>;
type Dial = (port: number) => Promise<Socket>;

const test = base.extend<{ start: Start; dial: Dial }>({
  // oxlint-disable-next-line no-empty-pattern -- vitest reads the pattern to know what a fixture needs
  start: async ({}, use) => {
    await using stack = new AsyncDisposableStack();
    await use(async (options) =>
      stack.use(await startHealthServer({ host: "127.0.0.1", port: 0, ...options })),
    );
  },
  // oxlint-disable-next-line no-empty-pattern -- vitest reads the pattern to know what a fixture needs
  dial: async ({}, use) => {
    using stack = new DisposableStack();
    await use(async (port) => {
      const socket = stack.adopt(connect(port, "127.0.0.1"), (each) => each.destroy());
      socket.on("error", () => {});
      await once(socket, "connect");
      return socket;
    });
  },
});

const livez = "GET /livez HTTP/1.1\r\nHost: h\r\n\r\n";

describe("a client that", () => {
  test("sends its request too slowly is cut off", async ({ expect, start, dial }) => {
    const server = await start({ requestTimeoutMs: 200 });
    const socket = await dial(server.port);
    socket.write("GET /livez HTTP/1.1\r\nHost:");
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 408 /);
  });

  test("says nothing at all is cut off", async ({ expect, start, dial }) => {
    const server = await start({ requestTimeoutMs: 200 });
    const socket = await dial(server.port);
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 408 /);
  });

  test("stays idle after an answer is cut off, as the answer says", async ({ expect, start, dial }) => {
    const server = await start({ requestTimeoutMs: 1000 });
    const socket = await dial(server.port);
    socket.write(livez);
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 .*Keep-Alive: timeout=1\r\n.*ok$/s);
  });

  test("sends endless headers gets 431", async ({ expect, start, dial }) => {
    const server = await start();
    const socket = await dial(server.port);
    socket.write(`GET /livez HTTP/1.1\r\nHost: h\r\nX: ${"x".repeat(9000)}\r\n\r\n`);
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 431 /);
  });

  test("sends a body gets its answer and the end of the connection", async ({ expect, start, dial }) => {
    const server = await start();
    const socket = await dial(server.port);
    socket.write("GET /livez HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello");
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 .*Connection: close\r\n.*ok$/s);
  });

  test("speaks no HTTP gets 400", async ({ expect, start, dial }) => {
    const server = await start();
    const socket = await dial(server.port);
    socket.write("\u0016\u0003\u0001 hello\r\n\r\n");
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 400 /);
  });

  test("opens more than 128 connections gets no further one, until some end", async ({
    expect,
    start,
    dial,
  }) => {
    // Longer than the test may take, so that no connection is ended for being idle.
    const server = await start({ requestTimeoutMs: 60_000 });
    const held = await Promise.all(Array.from({ length: 128 }, () => dial(server.port)));
    const refused = await dial(server.port);
    refused.resume();
    await once(refused, "close");
    held[0]?.destroy();
    await expect
      .poll(
        async () => {
          const socket = await dial(server.port);
          socket.end(livez);
          return text(socket).catch(() => "");
        },
        { timeout: 5000 },
      )
      .toMatch(/ok$/);
  });
});

describe("disposal", () => {
  test("lets an answer under way finish and ends idle connections, and a second one waits for it", async ({
    expect,
    start,
    dial,
  }) => {
    const asked = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<undefined>();
    const check = () => {
      asked.resolve();
      return answer.promise;
    };
    const server = await start({ checks: [{ name: "slow", check }] });
    server.markReady();
    const idle = await dial(server.port);
    idle.write(livez);
    await once(idle, "data");
    const busy = await dial(server.port);
    busy.write("GET /readyz HTTP/1.1\r\nHost: h\r\n\r\n");
    await asked.promise;
    let isClosed = false;
    const first = Promise.resolve(server[Symbol.asyncDispose]());
    const second = Promise.resolve(server[Symbol.asyncDispose]()).then(() => {
      isClosed = true;
    });
    await once(idle, "close");
    expect(isClosed).toBe(false);
    answer.resolve(undefined);
    expect(await text(busy)).toMatch(/^HTTP\/1\.1 200 .*ok$/s);
    await Promise.all([first, second]);
  });

  test("does not wait for ever for a client that holds its request back", async ({ expect, start, dial }) => {
    const server = await start({ requestTimeoutMs: 60_000 });
    const socket = await dial(server.port);
    socket.write("GET /livez HTTP/1.1\r\nHost:");
    socket.resume();
    const closed = once(socket, "close");
    await server[Symbol.asyncDispose]();
    expect(await closed).toEqual([false]);
  });
});
