// SPDX-License-Identifier: Apache-2.0
// What people type and set, and what the server makes of it.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SettingsError } from "@repo/service";
import { testDirectory } from "@repo/testkit";
import { test } from "vitest";
import { parseCommandLine } from "../../src/server/settings/command-line.ts";
import { flags } from "../../src/server/settings/flags.ts";
import { secretsSchema, settingsSchema } from "../../src/server/settings/schema.ts";
import { loadServerSettings } from "../../src/server/settings/settings.ts";

type Environment = Readonly<Record<string, string>>;

const key = "-----BEGIN PUBLIC KEY-----\\nMFkw\\n-----END PUBLIC KEY-----";

function load(args: readonly string[], env: Environment = {}) {
  const command = parseCommandLine(args, env);
  if (command.kind !== "serve") throw new TypeError(`${args.join(" ")} does not serve`);
  return loadServerSettings(command.env);
}

/** The sentence that a person would see. */
function complaint(args: readonly string[], env: Environment = {}): string {
  const command = parseCommandLine(args, env);
  if (command.kind !== "serve") throw new TypeError(`${args.join(" ")} does not serve`);
  try {
    loadServerSettings(command.env);
  } catch (error) {
    if (error instanceof SettingsError) return command.explain(error);
    throw error;
  }
  throw new TypeError(`${args.join(" ")} was accepted`);
}

test("with no-auth alone it is the server of the brief: localhost:8080, TLS made here, memory", ({
  expect,
}) => {
  const { settings, tokenSecrets, warnings } = load(["--no-auth"], { HOME: "/home/u" });
  expect(settings).toEqual({
    listen: { host: "localhost", port: 8080 },
    health: { host: "127.0.0.1", port: 8081 },
    tls: { kind: "folder", folder: "/home/u/.config/airunner/certificates", name: undefined },
    auth: { kind: "none" },
    store: {
      type: "memory",
      retentionMs: 30 * 86_400_000,
      eventBytesInMemory: 128 * 1_048_576,
      maxEventBytes: 8192 * 1_048_576,
      maxUnfinishedJobs: 100_000,
      maxFinishedJobs: 20_000,
    },
    corsOrigins: [],
    execution: {
      flushIntervalSeconds: 2,
      maxBatchSize: 50,
      maxBatchBytes: 262_144,
      playbackIntervalMs: 50,
      heartbeatIntervalSeconds: 30,
      outputFlushIntervalMs: 100,
    },
    defaultLeaseSeconds: 300,
    drainMs: 20_000,
    logLevel: "info",
  });
  expect(tokenSecrets).toEqual([]);
  expect(warnings).toEqual([expect.stringContaining("authentication is off")]);
});

test("takes the size of batches that the Go program sent, and uses what a store keeps", ({ expect }) => {
  const { settings, warnings } = load(["--no-auth", "--execution-batch-max-bytes=1048576"]);
  expect(settings.execution.maxBatchBytes).toBe(262_144);
  expect(warnings).toContainEqual(expect.stringContaining("AIRUNNER_EXEC_BATCH_MAX_BYTES"));
});

test("takes every flag of the Go program, before and after its command", ({ expect }) => {
  const typed = [
    "--dev rpc-server --listen localhost:8993 --cert=c.pem --key k.pem --hostname localhost:8993",
    `--store-type memory --default-visibility-timeout 120 --events-ttl-days=7 --token-signing-secret ${"s".repeat(32)}`,
    "--execution-batch-flush-interval 3 --execution-batch-max-size 10 --execution-batch-max-bytes 131072",
    "--execution-playback-interval 20 --execution-heartbeat-interval 15",
    "--sqs-queue-default https://sqs.example/default --sqs-queue-priority https://sqs.example/priority",
    "--dynamo-db-jobs-table jobs --dynamo-db-events-table events --jwt-public-key",
  ];
  const { settings, tokenSecrets } = load([...typed.flatMap((line) => line.split(" ")), key]);
  expect(settings).toMatchObject({
    listen: { host: "localhost", port: 8993 },
    tls: { kind: "files", cert: "c.pem", key: "k.pem" },
    auth: { kind: "keys", keys: key },
    store: { type: "memory", retentionMs: 7 * 86_400_000 },
    corsOrigins: ["https://localhost:8993"],
    execution: {
      flushIntervalSeconds: 3,
      maxBatchSize: 10,
      maxBatchBytes: 131_072,
      heartbeatIntervalSeconds: 15,
    },
    defaultLeaseSeconds: 120,
    logLevel: "debug",
  });
  expect(tokenSecrets).toEqual(["s".repeat(32)]);
});

test("every flag sets a variable that exists, and no name stands for two", ({ expect }) => {
  const variables = new Set([...Object.keys(settingsSchema.shape), ...Object.keys(secretsSchema.shape)]);
  expect(flags.map(({ variable }) => variable).filter((variable) => !variables.has(variable))).toEqual([]);
  const names = flags.flatMap(({ name, aliases = [] }) => [name, ...aliases]);
  expect(new Set(names).size).toBe(names.length);
});

test("a flag wins over its variable and over its file", ({ expect }) => {
  const env = { AIRUNNER_LISTEN: "localhost:1", JWT_PUBLIC_KEY_FILE: "/nowhere", AIRUNNER_STORE_TYPE: "sqs" };
  const { settings } = load(["--listen", "127.0.0.1:2", "--jwt-public-key", key, "--store", "memory"], env);
  expect(settings.listen).toEqual({ host: "127.0.0.1", port: 2 });
  expect(settings.store.type).toBe("memory");
});

test("takes the variables of the Go program, and keys out of a file", async ({ expect }) => {
  await using directory = await testDirectory();
  const file = join(directory.path, "key.pem");
  await writeFile(file, `${key}\n`);
  const env = {
    JWT_PUBLIC_KEY_FILE: file,
    AIRUNNER_STORE_TYPE: "memory",
    AIRUNNER_EXEC_BATCH_MAX_SIZE: "7",
    AIRUNNER_JWT_ISSUER: "airunner",
    AIRUNNER_JWT_AUDIENCE: "a, b",
  };
  const { settings } = load([], env);
  expect(settings.auth).toEqual({ kind: "keys", keys: key, issuer: "airunner", audience: ["a", "b"] });
  expect(settings.execution.maxBatchSize).toBe(7);
});

test("keeps former token secrets behind the current one", ({ expect }) => {
  const [one, two, three] = ["1".repeat(32), "2".repeat(32), "3".repeat(32)];
  const env = {
    AIRUNNER_TOKEN_SIGNING_SECRET: one,
    AIRUNNER_TOKEN_SIGNING_SECRETS_PREVIOUS: `${two},\n${three} ${one}`,
  };
  expect(load(["--no-auth"], env).tokenSecrets).toEqual([one, two, three]);
});

test.for([
  ["localhost:8080", { host: "localhost", port: 8080 }],
  ["0.0.0.0:0", { host: "0.0.0.0", port: 0 }],
  [":8080", { host: "*", port: 8080 }],
  ["*:8080", { host: "*", port: 8080 }],
  ["[::1]:8080", { host: "::1", port: 8080 }],
] as const)("listens on %s", ([text, address], { expect }) => {
  expect(load(["--no-auth", "--listen", text], { AIRUNNER_ALLOW_INSECURE: "true" }).settings.listen).toEqual(
    address,
  );
});

test("health endpoints can be elsewhere, or off", ({ expect }) => {
  expect(load(["--no-auth", "--health-listen", "*:9000"]).settings.health).toEqual({ host: "*", port: 9000 });
  expect(load(["--no-auth"], { AIRUNNER_HEALTH_LISTEN: "off" }).settings.health).toBeUndefined();
});

test("a data directory means the sqlite store", ({ expect }) => {
  expect(load(["--no-auth", "--data-dir", "/var/lib/airunner"]).settings.store).toMatchObject({
    type: "sqlite",
    dataDir: "/var/lib/airunner",
  });
});

test.for([
  [["--no-auth", "--listen", "8080"], {}, /^airunner-server cannot start: --listen must be HOST:PORT/],
  [["--no-auth", "--listen", "localhost:99999"], {}, /--listen must be HOST:PORT/],
  [["--no-auth", "--listen", "[localhost]:80"], {}, /--listen must be HOST:PORT/],
  [["--no-auth", "--listen", "1.2.3:80"], {}, /--listen must be HOST:PORT/],
  [["--no-auth"], { AIRUNNER_LISTEN: "nowhere" }, /AIRUNNER_LISTEN must be HOST:PORT/],
  [["--no-auth", "--health-listen", "x"], {}, /--health-listen must be HOST:PORT.*, or off/],
  [["--no-auth", "--store-type", "mysql"], {}, /--store-type must be memory, sqlite or sqs/],
  [["--no-auth", "--store", "memory", "--data-dir", "d"], {}, /--data-dir is for the sqlite store/],
  [["--no-auth", "--store", "sqs"], {}, /AIRUNNER_TOKEN_SIGNING_SECRET is required with the store sqs/],
  [["--no-auth", "--cert", "c.pem"], {}, /AIRUNNER_KEY is required with a certificate/],
  [["--no-auth", "--key", "c.pem"], {}, /AIRUNNER_CERT is required with a key/],
  [
    ["--no-auth", "--no-tls", "--cert", "c.pem", "--key", "k"],
    {},
    /--no-tls must not be set beside a certificate/,
  ],
  [["--no-auth", "--hostname", "https://x"], {}, /--hostname must be a host name/],
  [
    ["--no-auth", "--cors-origin", "ci.example.com"],
    {},
    /--cors-origin must list origins .*https:\/\/ci\.example\.com/,
  ],
  [["--no-auth", "--cors-origin", "https://x/path"], {}, /--cors-origin must list origins/],
  [
    ["--no-auth", "--token-signing-secret", "short"],
    {},
    /--token-signing-secret must have at least 32 bytes/,
  ],
  [
    ["--no-auth"],
    { AIRUNNER_TOKEN_SIGNING_SECRETS_PREVIOUS: `${"a".repeat(32)},b` },
    /SECRETS_PREVIOUS must have at least 32/,
  ],
  [["--no-auth", "--drain-timeout", "20"], {}, /--drain-timeout must be a duration such as 30s/],
  [["--no-auth", "--default-visibility-timeout", "0"], {}, /must be a whole number from 1 to 43200/],
  [["--no-auth", "--log-level", "loud"], {}, /--log-level must be debug, info, warn or error/],
  [["--no-auth"], { AIRUNNER_NO_TLS: "maybe" }, /AIRUNNER_NO_TLS must be true or false/],
  [["--jwks-url", "keys"], {}, /--jwks-url must be a URL/],
  [
    ["--jwks-url", "https://x/k"],
    { JWT_PUBLIC_KEY: key },
    /--jwks-url must not be set beside JWT_PUBLIC_KEY/,
  ],
  [
    [],
    { JWT_PUBLIC_KEY_FILE: "/nowhere" },
    /JWT_PUBLIC_KEY_FILE names a file that cannot be read: \/nowhere/,
  ],
  [
    ["--listen", "*:8080"],
    {},
    /callers from other machines cannot be authenticated: set JWT_PUBLIC_KEY .* or listen on localhost/,
  ],
] as const)("refuses %j with %j", ([args, env, sentence], { expect }) => {
  const text = complaint([...args], env);
  expect(text).toMatch(sentence);
  expect(text).not.toContain("\n");
});

test("names all that is wrong at once", ({ expect }) => {
  const text = complaint(["--listen", "x", "--log-level", "y"], { AIRUNNER_EVENTS_TTL_DAYS: "z" });
  expect(text).toMatch(/--listen .*; .*AIRUNNER_EVENTS_TTL_DAYS .*; .*--log-level /);
});

test.for(["0.0.0.0:8080", "*:8080", "192.0.2.1:8080", "runner.example.com:8080", "[::]:8080"])(
  "refuses to be open to everybody on %s, and says why",
  (listen, { expect }) => {
    expect(complaint(["--no-auth", "--listen", listen])).toMatch(
      /--no-auth is refused where other machines reach the port, since everybody could run commands .* AIRUNNER_ALLOW_INSECURE=true/,
    );
    expect(() => load(["--no-auth", "--listen", listen], { AIRUNNER_ALLOW_INSECURE: "true" })).not.toThrow();
  },
);

test.for(["localhost:1", "127.0.0.1:1", "127.1.2.3:1", "[::1]:1"])(
  "no-auth is fine on %s",
  (listen, { expect }) => {
    expect(() => load(["--no-auth", "--listen", listen])).not.toThrow();
  },
);

test.for([
  [["--listne", "x"], "unknown option '--listne' (did you mean --listen?); run \"airunner-server --help\"."],
  [
    ["--token-signing-secrt=hunter2hunter2"],
    "unknown option '--token-signing-secrt'; run \"airunner-server --help\".",
  ],
  [["--listen"], "option '--listen <HOST:PORT>' argument missing; run \"airunner-server --help\"."],
  [["--listen", ""], "--listen has an empty value; leave it out or give it one."],
  [["start"], 'airunner-server does not know the command "start"; run "airunner-server --help".'],
  [["cert", "--nme", "x"], "unknown option '--nme' (did you mean --name?); run \"airunner-server --help\"."],
] as const)("%j is a mistake", ([args, sentence], { expect }) => {
  expect(() => parseCommandLine([...args], {})).toThrow(sentence);
});

test("cert takes names, a folder and force", ({ expect }) => {
  expect(parseCommandLine(["cert", "--name", "a,b", "--hostname", "c", "--dir", "d", "--force"], {})).toEqual(
    {
      kind: "cert",
      folder: "d",
      names: ["a", "b", "c"],
      isForced: true,
    },
  );
});

test("help names every flag and every variable", ({ expect }) => {
  const command = parseCommandLine(["--help"], {});
  const text = command.kind === "help" ? command.text : "";
  for (const { name } of flags) expect(text).toContain(`  ${name}`);
  for (const name of [...Object.keys(settingsSchema.shape), ...Object.keys(secretsSchema.shape)]) {
    expect(text).toContain(name);
  }
});
