// SPDX-License-Identifier: Apache-2.0
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { waitFor } from "@repo/testkit";
import {
  type Clock,
  type FaultProxy,
  type FaultProxyOptions,
  startFaultProxy,
} from "@repo/testkit/fault-proxy";
import fc from "fast-check";
import { test as base } from "vitest";

/** A server whose ends of connections the test holds, and proxies in front of it. */
interface Wire extends AsyncDisposable {
  proxy(options?: Omit<FaultProxyOptions, "target">): Promise<FaultProxy>;
  /** A client through the proxy, with the server's end of its connection. */
  open(proxy: FaultProxy): Promise<{ readonly client: End; readonly server: End }>;
  readonly port: number;
}

const test = base.extend<{ wire: Wire }>({
  wire: async ({ task: _task }, use) => {
    await using wire = await startWire();
    await use(wire);
  },
});

test("passes everything on without faults, whatever the pieces, in both directions", async ({
  wire,
  expect,
}) => {
  await using proxy = await wire.proxy();
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ minLength: 1, maxLength: 5000 }), { maxLength: 10 }),
      async (pieces) => {
        const { client, server } = await wire.open(proxy);
        for (const piece of pieces) client.socket.write(piece);
        client.socket.end();
        await waitFor(() => server.hasEnded, { what: "the end to arrive" });
        for (const piece of pieces) server.socket.write(piece);
        server.socket.end();
        await waitFor(() => client.hasEnded, { what: "the end to come back" });
        expect(server.received).toEqual(Buffer.concat(pieces));
        expect(client.received).toEqual(Buffer.concat(pieces));
      },
    ),
    { numRuns: 20 },
  );
});

test("carries more than its buffers hold to a slow reader", async ({ wire, expect }) => {
  await using proxy = await wire.proxy();
  const { client, server } = await wire.open(proxy);
  const size = 20 * 1024 * 1024;
  server.socket.pause();
  client.socket.end(Buffer.alloc(size, 1));
  server.socket.resume();
  await waitFor(() => server.hasEnded, { what: "20 MiB to arrive" });
  expect(server.received).toHaveLength(size);
});

test("cuts both sides in order after exactly the bytes named", async ({ wire, expect }) => {
  await using proxy = await wire.proxy({ faults: [{ kind: "cut", direction: "down", afterBytes: 4 }] });
  const { client, server } = await wire.open(proxy);
  server.socket.write("123456789");
  await waitFor(() => client.hasEnded && server.hasEnded, { what: "both ends" });
  expect(client.received.toString()).toBe("1234");
  expect(client.error).toBeUndefined();
});

test("resets both sides after exactly the bytes named", async ({ wire, expect }) => {
  await using proxy = await wire.proxy({ faults: [{ kind: "reset", direction: "up", afterBytes: 3 }] });
  const { client, server } = await wire.open(proxy);
  client.socket.write("abc");
  await waitFor(() => client.error && server.error, { what: "both resets" });
  expect(server.received.toString()).toBe("abc");
  expect([client.error, server.error]).toEqual(["ECONNRESET", "ECONNRESET"]);
});

test("resets a connection before its first byte", async ({ wire, expect }) => {
  await using proxy = await wire.proxy({ faults: [{ kind: "reset" }] });
  const client = endOf(connect(proxy.port, "127.0.0.1"));
  expect(await waitFor(() => client.error)).toBe("ECONNRESET");
});

test("closes one direction and leaves the other open", async ({ wire, expect }) => {
  await using proxy = await wire.proxy({ faults: [{ kind: "half-close", direction: "up", afterBytes: 2 }] });
  const { client, server } = await wire.open(proxy);
  client.socket.write("abcd");
  await waitFor(() => server.hasEnded, { what: "the end of the upward direction" });
  server.socket.write("still here");
  await waitFor(() => client.received.length === 10, { what: "the downward direction" });
  expect(server.received.toString()).toBe("ab");
  expect(client.hasEnded).toBe(false);
});

test("can be torn down at the very moment at which a direction is being closed", async ({ wire, expect }) => {
  await using proxy = await wire.proxy();
  await wire.open(proxy);
  const [connection] = proxy.connections;
  connection?.setFaults({ kind: "half-close", direction: "up" });
  // The fault strikes in a microtask; the system has not closed anything then.
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
  await proxy[Symbol.asyncDispose]();
  expect(connection?.isOpen).toBe(false);
});

test("holds everything back in a black hole, and lets it pass when the fault is taken away", async ({
  wire,
  expect,
}) => {
  await using proxy = await wire.proxy();
  const { client, server } = await wire.open(proxy);
  proxy.setFaults({ kind: "blackhole", direction: "up", afterBytes: 2 });
  client.socket.end("abcd");
  server.socket.write("answer");
  await waitFor(() => client.received.length === 6, { what: "the other direction" });
  expect([server.received.toString(), server.hasEnded]).toEqual(["ab", false]);
  proxy.setFaults();
  await waitFor(() => server.hasEnded, { what: "what waited" });
  expect(server.received.toString()).toBe("abcd");
});

test("turns over the bits of the byte named", async ({ wire, expect }) => {
  await using proxy = await wire.proxy({ faults: [{ kind: "corrupt", direction: "down", afterBytes: 1 }] });
  const { client, server } = await wire.open(proxy);
  server.socket.end(Buffer.from([1, 2, 3]));
  await waitFor(() => client.hasEnded);
  expect([...client.received]).toEqual([1, 2 ^ 0xff, 3]);
});

test("delays every piece by the same time, so that later ones do not wait longer", async ({
  wire,
  expect,
}) => {
  const clock = new ManualClock();
  await using proxy = await wire.proxy({ clock, faults: [{ kind: "delay", direction: "up", ms: 20 }] });
  const { client, server } = await wire.open(proxy);
  client.socket.write("a");
  await waitFor(() => clock.sleepers === 1, { what: "the first piece to wait" });
  clock.advance(19);
  expect(server.received.toString()).toBe("");
  client.socket.write("b");
  // Both pieces are in the proxy once the second is under way, which shows in nothing but its arrival time.
  await waitFor(() => client.socket.bytesWritten === 2 && client.socket.writableLength === 0);
  clock.advance(1);
  await waitFor(() => server.received.toString() === "a");
  await waitFor(() => clock.sleepers === 1, { what: "the second piece to wait" });
  clock.advance(20);
  await waitFor(() => server.received.toString() === "ab");
});

test("throttles to the rate named", async ({ wire, expect }) => {
  const clock = new ManualClock();
  await using proxy = await wire.proxy({
    clock,
    faults: [{ kind: "throttle", direction: "up", bytesPerSecond: 1000 }],
  });
  const { client, server } = await wire.open(proxy);
  client.socket.end(Buffer.alloc(500));
  for (let step = 1; step <= 10; step++) {
    await waitFor(() => clock.sleepers === 1, { what: `the pause after piece ${step}` });
    await waitFor(() => server.received.length >= step * 50, { what: `piece ${step}` });
    expect(server.received).toHaveLength(step * 50);
    clock.advance(50);
  }
  await waitFor(() => server.hasEnded, { what: "the end after half a second" });
  expect(server.received).toHaveLength(500);
});

test("gives single connections faults of their own", async ({ wire, expect }) => {
  await using proxy = await wire.proxy({
    faultsFor: (index) => (index === 0 ? [{ kind: "cut" }] : undefined),
  });
  proxy.setFaultsOfNext({ kind: "corrupt", direction: "up" });
  const first = await wire.open(proxy);
  const second = await wire.open(proxy);
  first.client.socket.write("a");
  second.client.socket.write("a");
  await waitFor(() => first.server.received.length + second.server.received.length === 2);
  expect(first.server.received).toEqual(Buffer.from([0x61 ^ 0xff]));
  expect(second.server.received.toString()).toBe("a");
  second.client.socket.end();
  proxy.connections[1]?.setFaults({ kind: "reset", direction: "down" });
  expect(await waitFor(() => second.client.error)).toBe("ECONNRESET");
});

test("counts what passed and knows when a connection is over", async ({ wire, expect }) => {
  await using proxy = await wire.proxy();
  const { client, server } = await wire.open(proxy);
  client.socket.end("abc");
  server.socket.end("answer");
  await waitFor(() => proxy.connections[0]?.isOpen === false, { what: "the connection to be over" });
  expect(proxy.connections.map(({ bytesUp, bytesDown }) => ({ bytesUp, bytesDown }))).toEqual([
    { bytesUp: 3, bytesDown: 6 },
  ]);
});

test("resets the client when the server is not there", async ({ wire, expect }) => {
  const { port } = wire;
  await wire[Symbol.asyncDispose]();
  await using proxy = await startFaultProxy({ target: { host: "127.0.0.1", port } });
  const client = endOf(connect(proxy.port, "127.0.0.1"));
  expect(await waitFor(() => client.error)).toBe("ECONNRESET");
});

test("passes on that one side crashed", async ({ wire, expect }) => {
  await using proxy = await wire.proxy();
  const { client, server } = await wire.open(proxy);
  server.socket.resetAndDestroy();
  expect(await waitFor(() => client.error)).toBe("ECONNRESET");
});

test("tears everything down on disposal, twice if need be", async ({ wire, expect }) => {
  const proxy = await wire.proxy();
  const { client } = await wire.open(proxy);
  await proxy[Symbol.asyncDispose]();
  await proxy[Symbol.asyncDispose]();
  expect(await waitFor(() => client.error)).toBe("ECONNRESET");
});

test("takes host and scheme from a URL", async ({ wire, expect }) => {
  await using proxy = await startFaultProxy({ target: `https://127.0.0.1:${wire.port}/ignored` });
  expect(proxy.url).toBe(`https://127.0.0.1:${proxy.port}`);
});

/** One end of a connection, and all that came out of it. */
interface End {
  readonly socket: Socket;
  readonly received: Buffer;
  readonly hasEnded: boolean;
  readonly error: string | undefined;
}

function endOf(socket: Socket): End {
  const chunks: Buffer[] = [];
  let hasEnded = false;
  let error: string | undefined;
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  socket.on("end", () => (hasEnded = true));
  socket.on("error", (cause) => (error = "code" in cause ? String(cause.code) : cause.message));
  return {
    socket,
    get received() {
      return Buffer.concat(chunks);
    },
    get hasEnded() {
      return hasEnded;
    },
    get error() {
      return error;
    },
  };
}

async function startWire(): Promise<Wire> {
  const server: Server = createServer({ allowHalfOpen: true });
  const ends = new Map<number | undefined, End>();
  const sockets = new Set<Socket>();
  let accepted = 0;
  server.on("connection", (socket) => {
    sockets.add(socket);
    ends.set(accepted++, endOf(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    port,
    proxy: (options = {}) => startFaultProxy({ ...options, target: `tcp://127.0.0.1:${port}` }),
    async open(proxy) {
      const index = accepted;
      const client = endOf(connect({ port: proxy.port, host: "127.0.0.1", allowHalfOpen: true }));
      sockets.add(client.socket);
      return { client, server: await waitFor(() => ends.get(index), { what: "the server to accept" }) };
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      if (!server.listening) return;
      server.close();
      await once(server, "close");
    },
  };
}

/** Time that passes when the test says so. */
class ManualClock implements Clock {
  #now = 0;
  readonly #waiting = new Set<{ readonly at: number; readonly wake: () => void }>();

  get sleepers(): number {
    return this.#waiting.size;
  }

  now(): number {
    return this.#now;
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const sleeper = { at: this.#now + ms, wake: resolve };
    this.#waiting.add(sleeper);
    signal.addEventListener("abort", () => {
      this.#waiting.delete(sleeper);
      reject(signal.reason);
    });
    return promise;
  }

  advance(ms: number): void {
    this.#now += ms;
    for (const sleeper of this.#waiting) {
      if (sleeper.at > this.#now) continue;
      this.#waiting.delete(sleeper);
      sleeper.wake();
    }
  }
}
