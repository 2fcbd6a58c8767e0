// SPDX-License-Identifier: Apache-2.0
import { createHttpClient, HttpError, type Refresh } from "@repo/http-retry";
import { test } from "vitest";
import { atOnce, failureOf } from "./support/failure.ts";
import { startHttpServer } from "./support/http-server.ts";

/** A service that takes only the newest token, and a client whose first one is out of date. */
async function guarded(refresh?: Refresh, first = "token-2") {
  const stack = new AsyncDisposableStack();
  let token = 1;
  let refreshes = 0;
  let wanted = first;
  const want = (next: string) => {
    wanted = next;
  };
  const server = stack.use(
    await startHttpServer((request, response) => {
      response.writeHead(request.headers.authorization === wanted ? 200 : 401).end();
    }),
  );
  const renew: Refresh = () => {
    refreshes += 1;
    token += 1;
  };
  const sign = () => ({ authorization: `token-${token}` });
  const { origin } = server;
  const client = stack.use(createHttpClient({ origin, policy: atOnce, sign, refresh: refresh ?? renew }));
  return {
    server,
    client,
    want,
    refreshes: () => refreshes,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

test("gets new credentials after a 401 and sends the request again, a POST too", async ({ expect }) => {
  await using faced = await guarded();
  const response = await faced.client.request({
    method: "POST",
    path: "/",
    body: "x",
    policy: { maxAttempts: 1 },
  });
  expect([response.status, response.attempts, faced.refreshes()]).toEqual([200, 2, 1]);
  expect(faced.server.arrived.map((request) => request.body)).toEqual(["x", "x"]);
});

test("gets new credentials each time they run out", async ({ expect }) => {
  await using faced = await guarded();
  await faced.client.request({ method: "GET", path: "/" });
  faced.want("token-3");
  expect((await faced.client.request({ method: "GET", path: "/" })).attempts).toBe(2);
  expect(faced.refreshes()).toBe(2);
});

test("takes a second 401 for an answer", async ({ expect }) => {
  await using faced = await guarded(undefined, "never");
  const error = await failureOf(faced.client.request({ method: "GET", path: "/" }));
  expect(error).toMatchObject({ code: "permanent", status: 401, attempts: 2 });
  expect(faced.refreshes()).toBe(1);
});

test("renews once for many requests that were refused together", async ({ expect }) => {
  await using faced = await guarded();
  const requests = Array.from({ length: 20 }, () => faced.client.request({ method: "GET", path: "/" }));
  const responses = await Promise.all(requests);
  expect(responses.map((response) => response.status)).toEqual(responses.map(() => 200));
  expect(faced.refreshes()).toBe(1);
});

test("says that new credentials could not be had, and whether that may pass", async ({ expect }) => {
  const refresh = () => {
    throw new HttpError("the token endpoint is busy", {
      code: "throttled",
      kind: "throttled",
      attempts: 3,
      wasSent: true,
    });
  };
  await using faced = await guarded(refresh);
  const error = await failureOf(faced.client.request({ method: "GET", path: "/" }));
  expect(error).toMatchObject({ code: "throttled", status: 401, attempts: 1 });
  expect(error.message).toContain("was answered 401, and new credentials failed: the token endpoint is busy");
});

test("does not wait for a refresh longer than the request may take", async ({ expect }) => {
  const controller = new AbortController();
  const refresh = () => {
    controller.abort(new Error("stop"));
    return new Promise<never>(() => undefined);
  };
  await using faced = await guarded(refresh);
  const error = await failureOf(
    faced.client.request({ method: "GET", path: "/", signal: controller.signal }),
  );
  expect(error).toMatchObject({ code: "aborted", status: 401, cause: { message: "stop" } });
});
