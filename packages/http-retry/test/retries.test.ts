// SPDX-License-Identifier: Apache-2.0
import {
  createHttpClient,
  createRetryBudget,
  type HttpClientOptions,
  type HttpRetryEvent,
} from "@repo/http-retry";
import { createVirtualClock } from "@repo/http-retry/testing";
import { waitFor } from "@repo/testkit";
import { test } from "vitest";
import { atOnce, failureOf } from "./support/failure.ts";
import { type Handler, startHttpServer } from "./support/http-server.ts";
import { startRawServer } from "./support/raw-server.ts";

async function facing(handler: Handler, options: Partial<HttpClientOptions> = {}) {
  const stack = new AsyncDisposableStack();
  const server = stack.use(await startHttpServer(handler));
  const client = stack.use(createHttpClient({ origin: server.origin, policy: atOnce, ...options }));
  const get = (path = "/") => client.request({ method: "GET", path });
  return { server, client, get, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

/** Answers the first `statuses` in order, then 200. */
function statuses(...answers: readonly (readonly [number, Record<string, string>?])[]): Handler {
  return (_request, response, count) => {
    const [status, headers] = answers[count - 1] ?? [200];
    response.writeHead(status, headers).end(`answer ${count}`);
  };
}

test("gives status, headers and body of the answer", async ({ expect }) => {
  await using faced = await facing((_request, response) => {
    response.writeHead(201, { "X-One": "1", "set-cookie": ["a=1", "b=2"] }).end('\uFEFF{"größe":1}');
  });
  const response = await faced.client.request({
    method: "PUT",
    path: "/a?b=c",
    body: "sent",
    headers: { "X-Two": ["2", "3"] },
  });
  expect(response).toMatchObject({
    status: 201,
    attempts: 1,
    headers: { "x-one": "1", "set-cookie": ["a=1", "b=2"] },
  });
  expect(response.json()).toEqual({ größe: 1 });
  const [arrived] = faced.server.arrived;
  expect(arrived).toMatchObject({
    method: "PUT",
    url: "/a?b=c",
    body: "sent",
    headers: { "x-two": "2, 3", "content-length": "4" },
  });
});

test("says that an answer is not JSON without quoting it", async ({ expect }) => {
  await using faced = await facing((_request, response) => response.end("<html>hush</html>"));
  const response = await faced.get();
  expect(() => response.json()).toThrow(SyntaxError);
  expect(() => response.json()).not.toThrow(/hush/);
});

test("waits as the service asks, in seconds and as a date", async ({ expect }) => {
  const clock = createVirtualClock();
  const events: HttpRetryEvent[] = [];
  const onRetry = (event: HttpRetryEvent) => {
    events.push(event);
    setImmediate(() => clock.advance(event.waitMs));
  };
  const date = { date: "Sat, 21 Nov 2026 09:00:00 GMT" };
  await using faced = await facing(
    statuses(
      [429, { "retry-after": "3" }],
      [503, { "retry-after": "Sat, 21 Nov 2026 09:00:09 GMT", ...date }],
      [503, { "retry-after": "Sat, 21 Nov 2026 08:00:00 GMT", ...date }],
    ),
    { clock, onRetry, random: () => 0, policy: {} },
  );
  expect((await faced.get("/a?token=hush")).attempts).toBe(4);
  expect(events.map((event) => [event.status, event.kind, event.waitMs])).toEqual([
    [429, "throttled", 3000],
    [503, "throttled", 9000],
    [503, "throttled", 0],
  ]);
  expect(events[0]?.request).toBe(`GET ${faced.server.origin}/a`);
});

test("gives up after its attempts with what the service said, redacted", async ({ expect }) => {
  const handler: Handler = (_request, response) =>
    response.writeHead(503).end("no room for sesame, token=abcdef");
  const redact = (text: string) => text.replaceAll("sesame", "[hidden]");
  await using faced = await facing(handler, { redact });
  const error = await failureOf(faced.get("/sesame?key=1"));
  expect(error).toMatchObject({
    code: "transient",
    kind: "transient",
    status: 503,
    attempts: 4,
    wasSent: true,
  });
  expect(error.message).toBe(
    `GET ${faced.server.origin}/[hidden] was answered 503 after 4 attempts: no room for [hidden], token=[hidden]`,
  );
  expect(error.response?.text()).toBe("no room for sesame, token=abcdef");
  expect(JSON.stringify(error)).not.toContain("sesame");
  expect(faced.server.arrived).toHaveLength(4);
});

test("names a request by its label when its path is a secret", async ({ expect }) => {
  await using faced = await facing((_request, response) => response.writeHead(404).end());
  const error = await failureOf(
    faced.client.request({ method: "POST", path: "/hooks/hush", label: "the webhook" }),
  );
  expect(error.message).toBe("the webhook was answered 404.");
});

test.for([301, 302, 303, 307, 308])(
  "does not follow a redirect %d, and says where it points",
  async (status, { expect }) => {
    await using other = await startHttpServer((_request, response) => response.end("there"));
    const location = `${other.origin}/path?token=hush`;
    await using faced = await facing((_request, response) => response.writeHead(status, { location }).end());
    const error = await failureOf(faced.get());
    expect(error).toMatchObject({ code: "permanent", status, attempts: 1 });
    expect(error.message).toContain(`a redirect to ${other.origin}, which is not followed`);
    expect(error.message).not.toContain("hush");
    expect(other.arrived).toHaveLength(0);
  },
);

test("repeats a POST after an answer only when its caller or a key allows it", async ({ expect }) => {
  const post = { method: "POST", path: "/", body: "x" };
  await using strict = await facing(statuses([503]));
  expect((await failureOf(strict.client.request(post))).attempts).toBe(1);
  await using keyed = await facing(statuses([503]));
  const headers = { "Idempotency-Key": "42" };
  expect((await keyed.client.request({ ...post, headers })).attempts).toBe(2);
  expect(keyed.server.arrived.map((request) => request.headers["idempotency-key"])).toEqual(["42", "42"]);
  await using allowed = await facing(statuses([503]));
  expect((await allowed.client.request({ ...post, retryUnsafe: true })).attempts).toBe(2);
});

test("repeats a POST whose connection was refused, since nobody saw it", async ({ expect }) => {
  const server = await startHttpServer((_request, response) => response.end("up again"));
  const origin = server.origin;
  await server[Symbol.asyncDispose]();
  await using client = createHttpClient({ origin, policy: atOnce });
  const error = await failureOf(client.request({ method: "POST", path: "/" }));
  expect(error).toMatchObject({ code: "transient", attempts: 4, wasSent: false });
  expect(error.message).toContain("the connection was refused; nothing listens there (ECONNREFUSED)");
});

test("signs every attempt anew, over the headers of client and request", async ({ expect }) => {
  const signed: unknown[] = [];
  await using faced = await facing(statuses([503]), { headers: { "User-Agent": "ours", accept: "a" } });
  await faced.client.request({
    method: "PUT",
    path: "/key?x=1",
    body: "content",
    headers: { Accept: "b" },
    sign: async (request) => {
      signed.push(request);
      return { Authorization: `signature ${request.attempt}` };
    },
  });
  const headers = { "user-agent": "ours", accept: "b" };
  const { origin } = faced.server;
  expect(signed).toEqual([
    { method: "PUT", path: "/key?x=1", origin, headers, body: "content", attempt: 1 },
    { method: "PUT", path: "/key?x=1", origin, headers, body: "content", attempt: 2 },
  ]);
  expect(faced.server.arrived.map((request) => request.headers)).toMatchObject([
    { ...headers, authorization: "signature 1" },
    { ...headers, authorization: "signature 2" },
  ]);
});

test("sends nothing when it cannot be signed, and passes the reason on", async ({ expect }) => {
  const sign = () => Promise.reject(Object.assign(new Error("no token"), { code: "ECONNRESET" }));
  await using faced = await facing(statuses(), { sign });
  const error = await failureOf(faced.get());
  expect(error).toMatchObject({
    code: "transient",
    attempts: 1,
    wasSent: false,
    cause: { message: "no token" },
  });
  expect(error.message).toContain("could not be signed");
  expect(faced.server.arrived).toHaveLength(0);
});

test("sends a stream again from its beginning", async ({ expect }) => {
  let streams = 0;
  async function* body() {
    streams += 1;
    for (let piece = 0; piece < 100; piece++) yield Buffer.from(`${streams}`.repeat(10_000));
  }
  await using faced = await facing(statuses([503], [503]));
  const headers = { "content-length": "1000000" };
  const response = await faced.client.request({ method: "PUT", path: "/", body, headers });
  expect(response.attempts).toBe(3);
  expect(
    faced.server.arrived.map((request) => request.body === request.body.charAt(0).repeat(1_000_000)),
  ).toEqual([true, true, true]);
  expect(faced.server.arrived.map((request) => request.body.charAt(0))).toEqual(["1", "2", "3"]);
});

test("a stream that fails is permanent, and so is one of another length than announced", async ({
  expect,
}) => {
  async function* failing() {
    yield Buffer.from("some");
    throw new Error("the disk is gone");
  }
  async function* short() {
    yield Buffer.from("some");
  }
  await using faced = await facing(statuses());
  const broken = await failureOf(faced.client.request({ method: "PUT", path: "/", body: failing }));
  expect(broken).toMatchObject({ code: "permanent", attempts: 1, cause: { message: "the disk is gone" } });
  const headers = { "content-length": "1000" };
  const cut = await failureOf(faced.client.request({ method: "PUT", path: "/", body: short, headers }));
  expect(cut).toMatchObject({ code: "permanent", attempts: 1 });
  expect(cut.message).toContain("not as long as its content-length says");
});

test("takes an answer that comes before the body has gone out, and lets go of the body", async ({
  expect,
}) => {
  let isReleased = false;
  async function* endless() {
    try {
      for (;;) yield Buffer.alloc(65_536);
    } finally {
      isReleased = true;
    }
  }
  await using server = await startRawServer(({ socket, count }) => {
    if (count === 1) socket.write("HTTP/1.1 413 Content Too Large\r\ncontent-length: 5\r\n\r\nlarge");
  });
  await using client = createHttpClient({ origin: server.origin, policy: atOnce });
  const headers = { "content-length": "1000000000" };
  const error = await failureOf(client.request({ method: "PUT", path: "/", body: endless, headers }));
  expect(error).toMatchObject({ code: "permanent", status: 413, excerpt: "large", attempts: 1 });
  await waitFor(() => isReleased && server.sockets.size === 0, { what: "body and connection to be let go" });
});

test("shares one budget between clients", async ({ expect }) => {
  const budget = createRetryBudget({ capacity: 10 });
  await using one = await facing((_request, response) => response.writeHead(500).end(), { budget });
  await using other = await facing((_request, response) => response.writeHead(500).end(), { budget });
  expect((await failureOf(one.get())).attempts + (await failureOf(other.get())).attempts).toBe(4);
  expect((await failureOf(other.get())).code).toBe("budget_exhausted");
});
