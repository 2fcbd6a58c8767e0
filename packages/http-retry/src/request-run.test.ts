// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { test } from "vitest";
import { ExchangeFailure, type ExchangeOptions, type SendAttempt } from "./exchange.ts";
import { type HttpClientOptions, resolveClient } from "./http-client-options.ts";
import { HttpError } from "./http-error.ts";
import type { HttpRequest } from "./http-request.ts";
import { runRequest } from "./request-run.ts";
import { createRetryBudget } from "./retry-budget.ts";
import { createVirtualClock } from "./testing.ts";

/** How one attempt ends on the wire. */
type Ending =
  | { readonly status: number; readonly retryAfter?: string | undefined; readonly tookMs: number }
  | { readonly lost: string; readonly wasSent: boolean; readonly tookMs: number }
  | { readonly hangs: true };

/** A client over a scripted wire in virtual time, in which every wait passes as soon as it begins. */
function scripted(endings: readonly Ending[], options: Partial<HttpClientOptions> = {}) {
  const clock = createVirtualClock();
  const sent: ExchangeOptions[] = [];
  const waits: number[] = [];
  const budget = createRetryBudget({ capacity: 30 });
  const send: SendAttempt = async (attempt) => {
    sent.push(attempt);
    return end(endings[sent.length - 1] ?? { status: 200, tookMs: 0 }, attempt.limitMs);
  };
  const end = (ending: Ending, limitMs: number) => {
    if ("hangs" in ending || ending.tookMs > limitMs) {
      clock.advance(limitMs);
      throw new ExchangeFailure("timeout", true);
    }
    clock.advance(ending.tookMs);
    if ("lost" in ending) {
      throw new ExchangeFailure(
        "network",
        ending.wasSent,
        Object.assign(new Error("lost"), { code: ending.lost }),
      );
    }
    const headers: Record<string, string> = {};
    if (ending.retryAfter !== undefined) headers["retry-after"] = ending.retryAfter;
    return { status: ending.status, headers, body: Buffer.from("body") };
  };
  const onRetry: HttpClientOptions["onRetry"] = (event) => {
    waits.push(event.waitMs);
    queueMicrotask(() => clock.advance(event.waitMs));
  };
  const origin = "http://service.test";
  const { signal } = new AbortController();
  const resolved = resolveClient({ origin, clock, budget, onRetry, random: () => 0.5, ...options }, signal);
  const request = (wanted: Partial<HttpRequest> = {}) =>
    runRequest({ ...resolved, send }, { method: "GET", path: "/a?b=c", ...wanted });
  return { clock, sent, waits, budget, request };
}

const failed = (promise: Promise<unknown>): Promise<HttpError> =>
  promise.then(
    () => Promise.reject(new Error("the request succeeded")),
    (error: unknown) => (error instanceof HttpError ? error : Promise.reject(error)),
  );

const lost = { lost: "ECONNRESET", wasSent: true, tookMs: 0 } as const;
const refused = { lost: "ECONNREFUSED", wasSent: false, tookMs: 0 } as const;

test("doubles its waits and says how many attempts it took", async ({ expect }) => {
  const { request, waits } = scripted([lost, lost, { status: 503, tookMs: 0 }]);
  const response = await request();
  expect([response.status, response.attempts, response.text()]).toEqual([200, 4, "body"]);
  expect(waits).toEqual([100, 200, 400]);
});

test("repeats a POST that was lost only when it is allowed to", async ({ expect }) => {
  const unknown = await failed(scripted([lost]).request({ method: "POST" }));
  expect([unknown.attempts, unknown.wasSent, unknown.status]).toEqual([1, true, undefined]);
  const allowed = await scripted([lost]).request({ method: "POST", retryUnsafe: true });
  expect(allowed.attempts).toBe(2);
});

test("repeats a POST of which no byte went out, and says so when it gives up", async ({ expect }) => {
  const { request } = scripted([refused, refused, refused, refused]);
  const error = await failed(request({ method: "POST" }));
  expect([error.attempts, error.wasSent, error.kind]).toEqual([4, false, "transient"]);
  const mixed = await failed(scripted([refused, lost, refused]).request({ method: "POST" }));
  expect([mixed.attempts, mixed.wasSent]).toEqual([2, true]);
});

test("waits as long as the service asks, cut to the ceiling, and longer when it throttles", async ({
  expect,
}) => {
  const answers = [
    { status: 429, retryAfter: "7", tookMs: 0 },
    { status: 503, retryAfter: "Sat, 21 Nov 2026 12:00:20 GMT", tookMs: 0 },
    { status: 503, retryAfter: "86400", tookMs: 0 },
  ];
  const { request, waits } = scripted(answers, { policy: { totalMs: 600_000 } });
  await request();
  // 12:00:20 is 12.5 s after the virtual clock's 12:00:07.5; jitter is half of 1, 2 and 4 s.
  expect(waits).toEqual([7500, 12_500 + 1000, 60_000 + 2000]);
});

test("gives up rather than begin a wait that would pass the total time", async ({ expect }) => {
  const { request, clock } = scripted([{ status: 429, retryAfter: "50", tookMs: 10 }], {
    policy: { totalMs: 40_000 },
  });
  const error = await failed(request());
  expect(clock.now()).toBe(10);
  expect([error.code, error.status, error.retryAfterMs, error.attempts]).toEqual([
    "throttled",
    429,
    50_000,
    1,
  ]);
});

test("limits an attempt to what is left of the total time", async ({ expect }) => {
  const { request, sent, clock } = scripted([{ hangs: true }, { hangs: true }], {
    timeoutMs: 30_000,
    policy: { totalMs: 40_000 },
  });
  const error = await failed(request());
  expect(sent.map((attempt) => attempt.limitMs)).toEqual([30_000, 9900]);
  expect(clock.now()).toBe(40_000);
  expect([error.code, error.kind, error.attempts]).toEqual(["timeout", "transient", 2]);
  expect(error.message).toBe(
    "GET http://service.test/a failed after 2 attempts: no whole answer within 9900 ms.",
  );
});

test("stops repeating when the client's tokens are gone", async ({ expect }) => {
  const budget = createRetryBudget({ capacity: 5 });
  const { request } = scripted([lost, lost], { budget });
  const error = await failed(request());
  expect([error.code, error.kind, error.attempts, budget.tokens]).toEqual([
    "budget_exhausted",
    "transient",
    2,
    0,
  ]);
  expect(error.message).toContain("retry budget is used up");
});

test("charges a time-out double", async ({ expect }) => {
  const { request, budget } = scripted([{ hangs: true }, { status: 404, tookMs: 0 }]);
  await failed(request());
  expect(budget.tokens).toBe(20);
});

test("gets its tokens back when a repeat succeeds", async ({ expect }) => {
  const { request, budget } = scripted([{ hangs: true }]);
  await request();
  expect(budget.tokens).toBe(30);
});

test("lets the client and the request decide which statuses are fine", async ({ expect }) => {
  expect((await scripted([{ status: 404, tookMs: 0 }], { accept: [404] }).request()).status).toBe(404);
  const accept = (status: number) => status === 503;
  expect((await scripted([{ status: 503, tookMs: 0 }]).request({ accept })).attempts).toBe(1);
  const error = await failed(scripted([]).request({ accept: [201] }));
  expect([error.code, error.status]).toEqual(["permanent", 200]);
});

test("follows a second opinion on answers and on errors", async ({ expect }) => {
  const classify: HttpClientOptions["classify"] = ({ response, error }) =>
    response?.text() === "body" || error !== undefined ? "permanent" : undefined;
  expect((await failed(scripted([{ status: 503, tookMs: 0 }], { classify }).request())).attempts).toBe(1);
  expect((await failed(scripted([lost], { classify }).request())).attempts).toBe(1);
});

test("never passes its limits, whatever the service does", async ({ expect }) => {
  const tookMs = fc.nat(40_000);
  const statuses = fc.constantFrom(200, 301, 401, 404, 408, 429, 500, 501, 503);
  const retryAfter = fc.option(fc.nat(200).map(String), { nil: undefined });
  const ending = fc.oneof(
    fc.record({ status: statuses, retryAfter, tookMs }),
    fc.record({ lost: fc.constantFrom("ECONNRESET", "CERT_HAS_EXPIRED"), wasSent: fc.boolean(), tookMs }),
    fc.record({ hangs: fc.constant(true as const) }),
  );
  const cases = fc.record({
    endings: fc.array(ending, { minLength: 8, maxLength: 8 }),
    method: fc.constantFrom("GET", "POST"),
    policy: fc.record({
      maxAttempts: fc.integer({ min: 1, max: 6 }),
      totalMs: fc.integer({ min: 1, max: 200_000 }),
    }),
    timeoutMs: fc.integer({ min: 1, max: 30_000 }),
  });
  await fc.assert(
    fc.asyncProperty(cases, async ({ endings, method, policy, timeoutMs }) => {
      const { request, sent, clock, budget } = scripted(endings, {
        policy,
        timeoutMs,
        refresh: () => undefined,
      });
      const result = await request({ method }).catch((error: unknown) => error);
      expect(result instanceof HttpError ? result.attempts : sent.length).toBe(sent.length);
      expect(sent.length).toBeGreaterThanOrEqual(1);
      expect(sent.length).toBeLessThanOrEqual(policy.maxAttempts + 1);
      expect(clock.now()).toBeLessThanOrEqual(policy.totalMs);
      expect(sent.filter((attempt) => attempt.limitMs > timeoutMs)).toEqual([]);
      expect(budget.tokens).toBeGreaterThanOrEqual(0);
      expect(clock.pending).toBe(0);
      const repeated = endings.slice(0, sent.length - 1);
      expect(method === "POST" ? repeated.filter(mayHaveActed) : []).toEqual([]);
    }),
    { numRuns: 500 },
  );
});

/** A 401 refuses the request, and a refused connection never saw it. */
function mayHaveActed(ending: Ending): boolean {
  if ("hangs" in ending) return true;
  return "lost" in ending ? ending.wasSent : ending.status !== 401;
}
