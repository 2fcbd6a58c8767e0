// SPDX-License-Identifier: Apache-2.0
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { testDirectory } from "@repo/testkit";
import { test } from "vitest";
import { createJobEnvironment } from "../../src/worker/process/environment.ts";
import type { ProcessErrorCode, ProcessSpec } from "../../src/worker/process/process.ts";
import { modes, openFiles, start, zombies } from "./process-harness.ts";

type Failing = readonly [
  what: string,
  command: string,
  args: readonly string[],
  overrides: Partial<ProcessSpec>,
  code: ProcessErrorCode,
  message: RegExp,
];

const big = "x".repeat(131_072);
const failing: readonly Failing[] = [
  [
    "a command that is nowhere",
    "no-such-command",
    [],
    {},
    "command_not_found",
    /"no-such-command" was not found in PATH \(/,
  ],
  [
    "a command with its arguments in it",
    "echo hello",
    [],
    {},
    "command_not_found",
    /"echo hello" was not found in PATH .*: give its arguments apart/,
  ],
  ["no command", "", [], {}, "command_not_found", /names no command/],
  ["a path that is missing", "./missing.sh", [], {}, "command_not_found", /"\.\/missing\.sh" does not exist/],
  [
    "a file without its x",
    "./plain.sh",
    [],
    {},
    "not_executable",
    /"\.\/plain\.sh" is not executable.*x permission/,
  ],
  ["a directory", "./folder", [], {}, "not_executable", /is a directory/],
  [
    "a script without its interpreter",
    "./orphan.sh",
    [],
    {},
    "command_not_found",
    /interpreter "\/no\/such\/python"/,
  ],
  [
    "a directory that is missing",
    "true",
    [],
    { cwd: "/no/such" },
    "directory_missing",
    /"\/no\/such" does not exist/,
  ],
  [
    "a directory that is a file",
    "true",
    [],
    { cwd: "/etc/passwd" },
    "directory_missing",
    /is not a directory/,
  ],
  ["a relative directory", "true", [], { cwd: "tmp" }, "directory_missing", /not an absolute path/],
  [
    "a long argument",
    "true",
    ["a", big],
    {},
    "arguments_too_long",
    /Argument 2 is longer than the 131071 bytes/,
  ],
  [
    "a long variable",
    "true",
    [],
    { env: { PATH: "/bin", BIG: big } },
    "arguments_too_long",
    /variable BIG is longer/,
  ],
  [
    "too much together",
    "true",
    Array<string>(200).fill(big.slice(1)),
    {},
    "arguments_too_long",
    /together larger/,
  ],
  ["a zero byte", "true", ["a\0b"], {}, "start_failed", /Argument 1 contains a zero byte/],
  [
    "a variable with = in its name",
    "true",
    [],
    { env: { "A=B": "" } },
    "start_failed",
    /"A=B" cannot be the name/,
  ],
];

for (const mode of modes) {
  test.for(failing)(
    `says that it cannot start %s (${mode})`,
    async ([, command, args, overrides, code, message], { expect }) => {
      await using directory = await testDirectory("airunner");
      await mkdir(join(directory.path, "folder"));
      await writeFile(join(directory.path, "plain.sh"), "#!/bin/sh\n");
      await writeFile(join(directory.path, "orphan.sh"), "#!/no/such/python -u\n");
      await chmod(join(directory.path, "orphan.sh"), 0o755);
      const files = openFiles().length;
      const started = start(command, args, { mode, cwd: directory.path, ...overrides });
      await expect(started).rejects.toMatchObject({
        name: "ProcessError",
        code,
        message: expect.stringMatching(message),
      });
      expect(openFiles().length).toBe(files);
      expect(zombies()).toEqual([]);
    },
  );

  test(`runs a script without a first line, as a shell does (${mode})`, async ({ expect }) => {
    await using directory = await testDirectory("airunner");
    const path = join(directory.path, "bare");
    await writeFile(path, "echo bare $1");
    await chmod(path, 0o755);
    const running = await start("./bare", ["--version"], { mode, cwd: directory.path });
    await running.ended;
    expect(running.text().trim()).toBe("bare --version");
  });

  test(`hands arguments on as they are (${mode})`, async ({ expect }) => {
    const args = ["-c", "--", "a b", "", "$HOME", "*", "ü\u{1f600}", "'\""];
    const script = "process.stdout.write(JSON.stringify(process.argv.slice(1)))";
    const running = await start(process.execPath, ["--eval", script, "--", ...args], { mode });
    await running.ended;
    expect(JSON.parse(running.text())).toEqual(args);
  });

  test(`gives a job its own environment and nothing else of the worker (${mode})`, async ({ expect }) => {
    const env = createJobEnvironment({
      worker: { ...process.env, AIRUNNER_TOKEN: "secret", SSH_AUTH_SOCK: "/secret", LANG: "C" },
      job: { COLOUR: "blue", AIRUNNER_JOB_ID: "forged" },
      jobId: "job-7",
      attempt: 2,
      mode,
    });
    const running = await start("env", [], { mode, env });
    await running.ended;
    const names = running
      .text()
      .replaceAll("\r", "")
      .trim()
      .split("\n")
      .map((line) => line.split("=")[0]);
    const terminal = mode === "pty" ? ["TERM"] : [];
    expect(new Set(names)).toEqual(
      new Set([
        "AIRUNNER_ATTEMPT",
        "AIRUNNER_JOB_ID",
        "AIRUNNER_MARKER",
        "COLOUR",
        "HOME",
        "LANG",
        "PATH",
        ...terminal,
      ]),
    );
    expect(running.text()).toContain("AIRUNNER_JOB_ID=job-7");
    expect(running.text()).not.toContain("secret");
  });
}

test("keeps files of the worker, and other jobs' terminals, from a job", async ({ expect }) => {
  const script = "for fd in /proc/self/fd/*; do readlink $fd; done; true";
  const others = await Promise.all([1, 2, 3].map(() => start("sleep", ["1000"], { mode: "pty" })));
  for (const mode of modes) {
    const running = await start("sh", ["-c", script], { mode });
    await running.ended;
    expect(running.text()).not.toMatch(/ptmx|socket|eventpoll/);
  }
  for (const other of others) other.stop("cancel");
  await Promise.all(others.map((other) => other.ended));
});

test("runs 50 at once, and leaves no file and no zombie behind", async ({ expect }) => {
  await (await start("true", [], { mode: "pty" })).ended;
  const files = openFiles().length;
  const started = await Promise.all(
    Array.from({ length: 50 }, (_, index) =>
      start("sh", ["-c", `printf '%30000s' ${index}; exit ${index}`], {
        mode: index % 2 === 0 ? "pipe" : "pty",
      }),
    ),
  );
  const ends = await Promise.all(started.map((running) => running.ended));
  expect(ends.map((end) => end.exitCode)).toEqual(ends.map((_, index) => index));
  expect(started.map((running) => running.text())).toEqual(
    ends.map((_, index) => `${index}`.padStart(30_000)),
  );
  expect(openFiles().length).toBe(files);
  expect(zombies()).toEqual([]);
});
