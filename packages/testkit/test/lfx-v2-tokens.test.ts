// SPDX-License-Identifier: Apache-2.0
import { createHmac, generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { withServers } from "@repo/testkit/vitest";
import { exportJWK } from "jose";
import { jwks, type Setup, setup, type TokenOptions, token } from "./support/lfx-v2.ts";

const test = withServers({ v2: () => setup() });
const now = () => Math.floor(Date.now() / 1000);
const other = generateKeyPairSync("rsa", { modulusLength: 2048 });

function read(v2: Setup, authorization: string | undefined) {
  const headers = authorization === undefined ? { authorization: "" } : { authorization };
  return v2.call("project", "GET", `/projects/${v2.lfx.rootUid}`, { headers });
}

async function readBy(v2: Setup, options: TokenOptions) {
  return read(v2, `Bearer ${await token("project", options)}`);
}

test.for([
  ["another issuer", { claims: { iss: "someone" } }, /^expected claims not validated/],
  ["no issuer", { claims: { iss: undefined } }, /^expected claims not validated/],
  ["another audience", { claims: { aud: "lfx-v2-committee-service" } }, /^expected claims not validated/],
  ["no audience", { claims: { aud: undefined } }, /^expected claims not validated/],
  ["an empty principal", { claims: { principal: "" } }, /^custom claims not validated/],
  ["no principal", { claims: { principal: undefined } }, /^custom claims not validated/],
  ["a time that is over", { claims: { exp: now() - 60 } }, /^expected claims not validated/],
  ["a time to come", { claims: { nbf: now() + 60 } }, /^expected claims not validated/],
  ["an issue in the future", { claims: { iat: now() + 60 } }, /^expected claims not validated/],
  ["an unknown key id", { header: { alg: "PS256", kid: "key-2" } }, /^failed to deserialize token claims/],
  ["another key", { key: other.privateKey }, /^failed to deserialize token claims/],
  ["RS256", { header: { alg: "RS256" } }, /^signing method is invalid/],
  ["PS512", { header: { alg: "PS512" } }, /^signing method is invalid/],
] as const)("row 7: refuses %s with 500", async ([, options, message], { v2, expect }) => {
  const { status, body, headers } = await readBy(v2, options);
  expect(status).toBe(500);
  expect(body).toMatchObject({ name: "fault", fault: true, message: expect.stringMatching(message) });
  expect(headers["goa-error"]).toBeUndefined();
});

test("row 7: refuses what is no token, no key id, no signature, HS256 by the public key", async ({
  v2,
  expect,
}) => {
  const good = await token("project");
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const [, claims = ""] = good.split(".");
  const unsigned = `${encode({ alg: "none" })}.${claims}.`;
  const text = `${encode({ alg: "HS256", kid: "key-1" })}.${claims}`;
  const forged = `${text}.${createHmac("sha256", JSON.stringify(jwks.keys[0])).update(text).digest("base64url")}`;
  const changed = `${good.slice(0, -4)}AAAA`;
  const withoutKeyId = await token("project", { header: { alg: "PS256", kid: "" } });
  for (const each of [undefined, "Bearer", "Bearer x.y", unsigned, forged, changed, withoutKeyId]) {
    const { status, body } = await read(v2, each);
    expect([status, body["fault"]], each).toEqual([500, true]);
  }
});

test("row 7: allows five seconds, no end, several audiences, and any word before the token", async ({
  v2,
  expect,
}) => {
  const accepted = [
    { exp: now() - 3 },
    { nbf: now() + 3, iat: now() + 3 },
    { exp: undefined, iat: undefined, nbf: undefined },
    { aud: ["someone-else", "lfx-v2-project-service"] },
  ];
  for (const claims of accepted) expect((await readBy(v2, { claims })).status).toBe(200);
  const plain = await token("project");
  for (const text of [plain, `bearer ${plain}`, `Whatever ${plain}`])
    expect((await read(v2, text)).status).toBe(200);
});

test("row 7: notices that a token it knows has ended", async ({ expect }) => {
  let nowMs = Date.now();
  await using v2 = await setup({ epochMs: () => nowMs });
  const authorization = `Bearer ${await token("project", { claims: { exp: Math.floor(nowMs / 1000) + 60 } })}`;
  expect((await read(v2, authorization)).status).toBe(200);
  nowMs += 64_000;
  expect((await read(v2, authorization)).status).toBe(200);
  nowMs += 3_000;
  expect((await read(v2, authorization)).status).toBe(500);
});

test("row 7: reads the keys from a URL, and again only after five minutes", async ({ expect }) => {
  let nowMs = Date.now();
  let isDown = true;
  let keys = jwks;
  let reads = 0;
  await using server = await serve(() => {
    reads += 1;
    return isDown ? undefined : JSON.stringify(keys);
  });
  await using v2 = await setup({ jwks: server.url, epochMs: () => nowMs });
  const authorization = `Bearer ${await token("project", { claims: { exp: undefined } })}`;
  expect((await read(v2, authorization)).status).toBe(500);
  isDown = false;
  expect((await read(v2, authorization)).status).toBe(200);
  const rotated = { ...(await exportJWK(other.publicKey)), kid: "key-2", alg: "PS256", use: "sig" };
  keys = { keys: [rotated] };
  const fresh = { header: { alg: "PS256", kid: "key-2" }, key: other.privateKey, claims: { exp: undefined } };
  expect((await readBy(v2, fresh)).status).toBe(500);
  expect(reads).toBe(2);
  nowMs += 5 * 60_000;
  expect((await readBy(v2, fresh)).status).toBe(200);
  expect((await read(v2, authorization)).status).toBe(500);
  expect(reads).toBe(3);
});

test("trusts other keys when it is told to", async ({ expect }) => {
  await using v2 = await setup();
  expect((await readBy(v2, {})).status).toBe(200);
  v2.lfx.setKeys({ keys: [] });
  expect((await readBy(v2, {})).status).toBe(500);
});

test("looks at no token when it is told to take one principal for all", async ({ expect }) => {
  await using v2 = await setup({ mockPrincipal: "mock" });
  expect((await read(v2, undefined)).status).toBe(200);
  await v2.createProject();
  expect(v2.lfx.record.writes.at(-1)).toMatchObject({ principal: "mock", sub: undefined });
});

async function serve(answer: () => string | undefined) {
  const server = createServer((_request, response) => {
    const text = answer();
    response.writeHead(text === undefined ? 503 : 200).end(text);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("no port");
  return {
    url: `http://127.0.0.1:${address.port}/jwks`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
