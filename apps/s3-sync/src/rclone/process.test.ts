// SPDX-License-Identifier: Apache-2.0
import { access, chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { testDirectory, waitFor } from "@repo/testkit";
import { test } from "vitest";
import { runRclone } from "./process.ts";

const environment = { PATH: "/usr/bin:/bin" };

/** A program in rclone's place; what is said of processes holds for any. */
async function script(directory: string, body: string): Promise<string> {
  const path = join(directory, "program");
  await writeFile(path, `#!/bin/sh\n${body}\n`);
  await chmod(path, 0o755);
  return path;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test("hands over all lines of both streams, then the exit", async ({ expect }) => {
  await using directory = await testDirectory();
  const lines: string[] = [];
  const exit = await runRclone({
    path: await script(directory.path, "seq 1 20000; seq 1 20000 >&2; exit 7"),
    args: [],
    environment,
    signal: new AbortController().signal,
    onLogLine: (text) => lines.push(`log ${text}`),
    onOutputLine: (text) => lines.push(`out ${text}`),
  });
  expect(exit).toEqual({ exitCode: 7, signal: undefined, isStopped: false, startError: undefined });
  const numbers = Array.from({ length: 20_000 }, (_, index) => index + 1);
  expect(lines.filter((line) => line.startsWith("log"))).toEqual(numbers.map((each) => `log ${each}`));
  expect(lines.filter((line) => line.startsWith("out"))).toEqual(numbers.map((each) => `out ${each}`));
});

test("tells that there is no such program", async ({ expect }) => {
  const exit = await runRclone({
    path: "/nonexistent/rclone",
    args: [],
    environment,
    signal: new AbortController().signal,
    onLogLine: () => undefined,
  });
  expect(exit).toMatchObject({ startError: "ENOENT", isStopped: false });
});

test("throws what a listener threw, after the program was asked to end and did", async ({ expect }) => {
  await using directory = await testDirectory();
  const marker = join(directory.path, "asked");
  const path = await script(
    directory.path,
    `trap 'echo yes > ${marker}; exit 0' TERM\nwhile :; do echo line >&2; done`,
  );
  const failure = new Error("no space");
  const outcome = runRclone({
    path,
    args: [],
    environment,
    signal: new AbortController().signal,
    onLogLine: () => {
      throw failure;
    },
  });
  await expect(outcome).rejects.toBe(failure);
  expect(await readFile(marker, "utf8")).toBe("yes\n");
});

test("kills a whole group that takes no notice of being asked", async ({ expect }) => {
  await using directory = await testDirectory();
  const pidFile = join(directory.path, "pid");
  const path = await script(
    directory.path,
    `trap '' TERM\nsleep 600 & echo $! > ${pidFile}.new; mv ${pidFile}.new ${pidFile}; wait`,
  );
  const controller = new AbortController();
  const outcome = runRclone({
    path,
    args: [],
    environment,
    signal: controller.signal,
    onLogLine: () => undefined,
    stopGraceMs: 50,
  });
  await waitFor(() => access(pidFile).then(() => true), { deadlineMs: 10_000, what: "the child to run" });
  controller.abort();
  expect(await outcome).toMatchObject({ signal: "SIGKILL", isStopped: true });
  const pid = Number(await readFile(pidFile, "utf8"));
  await waitFor(() => !isAlive(pid), { deadlineMs: 10_000, what: "the child to be gone" });
});
