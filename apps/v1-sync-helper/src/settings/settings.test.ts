// SPDX-License-Identifier: MIT
import { generateKeyPairSync } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SettingsError } from "@repo/service";
import { testDirectory } from "@repo/testkit";
import { test } from "vitest";
import { loadHealthAddress, loadNatsAddress, loadSyncSettings } from "./settings.ts";

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
const pkcs8 = rsa.export({ type: "pkcs8", format: "pem" }).toString();
const pkcs1 = rsa.export({ type: "pkcs1", format: "pem" }).toString();
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" })
  .privateKey.export({ type: "pkcs8", format: "pem" })
  .toString();
const short = generateKeyPairSync("rsa", { modulusLength: 1024 })
  .privateKey.export({ type: "pkcs8", format: "pem" })
  .toString();

const required = {
  NATS_URL: "nats://nats:4222",
  PROJECT_SERVICE_URL: "http://project-service:8080",
  HEIMDALL_PRIVATE_KEY: pkcs8,
  AUTH0_TENANT: "linuxfoundation-dev",
  AUTH0_CLIENT_ID: "client1",
  AUTH0_PRIVATE_KEY: pkcs1,
};

const keys = new Map([
  ["an EC key", ec],
  ["a short key", short],
  ["half a key", pkcs8.slice(0, 300)],
]);

type Env = Readonly<Record<string, string | undefined>>;

function problemOf(env: Env): string {
  try {
    loadSyncSettings({ ...required, ...env });
  } catch (error) {
    if (error instanceof SettingsError) return error.message;
    throw error;
  }
  return "";
}

const settingsOf = (env: Env) => loadSyncSettings({ ...required, ...env }).settings;

test("names every missing variable in one message, blank ones too", ({ expect }) => {
  const names = Object.keys(required);
  const blank = Object.fromEntries(names.map((name, index) => [name, index % 2 ? " " : undefined]));
  const message = problemOf(blank);
  for (const name of names) expect(message).toContain(name);
  expect(message).toMatch(/are required\.$/);
});

test("has the defaults of the README", ({ expect }) => {
  const { settings, warnings } = loadSyncSettings(required);
  expect(settings).toMatchObject({
    natsServers: "nats:4222",
    projectServiceUrl: "http://project-service:8080",
    committeeServiceUrl: undefined,
    gatewayUrl: "https://api-gw.dev.platform.linuxfoundation.org/",
    health: { host: "*", port: 8080 },
    isDebug: false,
    isHttpDebug: false,
    userCache: { ttlMs: 21_600_000, refreshMs: 600_000 },
    deletes: { policy: "delete", maxPerHour: 100 },
    allowlist: { projects: [], families: [] },
    maxInFlight: 100,
    buckets: {
      canCreate: true,
      objectsMaxBytes: 10_737_418_240,
      mappingsMaxBytes: 2_147_483_648,
      stateMaxBytes: 2_147_483_648,
      usersMaxBytes: 268_435_456,
    },
    claimMs: 60_000,
    requestTimeoutMs: 20_000,
    createSettleMs: 60_000,
    sweepIntervalMs: 3_600_000,
  });
  expect(settings.heimdall).toMatchObject({ clientId: "v1_sync_helper", keyId: undefined });
  expect(settings.heimdall.jwksUrl.href).toBe(
    "http://lfx-platform-heimdall.lfx.svc.cluster.local:4457/.well-known/jwks",
  );
  expect(settings.auth0.tokenUrl.href).toBe("https://linuxfoundation-dev.auth0.com/oauth/token");
  expect(warnings).toEqual(["COMMITTEE_SERVICE_URL is not set: committees and members are parked"]);
});

test.for([
  ["true", true],
  ["YES", true],
  ["t", true],
  ["Y", true],
  ["1", true],
  ["false", false],
  ["0", false],
  ["no", false],
  ["", false],
] as const)("reads DEBUG=%j as %j", ([text, isDebug], { expect }) => {
  expect(settingsOf({ DEBUG: text, HTTP_DEBUG: text })).toMatchObject({ isDebug, isHttpDebug: isDebug });
});

test("takes empty variables for unset ones, as Helm renders them", ({ expect }) => {
  const optional = [
    "COMMITTEE_SERVICE_URL",
    "HEIMDALL_KEY_ID",
    "PORT",
    "BIND",
    "MAX_IN_FLIGHT",
    "LFX_API_GW",
  ];
  expect(settingsOf(Object.fromEntries(optional.map((name) => [name, ""])))).toEqual(settingsOf({}));
});

test.for([
  ["NATS_URL", "http://nats:4222", /nats:\/\/nats:4222/],
  ["NATS_URL", " , ", /between commas/],
  ["NATS_URL", "nats://user:hunter2@", /between commas/],
  ["PROJECT_SERVICE_URL", "project-service:8080", /http:\/\//],
  ["PROJECT_SERVICE_URL", "http://user:hunter2@project-service", /user name or password/],
  ["COMMITTEE_SERVICE_URL", "http://committee-service/?v=1", /without \? and #/],
  ["HEIMDALL_CLIENT_ID", "a@clients", /without blanks, @/],
  ["HEIMDALL_JWKS_URL", "nowhere", /http/],
  ["AUTH0_TENANT", "https://linuxfoundation.auth0.com", /tenant's name alone/],
  ["AUTH0_TENANT", "linuxfoundation.auth0.com", /tenant's name alone/],
  ["AUTH0_CLIENT_ID", "a@clients", /without blanks and @/],
  ["AUTH0_TOKEN_URL", "token", /http/],
  ["LFX_API_GW", "api-gw.example", /http/],
  ["LFX_API_GW", "https://user:hunter2@api-gw.example/", /without user/],
  ["PORT", "65536", /65535/],
  ["BIND", "a b", /\* for all interfaces/],
  ["DEBUG", "perhaps", /true or false/],
  ["HTTP_DEBUG", "2", /true or false/],
  ["USER_CACHE_TTL_SECONDS", "6h", /whole number/],
  ["USER_CACHE_REFRESH_SECONDS", "30000", /USER_CACHE_TTL_SECONDS/],
  ["DELETE_POLICY", "keep", /delete or ignore/],
  ["MAX_DELETES_PER_HOUR", "-1", /from 0/],
  ["PROJECT_ALLOWLIST", "tlf, two words", /item 2/],
  ["PROJECT_FAMILY_ALLOWLIST", "9lives", /slugs/],
  ["MAX_IN_FLIGHT", "0", /from 1 to 1000/],
  ["CREATE_BUCKETS", "maybe", /true or false/],
  ["V1_OBJECTS_MAX_BYTES", "10Gi", /whole number/],
  ["V1_MAPPINGS_MAX_BYTES", "-2", /-1/],
  ["V1_SYNC_STATE_MAX_BYTES", "2GiB", /whole number/],
  ["V1_SYNC_USERS_MAX_BYTES", "-2", /-1/],
  ["CLAIM_SECONDS", "2", /from 3 to 600/],
  ["CLAIM_SECONDS", "40", /REQUEST_TIMEOUT_SECONDS must be below half of CLAIM_SECONDS/],
  ["REQUEST_TIMEOUT_SECONDS", "60", /from 1 to 59/],
  ["REQUEST_TIMEOUT_SECONDS", "30", /below half of CLAIM_SECONDS/],
  ["CREATE_SETTLE_SECONDS", "19", /REQUEST_TIMEOUT_SECONDS/],
  ["SWEEP_INTERVAL_SECONDS", "-1", /from 0/],
  [
    "HEIMDALL_PRIVATE_KEY",
    "an EC key",
    /HEIMDALL_PRIVATE_KEY is an EC key on curve P-256; PS256 needs an RSA key/,
  ],
  ["HEIMDALL_PRIVATE_KEY", "a short key", /1024 bits/],
  ["AUTH0_PRIVATE_KEY", "an EC key", /AUTH0_PRIVATE_KEY is an EC key on curve P-256; RS256 needs an RSA key/],
  ["AUTH0_PRIVATE_KEY", "hunter2", /AUTH0_PRIVATE_KEY/],
  ["AUTH0_PRIVATE_KEY", "half a key", /AUTH0_PRIVATE_KEY/],
] as const)("refuses %s=%j with a sentence, never with a secret", ([name, value, sentence], { expect }) => {
  const message = problemOf({ [name]: keys.get(value) ?? value });
  expect(message).toContain(name);
  expect(message).toMatch(sentence);
  expect(message).not.toContain("hunter2");
  expect(message).not.toContain(pkcs8.split("\n")[1]);
});

test("tells a broken rule across variables beside everything else that is wrong", ({ expect }) => {
  const message = problemOf({
    NATS_URL: "",
    PORT: "many",
    REQUEST_TIMEOUT_SECONDS: "30",
    CREATE_SETTLE_SECONDS: "10",
    HEIMDALL_PRIVATE_KEY: ec,
    AUTH0_PRIVATE_KEY: "",
  });
  for (const name of [
    "NATS_URL",
    "PORT must",
    "REQUEST_TIMEOUT_SECONDS must be below half",
    "CREATE_SETTLE_SECONDS must not be below",
    "HEIMDALL_PRIVATE_KEY is an EC key",
    "AUTH0_PRIVATE_KEY",
  ])
    expect(message).toContain(name);
});

test("reads keys out of files, and keeps their text for the log's redaction", async ({ expect }) => {
  await using directory = await testDirectory();
  const path = join(directory.path, "signer.pem");
  await writeFile(path, pkcs1);
  const env = { ...required, HEIMDALL_PRIVATE_KEY: undefined, HEIMDALL_PRIVATE_KEY_FILE: path };
  const { settings, secrets, hidden } = loadSyncSettings(env);
  expect(secrets.heimdallPrivateKey).toBe(pkcs1.trimEnd());
  expect(hidden).toEqual([secrets.heimdallPrivateKey, secrets.auth0PrivateKey]);
  expect(JSON.stringify(settings)).not.toContain(pkcs1.split("\n")[1]);
});

test("LFX_API_GW stays as typed, since that is the audience too", ({ expect }) => {
  expect(settingsOf({ LFX_API_GW: "https://gw.example/v" }).gatewayUrl).toBe("https://gw.example/v");
});

test("keeps the path of a service and drops the slash behind it", ({ expect }) => {
  expect(settingsOf({ PROJECT_SERVICE_URL: "http://gw/projects-v2/" }).projectServiceUrl).toBe(
    "http://gw/projects-v2",
  );
  expect(settingsOf({ PROJECT_ALLOWLIST: "TLF, lfprojects" }).allowlist.projects).toEqual([
    "tlf",
    "lfprojects",
  ]);
});

test("NATS_URL may hold credentials, which no line shows", ({ expect }) => {
  const { settings, secrets, hidden } = loadSyncSettings({
    ...required,
    NATS_URL: "nats://u:hunter2@a:4223, b",
  });
  expect(settings.natsServers).toBe("a:4223, b:4222");
  expect(secrets.natsUrl).toContain("hunter2");
  expect(hidden).toContain("hunter2");
  expect(JSON.stringify(settings)).not.toContain("hunter2");
});

test("commands on the state need NATS_URL alone, the probe nothing", ({ expect }) => {
  expect(loadNatsAddress({ NATS_URL: "nats://n" }).shown).toBe("n:4222");
  expect(() => loadNatsAddress({})).toThrow(/NATS_URL is required/);
  expect(loadHealthAddress({ PORT: "9090" })).toEqual({ host: "*", port: 9090 });
});
