// SPDX-License-Identifier: MIT
import { generateKeyPairSync } from "node:crypto";
import { join } from "node:path";
import { freePort } from "@repo/testkit";
import { runExecutable } from "@repo/testkit/process";
import { request } from "undici";
import { expect, test } from "vitest";

const bundle = join(import.meta.dirname, "../../dist/v1-sync-helper.mjs");

async function run(env: Readonly<Record<string, string>>, args: readonly string[] = []) {
  await using program = await runExecutable({ file: bundle, args, env });
  // What begins to serve would never end.
  void program.stdout.waitForLine(/"started"/).then(
    () => program.kill("SIGKILL"),
    () => {},
  );
  const { code } = await program.waitForExit();
  return { code, stdout: program.stdout.text, stderr: program.stderr.text };
}

const privateKey = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({
  type: "pkcs8",
  format: "pem",
});
const smallKey = generateKeyPairSync("rsa", { modulusLength: 512 }).privateKey.export({
  type: "pkcs8",
  format: "pem",
});
const ellipticKey = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({
  type: "pkcs8",
  format: "pem",
});

const good: Readonly<Record<string, string>> = {
  NATS_URL: "nats://127.0.0.1:9",
  PROJECT_SERVICE_URL: "http://127.0.0.1:9",
  HEIMDALL_PRIVATE_KEY: String(privateKey),
  AUTH0_TENANT: "testing",
  AUTH0_CLIENT_ID: "client1",
  AUTH0_PRIVATE_KEY: String(privateKey),
};

/** Nothing in any of them may be shown, since nobody knows where a secret was pasted by mistake. */
const hidden = "hunter2";
const malformed: Readonly<Record<string, readonly string[]>> = {
  NATS_URL: [
    `nats://user:${hidden}@`,
    `http://${hidden}`,
    `nats://a:${hidden}@b:4222,ftp://c`,
    `::${hidden}`,
  ],
  PROJECT_SERVICE_URL: [hidden, `ftp://${hidden}`, `http://x/?token=${hidden}`, `http://x/#${hidden}`],
  COMMITTEE_SERVICE_URL: [hidden, `file:///${hidden}`],
  HEIMDALL_CLIENT_ID: [`a ${hidden}`, `a@${hidden}`],
  HEIMDALL_JWKS_URL: [hidden],
  HEIMDALL_PRIVATE_KEY: [
    hidden,
    `-----BEGIN PRIVATE KEY-----\n${hidden}\n-----END PRIVATE KEY-----`,
    String(smallKey),
    String(ellipticKey),
  ],
  AUTH0_TENANT: [`https://${hidden}.auth0.com`, `${hidden}/`, `${hidden}.example.evil.org`],
  AUTH0_CLIENT_ID: [`a ${hidden}`, `${hidden}@clients`],
  AUTH0_PRIVATE_KEY: [hidden, String(ellipticKey)],
  AUTH0_TOKEN_URL: [hidden],
  LFX_API_GW: [hidden, `ftp://${hidden}`],
  PORT: [hidden, "0x50", "70000", "-1", "80.5", "8080 9090"],
  BIND: [`${hidden} x`, "http://0.0.0.0"],
  DEBUG: [hidden, "2"],
  HTTP_DEBUG: [hidden],
  USER_CACHE_TTL_SECONDS: [hidden, "0", "1e3", "-5"],
  USER_CACHE_REFRESH_SECONDS: [hidden, "0"],
  DELETE_POLICY: [hidden, "remove"],
  MAX_DELETES_PER_HOUR: [hidden, "-1", "1.5", "Infinity"],
  PROJECT_ALLOWLIST: [`${hidden}!`],
  PROJECT_FAMILY_ALLOWLIST: [`a,,${hidden} b`],
  MAX_IN_FLIGHT: [hidden, "0", "1001"],
  CREATE_BUCKETS: [hidden],
  V1_OBJECTS_MAX_BYTES: [hidden, "10GiB"],
  V1_MAPPINGS_MAX_BYTES: [hidden],
  V1_SYNC_STATE_MAX_BYTES: [hidden],
  V1_SYNC_USERS_MAX_BYTES: [hidden],
  CLAIM_SECONDS: [hidden, "2", "601"],
  REQUEST_TIMEOUT_SECONDS: [hidden, "60", "0"],
  CREATE_SETTLE_SECONDS: [hidden, "0"],
  SWEEP_INTERVAL_SECONDS: [hidden, "-1"],
};

/** The variables that a message complains about. */
function blamed(stderr: string): readonly string[] {
  return Object.keys(malformed).filter((name) => new RegExp(`(?<![A-Z_])${name}(?![A-Z_])`).test(stderr));
}

test("every malformed variable is named in one message, and no value is shown", async () => {
  const env = Object.fromEntries(Object.entries(malformed).map(([name, [first = ""]]) => [name, first]));
  const { code, stdout, stderr } = await run(env);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(blamed(stderr)).toEqual(Object.keys(malformed));
  expect(stderr).not.toContain(hidden);
});

test("every malformed value of every variable is refused by itself", async () => {
  const cases = Object.entries(malformed).flatMap(([name, values]) =>
    values.map((value) => ({ name, value })),
  );
  const failures: string[] = [];
  const check = async ({ name, value }: { name: string; value: string }): Promise<void> => {
    const { code, stderr } = await run({ ...good, [name]: value }, ["serve"]);
    const isRight =
      code === 2 &&
      blamed(stderr)[0] === name &&
      !stderr.includes(hidden) &&
      !stderr.includes("PRIVATE KEY-");
    if (!isRight) failures.push(`${name}=${value.slice(0, 60)}: ${code} ${stderr}`);
  };
  for (let at = 0; at < cases.length; at += 4) await Promise.all(cases.slice(at, at + 4).map(check));
  expect(failures).toEqual([]);
});

test("every required variable that is missing, empty or blank is named at once", async () => {
  const required = Object.keys(good);
  for (const text of [undefined, "", "  "]) {
    const env = text === undefined ? {} : Object.fromEntries(required.map((name) => [name, text]));
    const { code, stderr } = await run(env);
    expect({
      text,
      code,
      blamed: blamed(stderr)
        .filter((name) => required.includes(name))
        .toSorted(),
    }).toEqual({
      text,
      code: 2,
      blamed: required.toSorted(),
    });
  }
});

test("flags win over variables, and empty variables are unset ones", async () => {
  const port = String(await freePort());
  const empty = Object.fromEntries(Object.keys(malformed).map((name) => [name, ""]));
  await using serve = await runExecutable({
    file: bundle,
    args: ["-d", "-p", port, "-bind", "127.0.0.1"],
    env: { ...empty, ...good, PORT: "1", BIND: "192.0.2.1", DEBUG: "false" },
  });
  await serve.stdout.waitForLine(/"started"/);
  const { statusCode, body } = await request(`http://127.0.0.1:${port}/livez`);
  expect({ statusCode, body: await body.text() }).toEqual({ statusCode: 200, body: "OK\n" });
  serve.kill("SIGTERM");
  expect((await serve.waitForExit()).code).toBe(0);
});

test("a wrong flag is blamed by its own name, beside variables", async () => {
  const { code, stderr } = await run({ ...good, MAX_IN_FLIGHT: hidden }, ["-p", "many"]);
  expect(code).toBe(2);
  expect(stderr).toContain("-p");
  expect(stderr).toContain("MAX_IN_FLIGHT");
  expect(stderr).not.toContain(hidden);
});
