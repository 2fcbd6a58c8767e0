// SPDX-License-Identifier: MIT
import { once } from "node:events";
import { createServer } from "node:http";
import { waitFor } from "@repo/testkit";
import type { LfxV1Endpoint, LfxV1Fault } from "@repo/testkit/lfx-v1";
import { startNats, startRestartableNats } from "@repo/testkit/nats";
import { withServers } from "@repo/testkit/vitest";
import { UnavailableError } from "../../src/unavailable-error.ts";
import { startRig } from "./support/rig.ts";

const test = withServers({ nats: () => startNats() });

const jane = { Username: "jdoe", Email: "jane@example.org", FirstName: "Jane", LastName: "Doe" };
const personalText = "jane@example.org jdoe eyJhbGciOi.abc.def";

function status(code: number, headers: Readonly<Record<string, string>> = {}): LfxV1Fault {
  return { kind: "status", status: code, headers, body: personalText };
}

const faults: readonly (readonly [string, LfxV1Endpoint, LfxV1Fault, RegExp])[] = [
  ["is throttled", "user", status(429), /the answer was 429/],
  ["is overloaded", "user", status(503), /the answer was 503/],
  ["fails", "user", status(500), /the answer was 500/],
  ["refuses us", "user", status(403), /the answer was 403/],
  ["refuses our tokens", "user", status(401), /401 in spite of a new token/],
  ["redirects", "user", status(302, { location: "https://login.example/" }), /the answer was 302/],
  ["resets the connection", "user", { kind: "reset" }, /no whole answer/],
  ["hangs", "user", { kind: "hang" }, /no answer in time/],
  ["answers with a page", "user", { kind: "html" }, /not a JSON object/],
  ["answers with half an object", "user", { kind: "malformed" }, /not a JSON object/],
  [
    "answers with a list",
    "user",
    { kind: "status", status: 200, body: `["${personalText}"]` },
    /not a JSON object/,
  ],
  ["gives no token: overloaded", "token", status(503), /token endpoint.*503/],
  ["gives no token: throttled", "token", status(429), /token endpoint.*429/],
  [
    "gives no token: refused",
    "token",
    {
      kind: "status",
      status: 401,
      body: '{"error":"invalid_client","error_description":"jane@example.org"}',
    },
    /401 invalid_client.*AUTH0_PRIVATE_KEY/,
  ],
  ["gives no token: reset", "token", { kind: "reset" }, /token endpoint.*unreachable/],
  ["gives no token: a page", "token", { kind: "html" }, /token endpoint.*token_response_invalid/],
];

test.for(faults)(
  "v1 %s: nothing is concluded and nothing kept",
  async ([, endpoint, fault, message], { nats, expect }) => {
    await using rig = await startRig(nats);
    rig.v1.users.set("u1", jane);
    rig.v1.faults.set(endpoint, fault);
    const identity = rig.instance({ timeoutMs: fault.kind === "hang" ? 100 : 5_000 });
    const error: unknown = await identity.authorOf("u1").catch((reason: unknown) => reason);
    if (!(error instanceof UnavailableError))
      throw new Error("expected an UnavailableError", { cause: error });
    expect(error.reason).toMatchObject({ code: "lookup_unavailable", call: "GET v1/users/{id}" });
    expect(error.message).toMatch(message);
    expect(await rig.entry("user.u1")).toBeUndefined();
    expect(await rig.bucket.get("user_lock.u1")).toBeUndefined();
    expect(identity.lookups).toEqual([{ subject: "user", outcome: "unavailable", from: "v1" }]);
    rig.logs.logger.info({ error }, "as the engine would log it");
    const told = JSON.stringify(error.reason) + rig.logs.text;
    expect(told).not.toMatch(/eyJ|Bearer/);
    // The token endpoint knows nothing of people, and what it says helps.
    if (endpoint === "user") expect(told).not.toMatch(/jane|jdoe/);
    // And it is another instance, without the backoff of this one's token source, that finds the person.
    rig.v1.faults.clear();
    expect(await rig.instance().authorOf("u1")).toMatchObject({ principal: "jdoe" });
  },
);

test("says how long v1 wants to be left alone", async ({ nats, expect }) => {
  await using rig = await startRig(nats);
  rig.v1.faults.set("user", status(429, { "retry-after": "40" }));
  await expect(rig.instance().person("u1")).rejects.toMatchObject({ retryAfterMs: 40_000 });
  // A wait of that length is not begun.
  expect(rig.v1.requests("user")).toBe(1);
  rig.v1.faults.set("token", status(429, { "retry-after": "50" }));
  await expect(rig.instance().person("u1")).rejects.toMatchObject({ retryAfterMs: 50_000 });
});

test("a short trouble is got over within one look-up", async ({ nats, expect }) => {
  await using rig = await startRig(nats);
  rig.v1.users.set("u1", jane);
  rig.v1.faults.next("user", status(503), status(429));
  expect(await rig.instance().person("u1")).toMatchObject({ username: "jdoe" });
  expect(rig.v1.requests("user")).toBe(3);
});

test.for([400, 404, 410, 422])(
  "v1's %i means that it knows nobody of that id",
  async (code, { nats, expect }) => {
    await using rig = await startRig(nats);
    rig.v1.faults.set("user", status(code));
    const identity = rig.instance();
    expect(await identity.person("u1")).toBeUndefined();
    expect(await identity.person("u1")).toBeUndefined();
    expect(rig.v1.requests("user")).toBe(1);
  },
);

test("one token serves until v1 refuses it, and is then replaced once", async ({ nats, expect }) => {
  await using rig = await startRig(nats);
  for (const id of ["u1", "u2", "u3", "u4"]) rig.v1.users.set(id, jane);
  const identity = rig.instance();
  await identity.person("u1");
  await identity.person("u2");
  expect(rig.v1.grantedTokens).toBe(1);
  rig.v1.withdrawTokens();
  expect(await Promise.all([identity.person("u3"), identity.person("u4")])).toMatchObject([
    { username: "jdoe" },
    { username: "jdoe" },
  ]);
  expect(rig.v1.grantedTokens).toBe(2);
  expect(rig.v1.problems).toEqual([]);
});

test("the audience stays as it was typed, and paths get their slash", async ({ nats, expect }) => {
  await using rig = await startRig(nats);
  rig.v1.users.set("u1", jane);
  const typed = rig.v1.apiUrl.slice(0, -1);
  rig.v1.audience = typed;
  expect(await rig.instance({ apiUrl: typed }).person("u1")).toMatchObject({ username: "jdoe" });
  expect(rig.v1.problems).toEqual([]);
});

test("the token endpoint is by default the tenant's, and is reached by the environment's proxy", async ({
  nats,
  expect,
}) => {
  await using rig = await startRig(nats);
  const asked: (string | undefined)[] = [];
  const proxy = createServer().on("connect", ({ url }, socket) => {
    asked.push(url);
    socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  const address = proxy.address();
  const port = typeof address === "object" ? address?.port : undefined;
  await expect(rig.instance({ proxy: `http://127.0.0.1:${port}` }).person("u1")).rejects.toThrow(
    /token_endpoint_unreachable/,
  );
  expect(asked).toEqual(["linuxfoundation-test.auth0.com:443"]);
  proxy.close();
});

test("names are told to nobody but at level debug", async ({ nats, expect }) => {
  await using rig = await startRig(nats);
  rig.v1.users.set("u1", jane);
  rig.v1.users.set("u2", { ...jane, Username: "jane doe" });
  const identity = rig.instance();
  const authors = [await identity.authorOf("u1"), await identity.authorOf("u2")];
  await identity.headersFor(authors[0] ?? identity.fallback, "project");
  const told = rig.logs.records.filter(({ level }) => level !== "debug");
  expect(JSON.stringify([told, authors[1]])).not.toMatch(/jane|jdoe/);
});

test("without NATS people are looked up all the same, and kept in memory", async ({ expect }) => {
  await using nats = await startRestartableNats();
  await using rig = await startRig(nats);
  rig.v1.users.set("u1", jane);
  rig.v1.users.set("u2", jane);
  const identity = rig.instance();
  await nats.stop();
  expect(await Promise.all([identity.person("u1"), identity.person("u1")])).toMatchObject([
    { username: "jdoe" },
    { username: "jdoe" },
  ]);
  expect(await identity.person("u1")).toMatchObject({ username: "jdoe" });
  expect(await identity.person("nobody")).toBeUndefined();
  expect(await identity.person("nobody")).toBeUndefined();
  expect(rig.v1.requests("user")).toBe(2);
  await nats.start();
  await waitFor(async () => (await rig.bucket.get("user.u1")) === undefined);
  await identity.person("u2");
  expect(await rig.entry("user.u2")).toMatchObject(jane);
});
