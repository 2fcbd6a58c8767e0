// SPDX-License-Identifier: MIT

import { freePort } from "@repo/testkit";
import { runExecutable } from "@repo/testkit/process";
import { describe, test } from "vitest";
import { requireBundle } from "../support/bundle.ts";

async function run(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  await using program = await runExecutable({ file: requireBundle(), args, env });
  const { code } = await program.waitForExit();
  return { code, stdout: program.stdout.text, stderr: program.stderr.text };
}

describe("help", () => {
  test("names every command, examples and exit codes", async ({ expect }) => {
    const { code, stdout } = await run(["--help"]);
    expect(code).toBe(0);
    for (const name of ["serve", "status", "explain", "dlq", "replay", "resync", "check-config", "probe"])
      expect(stdout).toMatch(new RegExp(`^  ${name} `, "m"));
    expect(stdout).toContain("Examples:");
    expect(stdout).toContain("Exit codes:");
  });

  test.for(["serve", "status", "explain", "dlq", "replay", "resync"])(
    "of %s has examples that begin with the program's name",
    async (name, { expect }) => {
      const { code, stdout } = await run([name, "--help"]);
      expect(code).toBe(0);
      expect(stdout).toMatch(/Examples:\n {2}v1-sync-helper/);
    },
  );

  test("the version is one line", async ({ expect }) => {
    const { code, stdout } = await run(["--version"]);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^v1-sync-helper \d+\.\d+\.\d+\n$/),
    });
  });
});

describe("a wrong command line is one sentence and exit code 2", () => {
  test.for([
    [["nope"], /there is no command "nope"; there are serve, status/],
    [["dlq"], /expected one of list, show, retry, drop/],
    [["status", "--intervall", "1s"], /unknown option '--intervall' \(did you mean --interval\?\)/],
    [["status", "--interval", "1"], /duration/],
    [["explain"], /missing required argument 'key'/],
    [["replay", "--type", "meeting"], /project, committee, member/],
    [["replay", "--since", "yesterday"], /2h/],
    [["serve", "more"], /too many arguments/],
  ] as const)("%j", async ([args, sentence], { expect }) => {
    const { code, stdout, stderr } = await run(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(sentence);
    expect(stderr.trimEnd()).not.toContain("\n");
  });
});

describe("a wrong environment", () => {
  test("is told in one message before anything starts", async ({ expect }) => {
    const { code, stdout, stderr } = await run([], { PORT: "many", AUTH0_PRIVATE_KEY: "hunter2" });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    for (const name of [
      "NATS_URL",
      "PROJECT_SERVICE_URL",
      "HEIMDALL_PRIVATE_KEY",
      "AUTH0_TENANT",
      "PORT",
      "AUTH0_PRIVATE_KEY",
    ])
      expect(stderr).toContain(name);
    expect(stderr).not.toContain("hunter2");
    expect(stderr.trimEnd()).not.toContain("\n");
  });

  test("blames a flag where the flag is wrong", async ({ expect }) => {
    const { stderr } = await run(["-p", "many", "-bind", "a b"]);
    expect(stderr).toMatch(/-p must be a whole number/);
    expect(stderr).toMatch(/-bind must be a host name/);
  });

  test("commands on the state need NATS_URL, and say when NATS is not there", async ({ expect }) => {
    expect(await run(["dlq", "list"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("NATS_URL is required"),
    });
    const { code, stderr } = await run(["dlq", "list"], {
      NATS_URL: `nats://u:hunter2@127.0.0.1:${await freePort()}`,
    });
    expect(code).toBe(4);
    expect(stderr).toMatch(/NATS at 127\.0\.0\.1:\d+/);
    expect(stderr).not.toContain("hunter2");
  });

  test("a probe without a service is exit code 3", async ({ expect }) => {
    const port = String(await freePort());
    expect(await run(["probe"], { PORT: port })).toMatchObject({
      code: 3,
      stderr: expect.stringContaining(port),
    });
  });
});
