// SPDX-License-Identifier: Apache-2.0
import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import { test as base, describe } from "vitest";
import { startHealthServer } from "./health-server.ts";
import { probe } from "./probe.ts";

/** A server that does to each connection what it is told: `hang`, `cut`, or send this text; gives its port. */
type Serve = (onData: string) => Promise<number>;

const test = base.extend<{ serve: Serve }>({
  // oxlint-disable-next-line no-empty-pattern -- vitest reads the pattern to know what a fixture needs
  serve: async ({}, use) => {
    const servers: Server[] = [];
    await use(async (onData) => {
      const server = createServer((socket) => {
        socket.on("error", () => {});
        socket.on("data", () => {
          if (onData === "cut") socket.resetAndDestroy();
          else if (onData !== "hang") socket.end(onData);
        });
      }).listen(0, "127.0.0.1");
      servers.push(server);
      await once(server, "listening");
      return portOf(server.address());
    });
    for (const server of servers) server.close();
  },
});

function portOf(address: AddressInfo | string | null): number {
  if (typeof address !== "object" || address === null) throw new TypeError("no port");
  return address.port;
}

describe("probe", () => {
  test("is what the endpoint says", async ({ expect }) => {
    await using server = await startHealthServer({ host: "127.0.0.1", port: 0 });
    const { port } = server;
    expect(await probe({ port })).toBe(true);
    expect(await probe({ port, path: "/readyz" })).toBe(false);
    server.markReady();
    expect(await probe({ port, path: "/readyz" })).toBe(true);
    expect(await probe({ port, path: "/none" })).toBe(false);
  });

  test("is false where nothing listens, for a port out of range and a path that is none", async ({
    expect,
  }) => {
    const server = await startHealthServer({ host: "127.0.0.1", port: 0 });
    await server[Symbol.asyncDispose]();
    expect(await probe({ port: server.port })).toBe(false);
    expect(await probe({ port: 70_000 })).toBe(false);
    expect(await probe({ port: server.port, path: "/a b" })).toBe(false);
  });

  test.for([
    ["cuts the connection", "cut"],
    ["never answers", "hang"],
    ["speaks no HTTP", "hello\r\n"],
    ["redirects", "HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n"],
  ] as const)("is false where the server %s", async ([, behaviour], { expect, serve }) => {
    expect(await probe({ port: await serve(behaviour), timeoutMs: 300 })).toBe(false);
  });

  test("does not read a body that has no end", async ({ expect, serve }) => {
    const port = await serve("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nx");
    expect(await probe({ port })).toBe(true);
  });
});
