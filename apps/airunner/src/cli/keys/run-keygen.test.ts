// SPDX-License-Identifier: Apache-2.0
import { createPrivateKey, createPublicKey } from "node:crypto";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { testDirectory } from "@repo/testkit";
import { test } from "vitest";
import type { CliContext, Output } from "../context.ts";
import { runKeygen } from "./run-keygen.ts";

function memory(): { readonly context: CliContext; readonly text: () => string } {
  let text = "";
  const output: Output = {
    isTty: false,
    terminal: undefined,
    async write(data) {
      text += Buffer.from(data).toString();
    },
  };
  const { signal } = new AbortController();
  const context = {
    env: {},
    stdout: output,
    stderr: output,
    isInteractive: false,
    interrupted: () => signal,
    exitWith: () => undefined,
  };
  return { context, text: () => text };
}

test("writes a pair that belongs together, the private half for its owner alone, and says what to do", async ({
  expect,
}) => {
  await using directory = await testDirectory();
  const { context, text } = memory();
  const out = join(directory.path, "new/folder");
  await runKeygen({ out }, context);
  const [secret, open] = [join(out, "private.pem"), join(out, "public.pem")];
  expect(statSync(secret).mode & 0o777).toBe(0o600);
  const derived = createPublicKey(createPrivateKey(readFileSync(secret))).export({
    type: "spki",
    format: "pem",
  });
  expect(derived).toBe(readFileSync(open, "utf8"));
  expect(text()).toContain(`JWT_PUBLIC_KEY="$(cat ${open})" airunner-server`);
  expect(text()).toContain(`--signing-key=${secret}`);
  expect(text()).not.toContain("PRIVATE KEY");
});

test.for(["private.pem", "public.pem"])(
  "leaves everything as it is where %s exists",
  async (name, { expect }) => {
    await using directory = await testDirectory();
    const path = join(directory.path, name);
    writeFileSync(path, "mine");
    await expect(runKeygen({ out: directory.path }, memory().context)).rejects.toMatchObject({
      code: "bad_setting",
      message: `${path} is there already and is not written over; remove it, or give another folder by --out`,
    });
    expect(readFileSync(path, "utf8")).toBe("mine");
    expect(existsSync(join(directory.path, name === "private.pem" ? "public.pem" : "private.pem"))).toBe(
      false,
    );
  },
);

test("prints both with --stdout and writes nothing", async ({ expect }) => {
  await using directory = await testDirectory();
  const { context, text } = memory();
  await runKeygen({ out: directory.path, stdout: true }, context);
  expect(text()).toMatch(
    /^-----BEGIN PRIVATE KEY-----[^]*-----BEGIN PUBLIC KEY-----[^]*-----END PUBLIC KEY-----\n$/,
  );
  expect(existsSync(join(directory.path, "private.pem"))).toBe(false);
});
