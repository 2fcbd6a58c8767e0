// SPDX-License-Identifier: Apache-2.0
import { importPKCS8, SignJWT } from "jose";
import { test as base } from "vitest";
import { type LfxV1, rsaKeys, startLfxV1 } from "../src/lfx-v1/index.ts";

const clientId = "client-1";
const tenant = "https://tenant.auth0.com/";
const nowMs = Date.UTC(2026, 10, 21, 12);

const test = base.extend<{ platform: LfxV1 }>({
  // oxlint-disable-next-line no-empty-pattern -- vitest reads from the braces that this fixture needs no other
  platform: async ({}, use) => {
    const { publicKey } = await rsaKeys();
    await using platform = await startLfxV1({
      clientId,
      clientPublicKey: publicKey,
      assertionAudience: tenant,
      epochMs: () => clock.ms,
    });
    clock.ms = nowMs;
    platform.users.set("u 1", { Username: "jdoe", Email: "jane@example.org" });
    platform.organizations.set("001", { Name: "Example", Domains: "example.org" });
    await use(platform);
  },
});

const clock = { ms: nowMs };

interface Assertion {
  readonly claims?: Readonly<Record<string, string | number | undefined>>;
  readonly key?: string;
  readonly algorithm?: "RS256" | "PS256";
}

async function assertion({ claims, key = "default", algorithm = "RS256" }: Assertion = {}): Promise<string> {
  const { privateKey } = await rsaKeys(key);
  const now = nowMs / 1000;
  const complete = {
    iss: clientId,
    sub: clientId,
    aud: [tenant],
    jti: crypto.randomUUID(),
    iat: now,
    exp: now + 120,
    ...claims,
  };
  const given = Object.fromEntries(Object.entries(complete).filter(([, value]) => value !== undefined));
  return new SignJWT(given)
    .setProtectedHeader({ alg: algorithm })
    .sign(await importPKCS8(privateKey, algorithm));
}

interface TokenAnswer {
  readonly status: number;
  readonly access_token?: string;
  readonly expires_in?: number;
  readonly error?: string;
}

async function askToken(
  platform: LfxV1,
  fields: Readonly<Record<string, string | undefined>> = {},
): Promise<TokenAnswer> {
  const form = new URLSearchParams();
  const complete: Readonly<Record<string, string | undefined>> = {
    grant_type: "client_credentials",
    client_id: clientId,
    audience: platform.apiUrl,
    client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    client_assertion: fields["client_assertion"] ?? (await assertion()),
    ...fields,
  };
  for (const [name, value] of Object.entries(complete)) if (value !== undefined) form.set(name, value);
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  const response = await fetch(platform.tokenUrl, { method: "POST", headers, body: form.toString() });
  // The stand-in's own answer; every assertion is about what stands in it.
  const answer = (await response.json()) as Omit<TokenAnswer, "status">;
  return { ...answer, status: response.status };
}

async function askGateway(platform: LfxV1, path: string, token: string | undefined) {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(new URL(path, platform.apiUrl), { headers });
  return { status: response.status, body: await response.json() };
}

test("gives a token for a right assertion, and users and organizations for the token", async ({
  platform,
  expect,
}) => {
  const { access_token: token, expires_in } = await askToken(platform);
  expect(expires_in).toBe(86_400);
  for (const path of ["v1/users/u%201", "user-service/v1/users/u%201"]) {
    const { status, body } = await askGateway(platform, path, token);
    expect(status).toBe(200);
    expect(body).toMatchObject({ ID: "u 1", Username: "jdoe", Email: "jane@example.org", FirstName: "" });
  }
  const organization = await askGateway(platform, "organization-service/v1/orgs/001", token);
  expect(organization.body).toMatchObject({ ID: "001", Name: "Example", Domains: "example.org" });
  expect((await askGateway(platform, "v1/users/nobody", token)).status).toBe(404);
  expect(platform.requests("user", "u 1")).toBe(2);
  expect(platform.requests("user")).toBe(3);
  expect(platform.problems).toEqual([]);
});

test.for([
  ["another key", { key: "other" }, 401],
  ["another algorithm", { algorithm: "PS256" }, 401],
  ["another issuer", { claims: { iss: "client-2" } }, 401],
  ["another subject", { claims: { sub: "client-2" } }, 401],
  ["another audience", { claims: { aud: "https://other.auth0.com/" } }, 401],
  ["an end in the past", { claims: { exp: nowMs / 1000 - 10 } }, 401],
  ["no end", { claims: { exp: undefined } }, 401],
  ["a long life", { claims: { exp: nowMs / 1000 + 301 } }, 401],
  ["no identifier", { claims: { jti: undefined } }, 401],
  ["a beginning in the future", { claims: { iat: nowMs / 1000 + 60 } }, 401],
] as const)("refuses an assertion with %s", async ([, given, status], { platform, expect }) => {
  const answer = await askToken(platform, { client_assertion: await assertion(given) });
  expect(answer).toMatchObject({ status, error: "invalid_client" });
  expect(platform.problems).toHaveLength(1);
});

test("refuses an assertion the second time", async ({ platform, expect }) => {
  const client_assertion = await assertion();
  expect((await askToken(platform, { client_assertion })).status).toBe(200);
  expect((await askToken(platform, { client_assertion })).status).toBe(401);
});

test.for([
  ["without a grant type", { grant_type: undefined }, 400, "invalid_request"],
  ["of another grant", { grant_type: "password" }, 403, "unsupported_grant_type"],
  ["of another assertion type", { client_assertion_type: "jwt" }, 400, "invalid_request"],
  ["without an audience", { audience: undefined }, 400, "invalid_request"],
  ["for an API that is not there", { audience: "https://other.example/" }, 403, "access_denied"],
  ["of another client", { client_id: "client-2" }, 401, "invalid_client"],
  ["with a field more", { client_secret: "x" }, 400, "invalid_request"],
] as const)("refuses a form %s", async ([, fields, status, error], { platform, expect }) => {
  expect(await askToken(platform, fields)).toMatchObject({ status, error });
});

test("the gateway refuses tokens that are missing, foreign, expired, withdrawn or for another audience", async ({
  platform,
  expect,
}) => {
  const { access_token: token } = await askToken(platform);
  const status = async (shown: string | undefined) =>
    (await askGateway(platform, "v1/users/u%201", shown)).status;
  expect(await status(undefined)).toBe(401);
  expect(await status("abc")).toBe(401);
  expect(await status(token)).toBe(200);
  platform.audience = "https://other.example/";
  expect(await status(token)).toBe(401);
  platform.audience = platform.apiUrl;
  clock.ms += 86_400_000;
  expect(await status(token)).toBe(401);
  clock.ms -= 86_400_000;
  platform.withdrawTokens();
  expect(await status(token)).toBe(401);
});

test("the key set holds what it is told, and no private part", async ({ platform, expect }) => {
  const [one, other] = [await rsaKeys("one"), await rsaKeys("other")];
  platform.setKeys([
    { keyId: "a", publicKey: one.publicKey },
    { keyId: "b", publicKey: other.publicKey, algorithm: "RS256" },
  ]);
  const keys: unknown = await (await fetch(platform.jwksUrl)).json();
  expect(keys).toEqual({
    keys: [
      { kty: "RSA", n: expect.any(String), e: "AQAB", kid: "a", alg: "PS256", use: "sig" },
      { kty: "RSA", n: expect.any(String), e: "AQAB", kid: "b", alg: "RS256", use: "sig" },
    ],
  });
});

test("commits faults, once or until they are taken away", async ({ platform, expect }) => {
  const { access_token: token } = await askToken(platform);
  const headers = { authorization: `Bearer ${token}` };
  const ask = () => fetch(new URL("v1/users/u%201", platform.apiUrl), { headers });
  platform.faults.next("user", { kind: "status", status: 429, headers: { "retry-after": "7" } });
  const throttled = await ask();
  expect([throttled.status, throttled.headers.get("retry-after")]).toEqual([429, "7"]);
  platform.faults.next("user", { kind: "reset" }, { kind: "html" }, { kind: "malformed" });
  await expect(ask()).rejects.toThrow();
  expect(await (await ask()).text()).toMatch(/<html>/);
  await expect((await ask()).json()).rejects.toThrow(SyntaxError);
  platform.faults.set("user", { kind: "status", status: 503 });
  expect([(await ask()).status, (await ask()).status]).toEqual([503, 503]);
  platform.faults.set("user");
  expect((await ask()).status).toBe(200);
  platform.faults.next("user", { kind: "hang" });
  await expect(
    fetch(new URL("v1/users/u%201", platform.apiUrl), { headers, signal: AbortSignal.timeout(100) }),
  ).rejects.toThrow(/timeout|aborted/i);
  const { promise, resolve } = Promise.withResolvers<void>();
  platform.faults.next("user", { kind: "hold", until: promise });
  const held = ask();
  resolve();
  expect((await held).status).toBe(200);
});

test("a path with an id that was not encoded is a problem", async ({ platform, expect }) => {
  expect((await fetch(new URL("v1/users/a/b", platform.apiUrl))).status).toBe(404);
  expect(platform.problems).toEqual(["there is no GET /v1/users/a/b"]);
});
