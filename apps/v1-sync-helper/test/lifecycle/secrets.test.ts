// SPDX-License-Identifier: MIT
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { waitFor } from "@repo/testkit";
import { expect, test } from "vitest";
import { type Platform, startPlatform } from "../operate/support/platform.ts";
import { openStates } from "../operate/support/seed.ts";
import { projectKey } from "../sync/support/records.ts";
import { makeMapping, put, startServing } from "./serving.ts";

/** What may never be seen: tokens, keys, and what a body says of people. */
const forbidden: readonly (readonly [what: string, pattern: RegExp])[] = [
  ["a token", /eyJ[\w-]{8,}/],
  ["a token in base64", /ZXlK[\w+/-]{8,}/],
  ["a scheme with credentials", /Bearer(?:\s|%20|\+)+(?!\[)\S{12,}/i],
  ["a private key", /PRIVATE KEY|MII[A-Za-z0-9+/]{20,}/],
  ["an assertion", /client_assertion=/],
  ["an e-mail address", /(?:jane|secretary)(?:@|%40|\\u0040)example\.org/i],
  ["a body", /made by a person/],
];

function seenIn(output: string): readonly string[] {
  return forbidden.filter(([, pattern]) => pattern.test(output)).map(([what]) => what);
}

/** Ways in which a service, or what is in front of it, gives back what it was sent. */
const echoes: Readonly<
  Record<
    string,
    (
      sent: string,
      authorization: string,
    ) => { status: number; body: string; headers?: Record<string, string> }
  >
> = {
  "400": (sent, authorization) => ({
    status: 400,
    body: JSON.stringify({ message: `refused ${authorization} with ${sent}` }),
  }),
  "403": (_, authorization) => ({
    status: 403,
    body: `<html><pre>authorization: ${authorization}</pre></html>`,
  }),
  "401": (_, authorization) => ({
    status: 401,
    body: JSON.stringify({ error: authorization.slice(7) }),
    headers: { "www-authenticate": authorization },
  }),
  "409": (sent) => ({
    status: 409,
    body: JSON.stringify({
      code: "409",
      message: `project slug already exists for jane@example.org: ${sent}`,
    }),
  }),
  "422": (_, authorization) => ({
    status: 422,
    body: JSON.stringify({ message: encodeURIComponent(authorization) }),
  }),
  "500": (sent, authorization) => ({
    status: 500,
    body: JSON.stringify({ message: sent, stack: [authorization] }),
  }),
  "503": (_, authorization) => ({
    status: 503,
    body: authorization,
    headers: { "retry-after": authorization },
  }),
  "302": (_, authorization) => ({
    status: 302,
    body: "",
    headers: { location: `https://login.example/?t=${encodeURIComponent(authorization)}` },
  }),
  "201": (sent, authorization) => ({
    status: 201,
    body: JSON.stringify({ message: sent, uid: authorization }),
  }),
  "418": (_, authorization) => ({
    status: 418,
    body: JSON.stringify({ message: Buffer.from(authorization.slice(7)).toString("base64") }),
  }),
};

/** A project service that tells everybody what it was told. */
async function startEcho() {
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const sent = await text(request);
    const which = /p-(\d{3})/.exec(sent)?.[1] ?? "400";
    const { status, body, headers } = (echoes[which] ?? echoes["400"])?.(
      sent,
      request.headers.authorization ?? "",
    ) ?? { status: 500, body: "" };
    response.writeHead(status, { "content-type": "application/json", etag: "1", ...headers }).end(body);
  };
  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("The server has no port.");
  return {
    url: `http://127.0.0.1:${address.port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function everyEntry(platform: Platform, name: "v1-sync-state" | "v1-sync-users"): Promise<string> {
  const bucket = await platform.bucket(name);
  const keys: string[] = [];
  for await (const key of await bucket.keys()) keys.push(key);
  const entries = await Promise.all(keys.map((key) => bucket.get(key)));
  return entries.map((entry) => `${entry?.key} ${entry?.string()}`).join("\n");
}

test("whatever services give back, no output holds a token, a key or what was sent", async () => {
  await using platform = await startPlatform();
  await using echo = await startEcho();
  const editor = "0034100001XyZaaAAF";
  platform.v1.users.set(editor, { Username: "jdoe", Email: "jane@example.org" });
  const env = { PROJECT_SERVICE_URL: echo.url, DEBUG: "true", HTTP_DEBUG: "true" };
  await using serving = await startServing(platform, env);
  await serving.isReady(200);
  const ids = Object.keys(echoes);
  await makeMapping(platform, "mapped", "11111111-1111-4111-8111-111111111111");
  for (const id of [...ids, "mapped"])
    await put(platform, id, {
      lastmodifiedbyid: editor,
      description__c: "made by a person: secretary@example.org",
    });
  await put(platform, "unusable", {
    slug__c: "9 secretary@example.org",
    lastmodifiedbyid: "jane@example.org",
  });
  // A gateway of v1 that does the same.
  platform.v1.faults.set("user", {
    kind: "status",
    status: 500,
    body: "jane@example.org eyJhbGciOi.eyJzdWIi.c2ln",
  });
  await put(platform, "unknown-person", { lastmodifiedbyid: "0034100001AaBbbAAF" });
  await using states = await openStates(platform);
  const all = [...ids, "mapped", "unusable", "unknown-person"];
  const reasons = async () =>
    await Promise.all(all.map(async (id) => (await states.get(projectKey(id)))?.reason?.code));
  await waitFor(async () => (await reasons()).every((code) => code !== undefined), { deadlineMs: 40_000 });

  const log = serving.serve.stdout.text + serving.serve.stderr.text;
  expect(log).toContain('"http call"');
  expect({ log: seenIn(log) }).toEqual({ log: [] });
  expect({ state: seenIn(await everyEntry(platform, "v1-sync-state")) }).toEqual({ state: [] });
  expect({ metrics: seenIn((await serving.page("/metrics")).body) }).toEqual({ metrics: [] });
  expect((await serving.page("/readyz?verbose")).body).not.toMatch(/eyJ/);

  const shown = await Promise.all(
    [
      ["dlq", "list"],
      ["dlq", "list", "--json"],
      ["dlq", "show", projectKey("400")],
      ["status", "--json"],
      ["check-config"],
    ].map((args) => platform.run(args, env)),
  );
  for (const { stdout, stderr } of shown) expect({ shown: seenIn(stdout + stderr) }).toEqual({ shown: [] });
  // People who may ask see the record itself; nobody sees a token.
  for (const id of ["400", "mapped", "unusable"]) {
    const { stdout, stderr } = await platform.run(["explain", projectKey(id)], env);
    expect({ id, seen: seenIn(stdout + stderr).filter((what) => !/e-mail|body/.test(what)) }).toEqual({
      id,
      seen: [],
    });
  }
}, 120_000);
