// SPDX-License-Identifier: Apache-2.0
import { execFile } from "node:child_process";
import { getEventListeners } from "node:events";
import { join } from "node:path";
import { promisify } from "node:util";
import { createHttpClient, type HttpClientOptions } from "@repo/http-retry";
import { createVirtualClock } from "@repo/http-retry/testing";
import { waitFor } from "@repo/testkit";
import { test } from "vitest";
import { atOnce, failureOf } from "./support/failure.ts";
import { answer, type RawRequest, startRawServer } from "./support/raw-server.ts";

async function facing(script: (request: RawRequest) => void, options: Partial<HttpClientOptions> = {}) {
  const stack = new AsyncDisposableStack();
  const server = stack.use(await startRawServer(script));
  const client = stack.use(createHttpClient({ origin: server.origin, policy: atOnce, ...options }));
  const arrival = (count: number) =>
    waitFor(() => server.heads.length >= count, { what: `request ${count}` });
  return { server, client, arrival, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

const listeners = (signal: AbortSignal) => getEventListeners(signal, "abort").length;
/** A resolver that never answers, as a connection that is neither taken nor refused. */
const silentLookup: HttpClientOptions["lookup"] = () => undefined;

test.for([
  ["before the headers", ""],
  ["within the headers", "HTTP/1.1 200 OK\r\nx: y"],
  ["within the body", "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf"],
] as const)("an abort %s ends the request and its connection at once", async ([, bytes], { expect }) => {
  const clock = createVirtualClock();
  await using faced = await facing(({ socket }) => socket.write(bytes), { clock });
  const controller = new AbortController();
  const failing = failureOf(faced.client.request({ method: "GET", path: "/", signal: controller.signal }));
  await faced.arrival(1);
  controller.abort(new Error("stop"));
  const error = await failing;
  expect(error).toMatchObject({
    code: "aborted",
    kind: "permanent",
    attempts: 1,
    cause: { message: "stop" },
  });
  expect([clock.pending, listeners(controller.signal)]).toEqual([0, 0]);
  await waitFor(() => faced.server.sockets.size === 0, { what: "the connection to close" });
});

test("an abort ends a request whose connection hangs", async ({ expect }) => {
  await using client = createHttpClient({ origin: "http://silent.test", lookup: silentLookup });
  const controller = new AbortController();
  const failing = failureOf(client.request({ method: "POST", path: "/", signal: controller.signal }));
  setImmediate(() => controller.abort(new Error("stop")));
  expect(await failing).toMatchObject({ code: "aborted", wasSent: false });
});

test("the time of an attempt ends one whose connection hangs, and a POST is tried again", async ({
  expect,
}) => {
  const clock = createVirtualClock();
  await using client = createHttpClient({
    origin: "http://silent.test",
    lookup: silentLookup,
    clock,
    timeoutMs: 1000,
    policy: atOnce,
  });
  const failing = failureOf(client.request({ method: "POST", path: "/" }));
  for (let attempt = 1; attempt <= 4; attempt++) {
    await waitFor(() => clock.pending === 1, { what: `attempt ${attempt}` });
    clock.advance(1000);
  }
  expect(await failing).toMatchObject({ code: "timeout", attempts: 4, wasSent: false });
});

test("a request whose credentials took all its time ends without being sent", async ({ expect }) => {
  const clock = createVirtualClock();
  await using faced = await facing(({ socket }) => socket.write(answer("fine")), {
    clock,
    policy: { totalMs: 1000 },
  });
  const sign = () => new Promise<never>(() => undefined);
  const failing = failureOf(faced.client.request({ method: "GET", path: "/", sign }));
  await waitFor(() => clock.pending === 1, { what: "the wait for credentials" });
  clock.advance(1000);
  expect(await failing).toMatchObject({ code: "timeout", kind: "transient", wasSent: false });
  expect(clock.pending).toBe(0);
});

test("a request without any limit sets no timer", async ({ expect }) => {
  const clock = createVirtualClock();
  const options = { clock, timeoutMs: Infinity, policy: { totalMs: Infinity } };
  await using faced = await facing(({ socket, count }) => {
    if (count > 1) socket.write(answer("fine"));
  }, options);
  const controller = new AbortController();
  const failing = failureOf(faced.client.request({ method: "GET", path: "/", signal: controller.signal }));
  await faced.arrival(1);
  expect(clock.pending).toBe(0);
  controller.abort();
  expect((await failing).code).toBe("aborted");
  expect((await faced.client.request({ method: "GET", path: "/", timeoutMs: 1e12 })).status).toBe(200);
});

test("an abort ends the wait between attempts", async ({ expect }) => {
  const clock = createVirtualClock();
  const controller = new AbortController();
  const onRetry = () => setImmediate(() => controller.abort(new Error("stop")));
  const busy = "HTTP/1.1 503 Busy\r\nretry-after: 50\r\ncontent-length: 0\r\n\r\n";
  await using faced = await facing(({ socket }) => socket.write(busy), { clock, onRetry, policy: {} });
  const error = await failureOf(
    faced.client.request({ method: "GET", path: "/", signal: controller.signal }),
  );
  expect(error).toMatchObject({ code: "aborted", status: 503, attempts: 1, cause: { message: "stop" } });
  expect([clock.pending, listeners(controller.signal)]).toEqual([0, 0]);
});

test("sends nothing under a signal that has aborted", async ({ expect }) => {
  await using faced = await facing(({ socket }) => socket.write(answer("")));
  const error = await failureOf(
    faced.client.request({ method: "GET", path: "/", signal: AbortSignal.abort() }),
  );
  expect(error).toMatchObject({ code: "aborted", wasSent: false });
  expect(faced.server.heads).toHaveLength(0);
});

test("the abort of a request that waits for a connection does not cost that connection", async ({
  expect,
}) => {
  let release: () => void = () => undefined;
  const script = ({ socket, count }: RawRequest) => {
    release = () => socket.write(answer("fine"));
    if (count > 1) release();
  };
  await using faced = await facing(script, { maxConnections: 1 });
  const controller = new AbortController();
  const first = faced.client.request({ method: "GET", path: "/first" });
  await faced.arrival(1);
  const queued = failureOf(
    faced.client.request({ method: "GET", path: "/queued", signal: controller.signal }),
  );
  const last = faced.client.request({ method: "GET", path: "/last" });
  controller.abort(new Error("stop"));
  expect(await queued).toMatchObject({ code: "aborted", wasSent: false });
  release();
  expect([(await first).text(), (await last).text()]).toEqual(["fine", "fine"]);
  expect(faced.server.heads.map((head) => head.split(" ")[1])).toEqual(["/first", "/last"]);
  expect(faced.server.connections).toBe(1);
});

test("leaves no listener on a signal that outlives many requests", async ({ expect }) => {
  await using faced = await facing(({ socket, count }) => {
    if (count % 5 === 0) socket.resetAndDestroy();
    else socket.write(answer("fine"));
  });
  const { signal } = new AbortController();
  for (let count = 0; count < 100; count++) await faced.client.request({ method: "GET", path: "/", signal });
  expect(listeners(signal)).toBe(0);
});

test("disposing ends requests under way, in a wait, and in a hanging connection, and closes all sockets", async ({
  expect,
}) => {
  await using faced = await facing(({ socket, count }) => {
    if (count === 1) socket.write(answer("fine"));
  });
  await faced.client.request({ method: "GET", path: "/" });
  const underWay = failureOf(faced.client.request({ method: "GET", path: "/" }));
  await faced.arrival(2);
  const hanging = createHttpClient({ origin: "http://silent.test", lookup: silentLookup });
  const connecting = failureOf(hanging.request({ method: "GET", path: "/" }));
  const { promise: isWaiting, resolve: onRetry } = Promise.withResolvers<unknown>();
  const refused = createHttpClient({
    origin: "http://127.0.0.1:1",
    policy: { baseMs: 1e9, maxWaitMs: 1e9, totalMs: Infinity },
    onRetry,
  });
  const waiting = failureOf(refused.request({ method: "GET", path: "/" }));
  await isWaiting;
  await Promise.all([faced.client, hanging, refused].map((client) => client[Symbol.asyncDispose]()));
  const errors = await Promise.all([underWay, connecting, waiting]);
  expect(errors.map((error) => error.code)).toEqual(["aborted", "aborted", "aborted"]);
  await waitFor(() => faced.server.sockets.size === 0, { what: "the sockets to close" });
});

test("disposing twice is fine, and a disposed client refuses requests", async ({ expect }) => {
  const client = createHttpClient({ origin: "http://127.0.0.1:9" });
  await Promise.all([client[Symbol.asyncDispose](), client[Symbol.asyncDispose]()]);
  await client[Symbol.asyncDispose]();
  expect(await failureOf(client.request({ method: "GET", path: "/" }))).toMatchObject({
    code: "aborted",
    wasSent: false,
  });
});

test("takes the second address of a name when the first is refused", async ({ expect }) => {
  await using server = await startRawServer(({ socket }) => socket.write(answer("fine")));
  const addresses = [
    { address: "::1", family: 6 },
    { address: "127.0.0.1", family: 4 },
  ];
  await using client = createHttpClient({
    origin: `http://both.test:${server.port}`,
    lookup: (_name, _options, done) => done(null, addresses),
    policy: { maxAttempts: 1 },
  });
  expect((await client.request({ method: "GET", path: "/" })).text()).toBe("fine");
});

test("lets its process end: no timer and no socket is left behind", async ({ expect }) => {
  const program = join(import.meta.dirname, "support", "leave-nothing.ts");
  const { stdout } = await promisify(execFile)(process.execPath, [program], { timeout: 50_000 });
  expect(JSON.parse(stdout)).toEqual({
    outcomes: ["200", "timeout", "aborted", "transient", "aborted"],
    left: [],
  });
});
