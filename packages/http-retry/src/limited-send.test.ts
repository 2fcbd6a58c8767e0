// SPDX-License-Identifier: Apache-2.0
import { test } from "vitest";
import { createConcurrencyLimit } from "./concurrency-limit.ts";
import type { ConcurrencyLimitOptions } from "./concurrency-limit-options.ts";
import { ExchangeFailure, type ExchangeOptions } from "./exchange.ts";
import { type HttpClientOptions, resolveClient } from "./http-client-options.ts";
import { HttpError } from "./http-error.ts";
import type { HttpRequest } from "./http-request.ts";
import type { HttpResponse, RawResponse } from "./http-response.ts";
import { limitedSend } from "./limited-send.ts";
import { runRequest } from "./request-run.ts";
import { createVirtualClock } from "./testing.ts";

interface Sent {
  readonly limitMs: number;
  readonly answer: (status: number, headers?: Record<string, string>) => void;
  readonly fail: (failure: Error) => void;
}

/** A client under a limit, whose wire the test answers by hand. */
function limitedClient(limitOptions: ConcurrencyLimitOptions, options: Partial<HttpClientOptions> = {}) {
  const clock = createVirtualClock();
  const limit = createConcurrencyLimit({ clock, ...limitOptions });
  const lifetime = new AbortController();
  const sent: Sent[] = [];
  const send = ({ limitMs }: ExchangeOptions): Promise<RawResponse> =>
    new Promise((resolve, reject) => {
      const answer: Sent["answer"] = (status, headers = {}) =>
        resolve({ status, headers, body: Buffer.alloc(0) });
      sent.push({ limitMs, answer, fail: reject });
    });
  const resolved = resolveClient(
    { origin: "http://service.test", clock, random: () => 0, policy: { maxAttempts: 1 }, ...options },
    lifetime.signal,
  );
  const underLimit = { ...resolved, send: limitedSend(send, limit, lifetime.signal) };
  const request = (wanted: Partial<HttpRequest> = {}): Promise<HttpResponse | HttpError> =>
    runRequest(underLimit, { method: "POST", path: "/a", ...wanted }).catch((error: unknown) => {
      if (error instanceof HttpError) return error;
      throw error;
    });
  return { clock, limit, lifetime, sent, request };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));
const coded = (code: string) => Object.assign(new Error(code), { code });

test.for([
  [200, 3],
  [404, 3],
  [409, 3],
  [500, 2],
  [502, 2],
  [429, 1],
  [503, 1],
  [504, 1],
] as const)(
  "after an answer %d a limit of 2 that was used up is %d",
  async ([status, expected], { expect }) => {
    const { sent, request, limit } = limitedClient({ start: 2 });
    const requests = Array.from({ length: 4 }, () => request());
    for (let number = 0; number < 4; number++) {
      await settled();
      sent[number]?.answer(status);
    }
    await Promise.all(requests);
    expect(limit).toMatchObject({ limit: expected, inFlight: 0, waiting: 0 });
  },
);

test.for([
  ["a time-out", new ExchangeFailure("timeout", true), 4],
  ["a connection that does not come about in time", failed("UND_ERR_CONNECT_TIMEOUT"), 4],
  ["a handshake that times out", failed("ETIMEDOUT"), 4],
  ["a reset connection", failed("ECONNRESET"), 8],
  ["a refused connection", failed("ECONNREFUSED"), 8],
  ["an abort", new ExchangeFailure("aborted", true, new Error("stop")), 8],
  ["an answer that is too large", new ExchangeFailure("too_large", true), 8],
  ["a mistake of ours", new TypeError("no"), 8],
] as const)(
  "after %s a limit of 8 is %3$d and the turn is free",
  async ([, failure, expected], { expect }) => {
    const { sent, request, limit } = limitedClient({ start: 8 });
    const ended = request().catch((error: unknown) => error);
    await settled();
    sent[0]?.fail(failure);
    expect(await ended).toBeInstanceOf(Error);
    expect(limit).toMatchObject({ limit: expected, inFlight: 0 });
  },
);

function failed(code: string): ExchangeFailure {
  return new ExchangeFailure("network", false, coded(code));
}

test.for([
  ["seconds", "7", 7000],
  ["a date", "Sat, 21 Nov 2026 12:00:20 GMT", 20_000],
] as const)("pauses everyone for Retry-After in %s", async ([, value, pausedMs], { expect }) => {
  const { sent, request, limit, clock } = limitedClient({ start: 4 });
  const refused = request();
  await settled();
  sent[0]?.answer(503, { "retry-after": value });
  await refused;
  expect(limit.pausedMs).toBe(pausedMs);
  const next = request();
  clock.advance(pausedMs - 1);
  await settled();
  expect(sent).toHaveLength(1);
  clock.advance(1);
  await settled();
  sent[1]?.answer(200);
  expect(await next).toMatchObject({ status: 200, attempts: 1 });
});

test("gives an attempt its whole time after the wait, within that of the request", async ({ expect }) => {
  const { sent, request, clock } = limitedClient(
    { start: 1, max: 1 },
    { timeoutMs: 20_000, policy: { maxAttempts: 1, totalMs: 30_000 } },
  );
  const requests = [request(), request(), request()];
  await settled();
  clock.advance(5000);
  sent[0]?.answer(200);
  await settled();
  clock.advance(15_000);
  sent[1]?.answer(200);
  await settled();
  expect(sent.map(({ limitMs }) => limitMs)).toEqual([20_000, 20_000, 10_000]);
  sent[2]?.answer(200);
  await Promise.all(requests);
});

test("says that nothing was sent when no turn comes in the request's time", async ({ expect }) => {
  const { sent, request, clock } = limitedClient({ start: 1, max: 1 }, { policy: { totalMs: 8000 } });
  const [, waiting] = [request(), request()];
  await settled();
  clock.advance(8000);
  const error = await waiting;
  expect(error).toMatchObject({ code: "overloaded", kind: "throttled", wasSent: false, attempts: 1 });
  expect(error).not.toHaveProperty("status");
  expect(error).toHaveProperty(
    "message",
    "POST http://service.test/a had no turn: no turn came within 8000 ms (1 under way of 1 allowed, 1 waiting).",
  );
  expect(sent).toHaveLength(1);
});

test("says when to come back, at once, while the pause is longer than the request", async ({ expect }) => {
  const { sent, request } = limitedClient({}, { policy: { maxAttempts: 3, totalMs: 8000 } });
  const first = request();
  await settled();
  sent[0]?.answer(429, { "retry-after": "30" });
  expect(await first).toMatchObject({ status: 429, retryAfterMs: 30_000 });
  expect(await request()).toMatchObject({ code: "overloaded", retryAfterMs: 30_000, attempts: 1 });
});

test("holds no turn while it waits between two attempts", async ({ expect }) => {
  const { sent, request, limit, clock } = limitedClient(
    { start: 1, max: 1 },
    { policy: { maxAttempts: 2, baseMs: 100 }, random: () => 0.5 },
  );
  const repeated = request({ method: "GET" });
  await settled();
  sent[0]?.answer(500);
  await settled();
  expect(limit.inFlight).toBe(0);
  clock.advance(50);
  await settled();
  sent[1]?.answer(200);
  expect(await repeated).toMatchObject({ status: 200, attempts: 2 });
});

test("ends a wait with the request's signal, and with the client", async ({ expect }) => {
  const { sent, request, limit, lifetime } = limitedClient({ start: 1, max: 1 });
  const controller = new AbortController();
  const [held, aborted, disposed] = [request(), request({ signal: controller.signal }), request()];
  await settled();
  controller.abort(new Error("stop"));
  expect(await aborted).toMatchObject({ code: "aborted", wasSent: false, cause: { message: "stop" } });
  lifetime.abort(new Error("disposed"));
  expect(await disposed).toMatchObject({ code: "aborted", wasSent: false });
  sent[0]?.answer(200);
  await held;
  expect(limit).toMatchObject({ inFlight: 0, waiting: 0 });
});
