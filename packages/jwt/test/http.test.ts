// SPDX-License-Identifier: Apache-2.0
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { test } from "vitest";
import {
  clientAssertion,
  createSigner,
  createTokenSource,
  createVerifier,
  fetchTransport,
  findKeyId,
  signJwt,
  withKeyId,
} from "../src/index.ts";
import { newEcKey, newRsaKey } from "./support/keys.ts";

interface RunningServer extends AsyncDisposable {
  readonly url: URL;
}

async function startServer(
  answer: (request: IncomingMessage, response: ServerResponse) => void | Promise<void>,
): Promise<RunningServer> {
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    Promise.try(answer, request, response).catch((error: unknown) =>
      response.destroy(Error.isError(error) ? error : undefined),
    );
  };
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new TypeError("The server has no port.");
  return {
    url: new URL(`http://127.0.0.1:${address.port}`),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

async function readBody(request: AsyncIterable<unknown>): Promise<URLSearchParams> {
  const chunks: string[] = [];
  for await (const chunk of request) chunks.push(String(chunk));
  return new URLSearchParams(chunks.join(""));
}

test("client credentials end to end: our assertion is verified, the token is used, a 401 renews it", async ({
  expect,
}) => {
  const client = newRsaKey();
  const platform = createSigner({ algorithm: "ES256", privateKey: newEcKey().privatePem });
  const assertions = createVerifier({
    keys: [client.publicPem],
    algorithms: ["RS256"],
    issuer: "client-1",
    audience: "https://tenant.example/",
  });
  const revoked = new Set<string>();
  await using server = await startServer(async (request, response) => {
    if (request.url === "/oauth/token") {
      const form = await readBody(request);
      await assertions.verify(form.get("client_assertion") ?? "").then(
        async () => sendJson(response, 200, { access_token: await signJwt(platform, {}), expires_in: 3_600 }),
        () => sendJson(response, 401, { error: "invalid_client" }),
      );
      return;
    }
    const token = request.headers.authorization?.replace("Bearer ", "") ?? "";
    sendJson(response, revoked.has(token) || token === "" ? 401 : 200, {});
  });
  using source = createTokenSource({
    grant: clientAssertion({
      tokenEndpoint: new URL("/oauth/token", server.url),
      clientId: "client-1",
      signer: createSigner({ algorithm: "RS256", privateKey: client.privatePem }),
      assertionAudience: ["https://tenant.example/"],
    }),
  });
  const call = async (token: string) =>
    (await fetch(new URL("/api", server.url), { headers: { authorization: `Bearer ${token}` } })).status;

  const first = await source.token();
  expect(await call(first)).toBe(200);
  revoked.add(first);
  expect(await call(await source.token())).toBe(401);
  source.invalidate(first);
  expect(await call(await source.token())).toBe(200);
});

test("our key is found in a served set, and a rotated one is followed", async ({ expect }) => {
  const keys = [newEcKey(), newEcKey()].map((key, index) => ({
    kid: `key-${index}`,
    signer: createSigner({ algorithm: "ES256", privateKey: key.privatePem }),
  }));
  const served = keys.slice(0, 1);
  await using server = await startServer((_request, response) => {
    sendJson(response, 200, { keys: served.map(({ kid, signer }) => ({ ...signer.publicJwk, kid })) });
  });
  const verifier = createVerifier({ keys: { jwksUrl: server.url, cooldownMs: 0 }, algorithms: ["ES256"] });
  for (const { signer, kid } of keys) {
    if (!served.some((entry) => entry.kid === kid)) {
      await expect(findKeyId({ signer, jwksUrl: server.url })).rejects.toMatchObject({
        code: "key_not_in_set",
      });
      served.push({ signer, kid });
    }
    const keyId = await findKeyId({ signer, jwksUrl: server.url });
    expect(keyId).toBe(kid);
    await verifier.verify(await signJwt(withKeyId(signer, keyId), {}));
  }
});

test("fetchTransport: no redirect is followed, no answer is too long, and an abort ends it", async ({
  expect,
}) => {
  await using server = await startServer((request, response) => {
    if (request.url === "/redirect") response.writeHead(302, { location: "/" }).end();
    else if (request.url === "/long") response.end("x".repeat(100_000));
    else if (request.url === "/silent") response.writeHead(200).write("x");
    else response.writeHead(418, { "x-kind": "teapot" }).end(request.method);
  });
  const ask = (path: string, signal = new AbortController().signal) =>
    fetchTransport({
      method: "POST",
      url: new URL(path, server.url),
      headers: {},
      body: "a=b",
      signal,
      maxResponseBytes: 1_000,
    });

  expect((await ask("/redirect")).status).toBe(302);
  await expect(ask("/long")).rejects.toThrow("The answer is larger than 1000 bytes.");
  const teapot = await ask("/");
  expect([teapot.status, teapot.headers["x-kind"], teapot.text()]).toEqual([418, "teapot", "POST"]);
  const controller = new AbortController();
  const silent = ask("/silent", controller.signal);
  controller.abort(new Error("stop"));
  await expect(silent).rejects.toThrow("stop");
});
