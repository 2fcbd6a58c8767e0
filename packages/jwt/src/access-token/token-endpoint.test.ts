// SPDX-License-Identifier: Apache-2.0
import { getEventListeners } from "node:events";
import { test, vi } from "vitest";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { signerOf } from "../../test/support/keys.ts";
import { responseOf } from "../../test/support/scripted-transport.ts";
import { TokenEndpointError } from "../errors.ts";
import type { Transport, TransportRequest } from "../transport.ts";
import { jwtBearerGrant } from "./grants.ts";
import { requestToken } from "./token-endpoint.ts";

const grant = jwtBearerGrant({
  tokenEndpoint: new URL("https://user:pw@platform.example/oauth/token?key=1"),
  issuer: "agent-7",
  signer: signerOf("ES256"),
  audience: "https://platform.example",
});

function request(transport: Transport, signal = new AbortController().signal) {
  return requestToken({
    grant,
    transport,
    clock: new FakeClock(),
    timeoutMs: 5_000,
    headers: { "user-agent": "obsyk-operator/1.0" },
    signal,
  });
}

function answering(status: number, body: unknown, headers?: Record<string, string>) {
  return request(async () => responseOf(status, body, headers));
}

async function failureOf(promise: Promise<unknown>): Promise<TokenEndpointError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof TokenEndpointError) return error;
  throw new Error("The request did not fail as a token endpoint's does.", { cause: error });
}

test("posts a form, with the caller's headers", async ({ expect }) => {
  const seen: TransportRequest[] = [];
  await request(async (sent) => {
    seen.push(sent);
    return responseOf(200, { access_token: "t", expires_in: 60 });
  });
  expect(seen[0]).toMatchObject({
    method: "POST",
    url: grant.tokenEndpoint,
    headers: {
      accept: "application/json",
      "content-type": "application/x-www-form-urlencoded",
      "user-agent": "obsyk-operator/1.0",
    },
  });
  const form = new URLSearchParams(seen[0]?.body);
  expect([...form.keys()]).toEqual(["grant_type", "assertion"]);
});

test.for([
  ["seconds", { access_token: "t", token_type: "Bearer", expires_in: 3600 }, 3_600_000],
  ["seconds as a text", { access_token: "t", expires_in: "3600" }, 3_600_000],
  ["a fraction", { access_token: "t", expires_in: 1.5 }, 1_500],
  ["nothing: a minute is assumed", { access_token: "t" }, 60_000],
] as const)("reads a lifetime of %s", async ([, body, lifetimeMs], { expect }) => {
  expect(await answering(200, body)).toMatchObject({ value: "t", lifetimeMs });
});

test("measures the clock's difference by the Date header", async ({ expect }) => {
  const headers = { date: new Date(1_790_000_000_000 - 412_000).toUTCString() };
  const good = await answering(200, { access_token: "t", expires_in: 60 }, headers);
  expect(good.clockSkewMs).toBe(412_000);
  const error = await failureOf(answering(400, { error: "invalid_grant" }, headers));
  expect(error.clockSkewMs).toBe(412_000);
  expect(error.message).toMatch(/This machine's clock is 412 s ahead of the server's; correct it/);
});

test.for<[string, number, unknown, object]>([
  [
    "a wrong client",
    401,
    { error: "invalid_client" },
    { code: "token_refused", oauthError: "invalid_client" },
  ],
  ["a wrong grant", 400, { error: "invalid_grant" }, { code: "token_refused", oauthError: "invalid_grant" }],
  ["an error that is no code", 400, { error: "has spaces\n" }, { code: "token_refused" }],
  ["an error that is an object", 403, { error: { x: 1 } }, { code: "token_refused" }],
  ["a redirect", 302, "", { code: "token_refused" }],
  ["a server that is busy", 503, "<html>", { code: "token_endpoint_busy" }],
  ["too many requests", 429, "", { code: "token_endpoint_busy" }],
  ["a request that took too long", 408, "", { code: "token_endpoint_busy" }],
  ["201", 201, { access_token: "t", expires_in: 60 }, { code: "token_response_invalid" }],
  ["no JSON", 200, "<html>", { code: "token_response_invalid" }],
  ["an array", 200, [], { code: "token_response_invalid" }],
  ["no token", 200, { token_type: "Bearer" }, { code: "token_response_invalid" }],
  ["an empty token", 200, { access_token: "" }, { code: "token_response_invalid" }],
  ["a token with a line break", 200, { access_token: "a\r\nx: y" }, { code: "token_response_invalid" }],
  ["a life of 0", 200, { access_token: "t", expires_in: 0 }, { code: "token_response_invalid" }],
  ["a negative life", 200, { access_token: "t", expires_in: -1 }, { code: "token_response_invalid" }],
  [
    "a life that is no number",
    200,
    { access_token: "t", expires_in: "soon" },
    { code: "token_response_invalid" },
  ],
  ["too much", 200, `"${"x".repeat(70_000)}"`, { code: "token_response_invalid" }],
])("reports %s", async ([, status, body, expected], { expect }) => {
  const error = await failureOf(answering(status, body));
  expect(error).toMatchObject({ status, ...expected });
  expect(error.message).toMatch(
    /^The token endpoint https:\/\/platform\.example\/oauth\/token [^\n]*\.$|It said: /,
  );
  expect(error.message).not.toMatch(/pw|key=1|hidden|\n/);
});

test("quotes what the server said, redacted and short; never the answer that holds a token", async ({
  expect,
}) => {
  const body = {
    error: "invalid_grant",
    error_description: `bad ${"x".repeat(40)} eyJhbGciOiJub25lIn0.e30.`,
  };
  const error = await failureOf(answering(400, body));
  expect(error.excerpt).toBe('{"error":"invalid_grant","error_description":"bad [hidden] [hidden]"}');
  expect(error.message).toBe(
    `The token endpoint https://platform.example/oauth/token refused "agent-7" (400 invalid_grant). It said: ${error.excerpt}`,
  );
  const silent = await failureOf(answering(200, { access_token: "short", expires_in: -1 }));
  expect(silent).not.toHaveProperty("excerpt");
});

test.for([
  ["7", 7_000],
  [" 120 ", 120_000],
  [new Date(1_790_000_030_000).toUTCString(), 30_000],
  [new Date(1_789_999_000_000).toUTCString(), 0],
] as const)("reads Retry-After %j", async ([value, retryAfterMs], { expect }) => {
  const error = await failureOf(answering(429, "", { "retry-after": value }));
  expect(error.retryAfterMs).toBe(retryAfterMs);
});

test("a Retry-After that is neither is none", async ({ expect }) => {
  expect(await failureOf(answering(503, "", { "retry-after": "later" }))).not.toHaveProperty("retryAfterMs");
});

test("names the system's error when there is no answer, and keeps it as the cause", async ({ expect }) => {
  const cause = new TypeError("fetch failed", {
    cause: Object.assign(new Error("x"), { code: "ENOTFOUND" }),
  });
  const error = await failureOf(request(() => Promise.reject(cause)));
  expect(error).toMatchObject({ code: "token_endpoint_unreachable", cause });
  expect(error.message).toBe(
    "The token endpoint https://platform.example/oauth/token cannot be reached: ENOTFOUND.",
  );
});

test("gives up after its time, even on a transport that does not listen", async ({ expect }) => {
  vi.useFakeTimers();
  try {
    const hanging = failureOf(request(() => new Promise(() => undefined)));
    await vi.waitFor(() => expect(vi.getTimerCount()).toBeGreaterThan(0));
    await vi.advanceTimersByTimeAsync(5_000);
    const error = await hanging;
    expect(error.message).toMatch(/there was no whole answer within 5000 ms\.$/);
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});

test("leaves no timer and no listener behind", async ({ expect }) => {
  vi.useFakeTimers();
  try {
    const { signal } = new AbortController();
    await request(async () => responseOf(200, { access_token: "t" }), signal);
    await failureOf(request(() => Promise.reject(new Error("broken")), signal));
    expect(vi.getTimerCount()).toBe(0);
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
  } finally {
    vi.useRealTimers();
  }
});

test("an abort ends it at once, before or during the request", async ({ expect }) => {
  const controller = new AbortController();
  let seen: AbortSignal | undefined;
  const hanging = request((sent) => {
    seen = sent.signal;
    controller.abort(new Error("stop"));
    return new Promise(() => undefined);
  }, controller.signal);
  await expect(hanging).rejects.toMatchObject({ code: "aborted" });
  expect(seen?.aborted).toBe(true);
  await expect(request(async () => responseOf(200, {}), controller.signal)).rejects.toMatchObject({
    code: "aborted",
  });
});
