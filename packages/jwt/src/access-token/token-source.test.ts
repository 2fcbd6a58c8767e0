// SPDX-License-Identifier: Apache-2.0
import { getEventListeners } from "node:events";
import { test } from "vitest";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { signerOf } from "../../test/support/keys.ts";
import { ScriptedTransport, settle } from "../../test/support/scripted-transport.ts";
import { jwtBearerGrant, type TokenGrant } from "./grants.ts";
import { createTokenSource, type TokenRequestEvent, type TokenSourceOptions } from "./token-source.ts";

function grantOf(issuer: string) {
  return jwtBearerGrant({
    tokenEndpoint: new URL("https://platform.example/oauth/token"),
    issuer,
    signer: signerOf("ES256"),
    audience: "https://platform.example",
  });
}

/** Needs no signature, so that a request goes out within the turn. */
const plainGrant: TokenGrant = {
  tokenEndpoint: new URL("https://platform.example/oauth/token"),
  identity: "agent-1",
  parameters: async () => ({}),
};

function setup(options: Partial<TokenSourceOptions> = {}) {
  const clock = new FakeClock();
  const server = new ScriptedTransport();
  const events: TokenRequestEvent[] = [];
  const source = createTokenSource({
    grant: grantOf("agent-1"),
    transport: server.transport,
    clock,
    random: () => 0.999_999,
    onRequest: (event) => events.push(event),
    ...options,
  });
  return { clock, server, source, events };
}

function tokenOf(value: string, expires_in = 3_600) {
  return { access_token: value, token_type: "Bearer", expires_in };
}

/** A source that holds the token "t1" of the given life. */
async function withToken(options: Partial<TokenSourceOptions> = {}, expiresIn = 3_600) {
  const all = setup(options);
  const first = all.source.token();
  (await all.server.next()).answer(200, tokenOf("t1", expiresIn));
  await first;
  return all;
}

test("one request serves all who wait, and later callers have the token at once", async ({ expect }) => {
  const { server, source, events } = setup();
  expect(server.requests).toHaveLength(0);
  const waiting = Promise.all([source.token(), source.token(), source.token()]);
  (await server.next()).answer(200, tokenOf("t1"));
  expect(await waiting).toEqual(["t1", "t1", "t1"]);
  expect(await source.token()).toBe("t1");
  expect(server.requests).toHaveLength(1);
  expect(events).toEqual([
    { outcome: "granted", durationMs: 0, lifetimeMs: 3_600_000, clockSkewMs: undefined },
  ]);
});

test.for([
  ["a long life: five minutes before its end", 3_600, 3_300_000],
  ["a short life: after four fifths of it", 100, 80_000],
] as const)("is refreshed beside its use; %s", async ([, expiresIn, refreshAtMs], { expect }) => {
  const { clock, server, source } = await withToken({}, expiresIn);
  clock.advance(refreshAtMs - 1);
  await source.token();
  expect(server.requests).toHaveLength(1);
  clock.advance(1);
  expect(await source.token()).toBe("t1");
  expect(await source.token()).toBe("t1");
  const refresh = await server.next();
  expect(server.requests).toHaveLength(2);
  refresh.answer(200, tokenOf("t2"));
  await expect.poll(() => source.token()).toBe("t2");
});

test("an expired token is never handed out: callers wait for the new one", async ({ expect }) => {
  const { clock, server, source } = await withToken({}, 100);
  clock.advance(95_000);
  const next = source.token();
  (await server.next()).answer(200, tokenOf("t2"));
  expect(await next).toBe("t2");
});

test("a life counts from the request, not from the answer", async ({ expect }) => {
  const { clock, server, source } = setup();
  const slow = source.token();
  const request = await server.next();
  clock.advance(60_000);
  request.answer(200, tokenOf("t1", 50));
  await expect(slow).rejects.toThrow("The access token had expired when it arrived.");
});

test("a clock that jumps makes no token older or younger", async ({ expect }) => {
  const { clock, server, source } = await withToken();
  clock.setEpochMs(clock.epochMs() + 86_400_000);
  expect(await source.token()).toBe("t1");
  clock.setEpochMs(0);
  expect(await source.token()).toBe("t1");
  expect(server.requests).toHaveLength(1);
});

test("after a 401 the token is requested anew, once for all who saw it", async ({ expect }) => {
  const { server, source } = await withToken();
  source.invalidate("t1");
  const waiting = Promise.all([source.token(), source.token()]);
  source.invalidate("t1");
  (await server.next()).answer(200, tokenOf("t2"));
  expect(await waiting).toEqual(["t2", "t2"]);
  source.invalidate("t1");
  expect(await source.token()).toBe("t2");
  expect(server.requests).toHaveLength(2);
});

test("a failure reaches all who wait; then nobody asks until the backoff is over", async ({ expect }) => {
  const { clock, server, source, events } = setup();
  const waiting = Promise.allSettled([source.token(), source.token()]);
  (await server.next()).answer(401, { error: "invalid_client" });
  const failures = await waiting;
  expect(failures).toMatchObject([
    { status: "rejected", reason: { code: "token_refused", oauthError: "invalid_client" } },
    { status: "rejected", reason: { code: "token_refused" } },
  ]);
  await expect(source.token()).rejects.toMatchObject({ code: "token_refused" });
  clock.advance(999);
  await expect(source.token()).rejects.toMatchObject({ code: "token_refused" });
  expect(server.requests).toHaveLength(1);
  expect(events[0]).toMatchObject({ outcome: "failed", retryInMs: expect.closeTo(1_000, 1) });
  clock.advance(1);
  const again = source.token();
  (await server.next()).answer(200, tokenOf("t1"));
  expect(await again).toBe("t1");
});

test("failures in a row double the distance up to its limit, and a success ends that", async ({ expect }) => {
  const { clock, server, source, events } = setup({ backoff: { minMs: 1_000, maxMs: 6_000 } });
  for (const [index, waitMs] of [1_000, 2_000, 4_000, 6_000, 6_000].entries()) {
    const attempt = expect(source.token()).rejects.toMatchObject({ code: "token_endpoint_busy" });
    (await server.next()).answer(503, "");
    await attempt;
    expect(events[index]).toMatchObject({ retryInMs: expect.closeTo(waitMs, 1) });
    clock.advance(waitMs);
  }
  const good = source.token();
  (await server.next()).answer(200, tokenOf("t1", 10));
  await good;
  clock.advance(10_000);
  const bad = expect(source.token()).rejects.toMatchObject({ code: "token_endpoint_busy" });
  (await server.next()).answer(503, "");
  await bad;
  expect(events.at(-1)).toMatchObject({ retryInMs: expect.closeTo(1_000, 1) });
});

test.for([
  ["7", 7_000],
  ["100000", 300_000],
] as const)(
  "keeps the distance that the server asks for: Retry-After %s",
  async ([value, waitMs], { expect }) => {
    const { server, source, events } = setup();
    const attempt = expect(source.token()).rejects.toMatchObject({ code: "token_endpoint_busy" });
    (await server.next()).answer(429, "", { "retry-after": value });
    await attempt;
    expect(events[0]).toMatchObject({ retryInMs: waitMs });
  },
);

test("a refresh that fails leaves the token in use until its end, then says why", async ({ expect }) => {
  const { clock, server, source, events } = await withToken({ grant: plainGrant }, 100);
  clock.advance(80_000);
  expect(await source.token()).toBe("t1");
  (await server.next()).answer(503, "");
  await expect.poll(() => events.length).toBe(2);
  expect(await source.token()).toBe("t1");
  await settle();
  expect(server.requests).toHaveLength(2);
  clock.advance(1_000);
  expect(await source.token()).toBe("t1");
  (await server.next()).answer(503, "");
  await expect.poll(() => events.length).toBe(3);
  clock.advance(14_000);
  const late = expect(source.token()).rejects.toMatchObject({ code: "token_endpoint_busy" });
  (await server.next()).answer(503, "");
  await late;
});

test("a replaced identity: who waits gets the new one's token, and the old answer counts for nothing", async ({
  expect,
}) => {
  const { server, source, events } = setup();
  const waiting = source.token();
  const old = await server.next();
  source.replaceGrant(grantOf("agent-2"));
  expect(old.request.signal.aborted).toBe(true);
  const fresh = await server.next();
  fresh.answer(200, tokenOf("new"));
  expect(await waiting).toBe("new");
  old.answer(200, tokenOf("old"));
  expect(await source.token()).toBe("new");
  source.invalidate("old");
  expect(await source.token()).toBe("new");
  expect(events).toHaveLength(1);
});

test("even an identity replaced in the very moment of the answer gets its own token", async ({ expect }) => {
  const { server, source } = setup({
    onRequest: () => {
      if (server.requests.length === 1) source.replaceGrant(grantOf("agent-2"));
    },
  });
  const waiting = source.token();
  (await server.next()).answer(200, tokenOf("old"));
  (await server.next()).answer(200, tokenOf("new"));
  expect(await waiting).toBe("new");
});

test("a replaced identity drops the token and the failures of the former", async ({ expect }) => {
  const { server, source } = await withToken();
  source.replaceGrant(grantOf("agent-2"));
  const refused = expect(source.token()).rejects.toMatchObject({ code: "token_refused" });
  (await server.next()).answer(401, { error: "invalid_client" });
  await refused;
  source.replaceGrant(grantOf("agent-3"));
  const third = source.token();
  (await server.next()).answer(200, tokenOf("t3"));
  expect(await third).toBe("t3");
});

test("a caller that gives up leaves the request to the others", async ({ expect }) => {
  const { server, source } = setup();
  const controller = new AbortController();
  const leaving = source.token({ signal: controller.signal });
  const staying = source.token();
  const request = await server.next();
  controller.abort(new Error("client gone"));
  await expect(leaving).rejects.toMatchObject({ code: "aborted", cause: controller.signal.reason });
  expect(request.request.signal.aborted).toBe(false);
  request.answer(200, tokenOf("t1"));
  expect(await staying).toBe("t1");
  await expect(source.token({ signal: controller.signal })).rejects.toMatchObject({ code: "aborted" });
});

test("leaves no listener on a caller's signal, nor on its own", async ({ expect }) => {
  const { server, source } = setup();
  const { signal } = new AbortController();
  const waiting = source.token({ signal });
  const exchange = await server.next();
  expect(getEventListeners(signal, "abort")).toHaveLength(1);
  exchange.answer(200, tokenOf("t1"));
  await waiting;
  await settle();
  expect(getEventListeners(signal, "abort")).toHaveLength(0);
  expect(getEventListeners(exchange.request.signal, "abort")).toHaveLength(0);
});

test("disposing ends the request and fails who waits", async ({ expect }) => {
  const { server, source } = setup();
  const waiting = expect(source.token()).rejects.toMatchObject({ code: "aborted" });
  const { request } = await server.next();
  source[Symbol.dispose]();
  expect(request.signal.aborted).toBe(true);
  await waiting;
  await expect(source.token()).rejects.toMatchObject({ code: "aborted" });
  source[Symbol.dispose]();
  expect(server.requests).toHaveLength(1);
});

test("options out of range are refused at once", ({ expect }) => {
  expect(() => setup({ refreshAfterShare: 1.1 })).toThrow(/refreshAfterShare must be a number from 0 to 1/);
  expect(() => setup({ timeoutMs: 0 })).toThrow(/timeoutMs/);
  expect(() => setup({ backoff: { minMs: 5, maxMs: 4 } })).toThrow(/backoff.maxMs must be a number from 5/);
});
