// SPDX-License-Identifier: Apache-2.0
// What makes the commands work on one machine without keys, tokens or flags.
import { chmod, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { testDirectory } from "@repo/testkit";
import { runExecutable } from "@repo/testkit/process";
import { test } from "vitest";
import { localToken } from "../src/client/local-token.ts";
import { createAuthenticator } from "../src/server/auth/authenticator.ts";
import { ensureLocalKey } from "../src/server/auth/local-key.ts";
import { requireBundle } from "./support/airunner.ts";

const anyone = { issuer: undefined, audience: undefined };

test("a client of the same user signs what the server takes, with a key that only the user may read", async ({
  expect,
}) => {
  await using directory = await testDirectory();
  const folder = join(directory.path, "not", "there", "yet");
  expect(localToken(folder)).toBeUndefined();
  const keys = await ensureLocalKey(folder);
  expect((await stat(join(folder, "token-key.pem"))).mode & 0o777).toBe(0o600);
  const token = await localToken(folder)?.();
  const caller = await createAuthenticator({ kind: "keys", keys, ...anyone })(`Bearer ${token}`);
  expect(caller.subject).not.toBe("");
  expect(caller.scopes).toContain("admin");
  // A restart keeps the key, and so the clients.
  expect(await ensureLocalKey(folder)).toBe(keys);
});

test("servers that start at once agree on one key", async ({ expect }) => {
  await using directory = await testDirectory();
  const keys = await Promise.all(Array.from({ length: 8 }, () => ensureLocalKey(directory.path)));
  expect(new Set(keys).size).toBe(1);
});

test("a key that cannot be used is named, by the server and by its clients", async ({ expect }) => {
  await using directory = await testDirectory();
  const path = join(directory.path, "token-key.pem");
  await writeFile(path, "no key at all");
  await chmod(path, 0o600);
  await expect(ensureLocalKey(directory.path)).rejects.toThrow(/token-key\.pem, cannot be used .*remove it/);
  expect(() => localToken(directory.path)).toThrow(/token-key\.pem, cannot be used .*give --token/);
});

test("the programs alone find each other: certificate, key and token need no flag", async ({ expect }) => {
  await using directory = await testDirectory();
  const env = { HOME: directory.path, AIRUNNER_LISTEN: "127.0.0.1:0", AIRUNNER_HEALTH_LISTEN: "off" };
  await using server = await runExecutable({ file: requireBundle("airunner-server"), env });
  const line = await server.stdout.waitForLine((text) => text.includes('"msg":"serving"'));
  const { url, auth } = JSON.parse(line);
  expect(auth).toBe("local");
  const cli = (home: string, ...args: string[]) =>
    runExecutable({
      file: requireBundle("airunner-cli"),
      args: [...args, `--server=${url}`],
      env: { HOME: home, AIRUNNER_CA_CERT: join(directory.path, ".config/airunner/certificates/ca.pem") },
    });
  await using submit = await cli(directory.path, "submit", "--monitor=false", "--command=true");
  expect((await submit.waitForExit()).code).toBe(0);
  // Another user has no key to sign with.
  await using stranger = await cli("/nonexistent", "list");
  expect((await stranger.waitForExit()).code).toBe(77);
  expect(stranger.stderr.text).toMatch(/wants a token/);
  const secret = await readFile(join(directory.path, ".config/airunner/certificates/token-key.pem"), "utf8");
  expect(server.stdout.text).not.toContain(secret.split("\n")[1]);
});
