// SPDX-License-Identifier: Apache-2.0
// Who may do what: tokens made by our own package and by another library, over real sockets.
import { createHmac, generateKeyPairSync } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { Code, ConnectError } from "@connectrpc/connect";
import { signJwt } from "@repo/jwt";
import { testDirectory } from "@repo/testkit";
import { exportJWK, importSPKI, SignJWT } from "jose";
import { test } from "vitest";
import { AuthError, type AuthErrorCode } from "../../src/server/auth/auth-error.ts";
import { createAuthenticator } from "../../src/server/auth/authenticator.ts";
import { scopes } from "../../src/server/auth/caller.ts";
import { ensureLocalCertificate } from "../../src/server/certificate/local-certificate.ts";
import { type Clients, createIssuer, startTestServer } from "./support/running-server.ts";

type AuthSettings = Parameters<typeof createAuthenticator>[0];

const rules = { issuer: undefined, audience: undefined };

function withKeys(keys: string, more: Partial<AuthSettings> = {}) {
  return createAuthenticator({ kind: "keys", keys, ...rules, ...more } as AuthSettings);
}

async function refusal(work: Promise<unknown>): Promise<readonly [AuthErrorCode, string]> {
  try {
    await work;
  } catch (error) {
    if (error instanceof AuthError) return [error.code, error.message];
    throw error;
  }
  throw new TypeError("The token was accepted.");
}

const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
const inAnHour = (): number => Math.floor(Date.now() / 1000) + 3600;

test("knows the bearer of a good token, and takes one without scopes for everything", async ({ expect }) => {
  const issuer = createIssuer();
  const authenticate = withKeys(issuer.publicKey);
  const caller = await authenticate(`Bearer ${await issuer.token({ sub: "ann" })}`);
  expect(caller.subject).toBe("ann");
  expect([...caller.scopes]).toEqual([...scopes]);
  // As the Go program's own tokens are, and the scheme in any case.
  const token = await issuer.token({ iss: "airunner", sub: "" });
  expect((await authenticate(`bEARER ${token}`)).subject).toBe("");
});

test.for([
  [{ scopes: ["submit", "read"] }, ["submit", "read"]],
  [{ scope: "work openid profile" }, ["work"]],
  [{ scp: ["read"], scope: "read-secrets" }, ["read", "read-secrets"]],
  [{ scopes: "admin" }, [...scopes]],
  [{ scopes: "Admin" }, []],
  [{ scope: "" }, []],
  [{ scopes: [] }, []],
  [{ scopes: 7 }, []],
  [{ scope: null }, []],
] as const)("%j allows %j", async ([claims, allowed], { expect }) => {
  const issuer = createIssuer();
  const caller = await withKeys(issuer.publicKey)(`Bearer ${await issuer.token({ sub: "a", ...claims })}`);
  expect([...caller.scopes]).toEqual(allowed);
});

test("takes several keys, a certificate, and line breaks written out", async ({ expect }) => {
  const [one, two, other] = [createIssuer(), createIssuer(), createIssuer()];
  const both = withKeys(`${one.publicKey}\n${two.publicKey}`.replaceAll("\n", "\\n"));
  for (const issuer of [one, two]) {
    expect((await both(`Bearer ${await issuer.token({ sub: "a" })}`)).subject).toBe("a");
  }
  expect(await refusal(both(`Bearer ${await other.token({ sub: "a" })}`))).toEqual([
    "unauthenticated",
    "invalid token",
  ]);

  await using directory = await testDirectory();
  await ensureLocalCertificate({ folder: directory.path, names: ["localhost"], nowMs: Date.now() });
  const { createSigner } = await import("@repo/jwt");
  const signer = createSigner({
    algorithm: "ES256",
    privateKey: await readFile(join(directory.path, "ca-key.pem"), "utf8"),
  });
  const byCertificate = withKeys(await readFile(join(directory.path, "ca.pem"), "utf8"));
  const token = await signJwt(signer, { sub: "c" }, { lifetimeSeconds: 60 });
  expect((await byCertificate(`Bearer ${token}`)).subject).toBe("c");
});

test("refuses whatever else is shown", async ({ expect }) => {
  const issuer = createIssuer();
  const authenticate = withKeys(issuer.publicKey);
  const good = await issuer.token({ sub: "a" });
  const [header = "", payload = ""] = good.split(".");
  const claims = base64({ sub: "root", exp: inAnHour() });
  const hs256 = `${base64({ alg: "HS256", typ: "JWT" })}.${claims}`;
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const shown = {
    nothing: undefined,
    "an empty header": "",
    "another scheme": "Basic YTpi",
    "no token": "Bearer ",
    "no token at all": "Bearer",
    "two blanks": `Bearer  ${good}`,
    "a tail": `Bearer ${good} x`,
    "no JWT": "Bearer abc",
    "alg none": `Bearer ${base64({ alg: "none" })}.${claims}.`,
    // The public key as an HMAC secret, which naive verifiers accept.
    "alg HS256": `Bearer ${hs256}.${createHmac("sha256", issuer.publicKey).update(hs256).digest("base64url")}`,
    "alg RS256": `Bearer ${await new SignJWT({ sub: "a" }).setProtectedHeader({ alg: "RS256" }).setExpirationTime("1h").sign(rsa.privateKey)}`,
    "changed claims": `Bearer ${header}.${claims}.${good.split(".")[2] ?? ""}`,
    "no signature": `Bearer ${header}.${payload}.`,
    expired: `Bearer ${await issuer.token({ sub: "a", exp: Math.floor(Date.now() / 1000) - 60 })}`,
    "not yet valid": `Bearer ${await issuer.token({ sub: "a", nbf: inAnHour() })}`,
  };
  const seen: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(shown)) seen[name] = (await refusal(authenticate(value)))[1];
  const invalid = "invalid token";
  expect(seen).toEqual({
    nothing: "missing bearer token",
    "an empty header": "missing bearer token",
    "another scheme": "missing bearer token",
    "no token": invalid,
    "no token at all": invalid,
    "two blanks": invalid,
    "a tail": invalid,
    "no JWT": invalid,
    "alg none": invalid,
    "alg HS256": invalid,
    "alg RS256": invalid,
    "changed claims": invalid,
    "no signature": invalid,
    expired: "invalid token: it has expired",
    "not yet valid": invalid,
  });
});

test("a token must have an end, and clocks may differ by half a minute", async ({ expect }) => {
  const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const publicKey = pair.publicKey.export({ type: "spki", format: "pem" }).toString();
  const authenticate = withKeys(publicKey);
  const sign = (claims: Record<string, unknown>) =>
    new SignJWT(claims).setProtectedHeader({ alg: "ES256", typ: "JWT" }).sign(pair.privateKey);
  expect(await refusal(authenticate(`Bearer ${await sign({ sub: "a" })}`))).toEqual([
    "unauthenticated",
    "token missing exp",
  ]);
  const now = Math.floor(Date.now() / 1000);
  expect(
    (await authenticate(`Bearer ${await sign({ sub: "a", nbf: now + 20, exp: now - 20 })}`)).subject,
  ).toBe("a");
});

test("checks issuer and audience where they are set", async ({ expect }) => {
  const issuer = createIssuer();
  const authenticate = withKeys(issuer.publicKey, { issuer: "airunner", audience: ["ci", "cd"] });
  const bearer = async (claims: Record<string, unknown>) =>
    `Bearer ${await issuer.token({ sub: "a", ...claims })}`;
  expect((await authenticate(await bearer({ iss: "airunner", aud: "cd" }))).subject).toBe("a");
  for (const claims of [
    {},
    { iss: "airunner" },
    { iss: "other", aud: "ci" },
    { iss: "airunner", aud: "x" },
  ]) {
    expect((await refusal(authenticate(await bearer(claims))))[0]).toBe("unauthenticated");
  }
});

test.for([
  ["private", /JWT_PUBLIC_KEY holds a private key/],
  ["rsa", /JWT_PUBLIC_KEY .* ES256 needs an EC key/],
  ["text", /JWT_PUBLIC_KEY is not PEM text.*not its path/],
] as const)("refuses to start with a key that is %s", ([kind, sentence], { expect }) => {
  const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const keys = {
    private: ec.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    rsa: rsa.publicKey.export({ type: "spki", format: "pem" }).toString(),
    text: "/etc/airunner/public.pem",
  };
  expect(() => withKeys(keys[kind])).toThrow(sentence);
});

test("reads keys from a URL, and says that it is our trouble when it cannot", async ({ expect }) => {
  const issuer = createIssuer();
  const jwk = await exportJWK(await importSPKI(issuer.publicKey, "ES256"));
  let isDown = true;
  const keys = createServer((_request, response) => {
    response.writeHead(isDown ? 503 : 200, { "content-type": "application/json" });
    response.end(JSON.stringify({ keys: [{ ...jwk, alg: "ES256", use: "sig" }] }));
  });
  await new Promise<void>((resolve) => keys.listen(0, "127.0.0.1", resolve));
  await using _server = {
    [Symbol.asyncDispose]: async () => {
      keys.closeAllConnections();
      await new Promise((resolve) => keys.close(resolve));
    },
  };
  const { port } = keys.address() as AddressInfo;
  const troubles: unknown[] = [];
  const settings = { kind: "jwks", url: new URL(`http://127.0.0.1:${port}/keys`), ...rules } as const;
  const start = () => createAuthenticator(settings, { onTrouble: (error) => troubles.push(error) });
  const bearer = `Bearer ${await issuer.token({ sub: "a" })}`;
  expect((await refusal(start()(bearer)))[0]).toBe("unavailable");
  expect(troubles).toHaveLength(1);
  isDown = false;
  const authenticate = start();
  expect((await authenticate(bearer)).subject).toBe("a");
  expect(await refusal(authenticate(`Bearer ${await createIssuer().token({ sub: "a" })}`))).toEqual([
    "unauthenticated",
    "invalid token",
  ]);
});

async function codeOf(work: () => Promise<unknown>): Promise<Code | "ok"> {
  try {
    await work();
    return "ok";
  } catch (error) {
    return ConnectError.from(error).code;
  }
}

test("each scope opens its calls and no others", async ({ expect }) => {
  const issuer = createIssuer();
  await using running = await startTestServer({ env: { JWT_PUBLIC_KEY: issuer.publicKey } });
  const jobId = "01890000-0000-7000-8000-000000000000";
  const calls: Readonly<Record<string, readonly [string, (clients: Clients) => Promise<unknown>]>> = {
    enqueueJob: ["submit", ({ jobs }) => jobs.enqueueJob({})],
    cancelJob: ["submit", ({ jobs }) => jobs.cancelJob({ jobId })],
    retryJob: ["submit", ({ jobs }) => jobs.retryJob({ jobId })],
    listJobs: ["read", ({ jobs }) => jobs.listJobs({})],
    getJob: ["read", ({ jobs }) => jobs.getJob({ jobId })],
    queueStats: ["read", ({ jobs }) => jobs.queueStats({})],
    streamJobEvents: ["read", ({ events }) => Array.fromAsync(events.streamJobEvents({ jobId }))],
    dequeueJob: ["work", ({ jobs }) => Array.fromAsync(jobs.dequeueJob({}))],
    updateJob: ["work", ({ jobs }) => jobs.updateJob({})],
    completeJob: ["work", ({ jobs }) => jobs.completeJob({})],
    releaseJob: ["work", ({ jobs }) => jobs.releaseJob({})],
    appendJobEvents: ["work", ({ events }) => events.appendJobEvents({ events: [{}] })],
    publishJobEvents: [
      "work",
      ({ events }) =>
        events.publishJobEvents(
          (async function* () {
            yield { events: [{}] };
          })(),
        ),
    ],
  };
  const open: Record<string, string[]> = {};
  for (const scope of ["submit", "work", "read", "read-secrets", "admin"]) {
    const clients = running.clients(await issuer.token({ sub: "a", scope }));
    for (const [name, [, call]] of Object.entries(calls)) {
      if ((await codeOf(() => call(clients))) !== Code.PermissionDenied) (open[name] ??= []).push(scope);
    }
  }
  expect(open).toEqual(
    Object.fromEntries(Object.entries(calls).map(([name, [scope]]) => [name, [scope, "admin"]])),
  );
  const stranger = running.clients();
  for (const [, call] of Object.values(calls))
    expect(await codeOf(() => call(stranger))).toBe(Code.Unauthenticated);
});

test("why a token was refused stands in the log, the token does not", async ({ expect }) => {
  const issuer = createIssuer();
  await using running = await startTestServer({ env: { JWT_PUBLIC_KEY: issuer.publicKey } });
  const token = await createIssuer().token({ sub: "mallory" });
  expect(await codeOf(() => running.clients(token).jobs.listJobs({}))).toBe(Code.Unauthenticated);
  const line = running.logs.records.find(({ msg }) => msg === "call ended");
  expect(line).toMatchObject({ level: "info", code: "unauthenticated", err: { code: "signature_invalid" } });
  expect(running.logs.text).not.toContain(token);
});
