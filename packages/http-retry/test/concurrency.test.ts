// SPDX-License-Identifier: Apache-2.0
import type { ServerResponse } from "node:http";
import {
  type ConcurrencyLimit,
  createConcurrencyLimit,
  createHttpClient,
  createRetryBudget,
  HttpError,
} from "@repo/http-retry";
import { waitFor } from "@repo/testkit";
import { test } from "vitest";
import { atOnce, failureOf } from "./support/failure.ts";
import { startHttpServer } from "./support/http-server.ts";
import { answer, startRawServer } from "./support/raw-server.ts";

/** A server that answers when everything is there that `concurrency` lets through; `answerAll` gets it in order of arrival. */
async function startGatheringServer(
  concurrency: ConcurrencyLimit,
  answerAll: (gathered: readonly ServerResponse[]) => void,
) {
  const gathered: ServerResponse[] = [];
  const answerWhenAllAreHere = (): void => {
    if (gathered.length === 0) return;
    if (gathered.length === concurrency.inFlight) answerAll(gathered.splice(0));
    else setImmediate(answerWhenAllAreHere);
  };
  return startHttpServer((_request, response) => {
    if (gathered.push(response) === 1) setImmediate(answerWhenAllAreHere);
  });
}

test("never lets the server see more requests than the limit, and sends all of them", async ({ expect }) => {
  const concurrency = createConcurrencyLimit({ start: 2, max: 7 });
  const gatherings: number[] = [];
  await using server = await startGatheringServer(concurrency, (gathered) => {
    gatherings.push(gathered.length);
    for (const response of gathered) response.end("done");
  });
  await using client = createHttpClient({ origin: server.origin, concurrency });
  const get = (number: number) => client.request({ method: "GET", path: `/${number}` });
  await Promise.all(Array.from({ length: 100 }, (_, number) => get(number)));
  expect(server.arrived).toHaveLength(100);
  // It found out that seven are no trouble, and stayed there.
  expect(Math.max(...gatherings)).toBe(7);
  expect(concurrency).toMatchObject({ limit: 7, inFlight: 0, waiting: 0 });
});

test("goes back while the service refuses, and every request ends well all the same", async ({ expect }) => {
  const concurrency = createConcurrencyLimit({ start: 40 });
  const gatherings: number[] = [];
  await using server = await startGatheringServer(concurrency, (gathered) => {
    gatherings.push(gathered.length);
    for (const [number, response] of gathered.entries()) response.writeHead(number < 4 ? 200 : 503).end();
  });
  const policy = { ...atOnce, maxAttempts: 200 };
  const budget = createRetryBudget({ capacity: 10_000 });
  await using client = createHttpClient({ origin: server.origin, concurrency, policy, budget });
  const get = (number: number) => client.request({ method: "GET", path: `/${number}` });
  await Promise.all(Array.from({ length: 200 }, (_, number) => get(number)));
  expect(gatherings[0]).toBe(40);
  // From then on it stays around what the service takes.
  expect(gatherings.slice(20).filter((count) => count > 8)).toEqual([]);
  expect(concurrency).toMatchObject({ inFlight: 0, waiting: 0 });
});

test("counts a server that hangs, and gives the turns back", async ({ expect }) => {
  await using server = await startRawServer(({ socket, head }) => {
    if (!head.includes("/hang")) socket.write(answer("here"));
  });
  const concurrency = createConcurrencyLimit({ start: 8 });
  await using client = createHttpClient({ origin: server.origin, concurrency, policy: { maxAttempts: 1 } });
  const hung = await failureOf(client.request({ method: "GET", path: "/hang", timeoutMs: 50 }));
  expect([hung.code, concurrency.limit, concurrency.inFlight]).toEqual(["timeout", 4, 0]);
  expect((await client.request({ method: "GET", path: "/" })).text()).toBe("here");
});

test("ends those who wait for their turn when the client is disposed", async ({ expect }) => {
  await using server = await startRawServer(() => undefined);
  const concurrency = createConcurrencyLimit({ start: 1, max: 1 });
  const client = createHttpClient({ origin: server.origin, concurrency });
  const requests = [1, 2, 3].map((number) =>
    failureOf(client.request({ method: "GET", path: `/${number}` })),
  );
  await waitFor(() => server.heads.length === 1 && concurrency.waiting === 2, { what: "two to wait" });
  await client[Symbol.asyncDispose]();
  const errors = await Promise.all(requests);
  expect(errors.map((error) => error instanceof HttpError && [error.code, error.wasSent])).toEqual([
    ["aborted", true],
    ["aborted", false],
    ["aborted", false],
  ]);
  expect(concurrency).toMatchObject({ inFlight: 0, waiting: 0 });
});
