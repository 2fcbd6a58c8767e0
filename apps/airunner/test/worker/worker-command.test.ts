// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, writeFile } from "node:fs/promises";
import { createSecureServer } from "node:http2";
import { createServer } from "node:net";
import { join } from "node:path";
import { Code, ConnectError } from "@connectrpc/connect";
import { testDirectory, waitFor } from "@repo/testkit";
import { test as base } from "vitest";
import { createTestCertificate } from "../server/support/certificate.ts";
import { outputOf, ScriptedServer } from "./scripted-server.ts";
import { lastAttempt, resultOf, shared, shell } from "./shell-jobs.ts";

interface WorkerCommand extends AsyncDisposable {
  readonly child: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Exit code, or the name of the signal that ended it. */
  readonly exit: Promise<number | string>;
}

const test = base.extend<{
  folder: string;
  start: (args: readonly string[], token?: string) => WorkerCommand;
}>({
  // oxlint-disable-next-line no-empty-pattern -- vitest reads the pattern to know what a fixture needs
  folder: async ({}, use) => {
    await using directory = await testDirectory("worker");
    await use(directory.path);
  },
  start: async ({ folder }, use) => {
    await using stack = new AsyncDisposableStack();
    await use((args, token) => stack.use(startCommand(args, folder, token)));
  },
});

/** `airunner-cli worker` as a user starts it. */
function startCommand(args: readonly string[], folder: string, token?: string): WorkerCommand {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, "../../src/bin/airunner-cli.ts"), "worker", ...args],
    {
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        PATH: process.env["PATH"],
        HOME: folder,
        ...(token !== undefined && { AIRUNNER_TOKEN: token }),
      },
    },
  );
  const texts = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => void (texts.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => void (texts.stderr += text));
  const exit = once(child, "close").then(([code, signal]) => (code ?? signal) as number | string);
  return {
    child,
    stdout: () => texts.stdout,
    stderr: () => texts.stderr,
    exit,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null) child.kill("SIGKILL");
      await exit;
    },
  };
}

test("SIGTERM: its job may end, then it ends with 0", async ({ start, folder, expect }) => {
  await using server = await ScriptedServer.start();
  const worker = start([`--server=${server.address}`]);
  server.submit(shell("echo begun; until [ -e go ]; do sleep 0.02; done; exit 3", shared), "job");
  await waitFor(() => outputOf(lastAttempt(server, "job")).length > 0, { deadlineMs: 30_000 });
  worker.child.kill("SIGTERM");
  await waitFor(() => worker.stdout().includes("worker takes no more jobs"));
  const state = join(folder, ".local/state/airunner");
  await writeFile(join(state, "workspace/go"), "");
  expect(await worker.exit).toBe(0);
  expect(await resultOf(server, "job")).toMatchObject({ exitCode: 3 });
  expect(await readdir(join(state, "spool"))).toEqual([]);
  expect(worker.stderr()).toBe("");
});

test("a second signal: its job is stopped and given back", async ({ start, expect }) => {
  await using server = await ScriptedServer.start();
  const worker = start([`--server=${server.address}`]);
  server.submit(shell("echo begun; sleep 600"), "job");
  await waitFor(() => outputOf(lastAttempt(server, "job")).length > 0, { deadlineMs: 30_000 });
  worker.child.kill("SIGINT");
  await waitFor(() => worker.stdout().includes("worker takes no more jobs"));
  worker.child.kill("SIGTERM");
  expect(await worker.exit).toBe(0);
  expect(lastAttempt(server, "job").isReleased).toBe(true);
});

test("takes queues with weights, and the flags of the Go program", async ({ start, expect }) => {
  await using server = await ScriptedServer.start();
  start([
    `--server=${server.address}`,
    "--queue=builds=3",
    "--queue",
    "tests",
    "--concurrency=2",
    "--visibility-timeout=42",
    "--client-timeout=5m",
  ]);
  server.submit(shell("exit 0"), "job", "tests");
  expect(await resultOf(server, "job")).toMatchObject({ success: true });
  expect(server.dequeued[0]).toMatchObject({ queues: 2, maxJobs: 2 });
});

test("its log never holds a token", async ({ start, expect }) => {
  await using server = await ScriptedServer.start({
    faultAt: (call, count) =>
      call === "append" && count < 3 ? new ConnectError("no", Code.Unavailable) : undefined,
  });
  const worker = start([`--server=${server.address}`, "--log-level=debug"], "my-own-token-123456");
  server.submit(shell("echo x"), "job");
  await resultOf(server, "job");
  worker.child.kill("SIGTERM");
  await worker.exit;
  expect(worker.stdout()).toContain("trying again");
  expect(worker.stdout()).not.toContain("my-own-token-123456");
  expect(worker.stdout()).not.toContain(lastAttempt(server, "job").token);
});

test("a token that is refused ends it with one sentence", async ({ start, expect }) => {
  await using server = await ScriptedServer.start({
    faultAt: () => new ConnectError("invalid token", Code.Unauthenticated),
  });
  const worker = start([`--server=${server.address}`], "not-a-good-one");
  expect(await worker.exit).toBe(77);
  expect(worker.stderr()).toMatch(/^airunner-cli: error: .* does not accept the token .*\n$/);
});

test("an address that speaks no TLS ends it with one sentence", async ({ start, expect }) => {
  await using server = await ScriptedServer.start();
  const worker = start([`--server=${server.address.replace("http:", "https:")}`]);
  expect(await worker.exit).toBe(76);
  expect(worker.stderr()).toMatch(/^airunner-cli: error: .* if it was started with --no-tls, use .*\n$/);
});

test("a certificate that nobody vouches for ends it with one sentence", async ({ start, expect }) => {
  await using server = createSecureServer(await createTestCertificate());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  const worker = start([`--server=https://127.0.0.1:${port}`]);
  expect(await worker.exit).toBe(69);
  expect(worker.stderr()).toMatch(/^airunner-cli: error: the certificate of .* give the ca\.pem .*\n$/);
});

test("one that appears later, at an address that did answer, is retried", async ({ start, expect }) => {
  await using server = await ScriptedServer.start();
  const worker = start([`--server=${server.address}`]);
  server.submit(shell("exit 0"), "job");
  await resultOf(server, "job");
  await server.stop();
  await using other = createServer((socket) =>
    socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n", () => socket.destroy()),
  );
  other.listen(Number(new URL(server.address).port), "127.0.0.1");
  await waitFor(() => worker.stdout().includes('"failure":"wrong_protocol"'), { deadlineMs: 30_000 });
  await other[Symbol.asyncDispose]();
  await server.resume();
  server.submit(shell("exit 0"), "next");
  expect(await resultOf(server, "next")).toMatchObject({ success: true });
});

test.for([
  ["a queue that cannot be", ["--queue=a b"], 80, /letters, digits/],
  ["a queue twice", ["--queue=a", "--queue=a=3"], 80, /named twice/],
  ["a weight of 0", ["--queue=a=0"], 80, /weight from 1 to 100/],
  ["no concurrency", ["--concurrency=0"], 80, /from 1 to 1000/],
  ["a folder that is a file", ["--spool-dir=/etc/passwd"], 78, /\/etc\/passwd cannot be used .*--spool-dir/],
] as const)("%s: one sentence", async ([, args, code, sentence], { start, expect }) => {
  const worker = start(args);
  expect(await worker.exit).toBe(code);
  expect(worker.stderr()).toMatch(sentence);
  expect(worker.stderr().split("\n")).toHaveLength(2);
});
