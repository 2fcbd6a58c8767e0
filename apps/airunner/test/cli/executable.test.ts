// SPDX-License-Identifier: Apache-2.0
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { testDirectory, waitFor } from "@repo/testkit";
import { type Executable, runExecutable } from "@repo/testkit/process";
import { describe, test } from "vitest";
import { JobState, type StreamJobEventsRequest } from "../../src/gen/job/v1/job_pb.ts";
import { endedJob, jobId, linesOf, longLog, replay, startEvent } from "./support/job-log.ts";
import { startScriptedServer } from "./support/scripted-server.ts";

const app = join(import.meta.dirname, "../..");
const bundle = join(app, "dist/airunner-cli.mjs");

function file(): string {
  if (!existsSync(bundle)) throw new Error("The bundle is not built: run `npx pnpm turbo build` first.");
  return bundle;
}

function run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Executable> {
  return runExecutable({ file: file(), args, env: { HOME: "/nonexistent", ...env }, diesWithParent: true });
}

const finished = (lines: number) => ({
  jobs: { getJob: () => endedJob({ exitCode: 3 }) },
  events: {
    async *streamJobEvents(request: StreamJobEventsRequest) {
      yield* replay(longLog(lines, 50, 3), request);
    },
  },
});

describe("the bundle", () => {
  test("shows a job byte by byte and exits with its code", async ({ expect }) => {
    await using server = await startScriptedServer(finished(20_000));
    await using cli = await run(["monitor", "--output-only", `--server=${server.url}`, jobId]);
    expect(await cli.waitForExit()).toMatchObject({ code: 3, signal: null });
    expect(cli.stdout.text).toBe(linesOf(20_000));
  });

  test("helps, tells its version, and refuses what it does not know", async ({ expect }) => {
    await using help = await run(["submit", "--help"]);
    expect(await help.waitForExit()).toMatchObject({ code: 0 });
    expect(help.stdout.text).toMatch(/Exit codes:\n +0 .*\n/);
    await using version = await run(["--version"]);
    expect(await version.waitForExit()).toMatchObject({ code: 0 });
    expect(version.stdout.text).toMatch(/^airunner-cli \d+\.\d+\.\d+\n$/);
    for (const args of [[], ["sumbit"], ["list", "--wach"], ["monitor"]]) {
      await using wrong = await run(args);
      expect(await wrong.waitForExit()).toMatchObject({ code: 80 });
      expect(wrong.stdout.text).toBe("");
      expect(wrong.stderr.lines).toEqual([expect.stringMatching(/^airunner-cli: error: /)]);
    }
  });

  test("makes keys and tokens, and writes over nothing", async ({ expect }) => {
    await using directory = await testDirectory();
    await using keygen = await run(["keygen", "--out", directory.path]);
    expect(await keygen.waitForExit()).toMatchObject({ code: 0 });
    const key = join(directory.path, "private.pem");
    await using token = await run(["token", "--subject=me", "--ttl=90s"], { JWT_SIGNING_KEY: key });
    expect(await token.waitForExit()).toMatchObject({ code: 0 });
    expect(token.stdout.text).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    await using again = await run(["keygen", "--out", directory.path]);
    expect(await again.waitForExit()).toMatchObject({ code: 78 });
    expect(again.stderr.text).toContain("is there already and is not written over");
  });

  test("ends at SIGINT with 130 and at SIGTERM with 143, and says that the job goes on", async ({
    expect,
  }) => {
    await using server = await startScriptedServer({
      jobs: { getJob: () => ({ job: { jobId, state: JobState.RUNNING, attempt: 1 } }) },
      events: {
        async *streamJobEvents(_request, { signal }) {
          yield { event: startEvent(1), attempt: 1 };
          await new Promise((resolve) => signal.addEventListener("abort", resolve));
        },
      },
    });
    for (const [signal, code] of [
      ["SIGINT", 130],
      ["SIGTERM", 143],
    ] as const) {
      await using cli = await run(["monitor", `--server=${server.url}`, jobId]);
      await cli.stdout.waitForLine(/Process started/);
      cli.kill(signal);
      expect(await cli.waitForExit()).toMatchObject({ code });
      expect(cli.stderr.text).toContain(`job ${jobId} goes on`);
    }
  });

  test("ends quietly when its reader has read enough", async ({ expect }) => {
    await using server = await startScriptedServer(finished(50_000));
    const shell = `'${process.execPath}' '${file()}' monitor --output-only --server=${server.url} ${jobId} | head -3; echo "\${PIPESTATUS[0]}"`;
    const child = spawn("bash", ["-c", shell], { stdio: ["ignore", "pipe", "pipe"] });
    const [out, error] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
    expect(out).toBe(`${linesOf(3)}141\n`);
    expect(error.replace(/.*Process started.*\n|Streaming.*\n|=+\n|Monitoring.*\n/g, "")).toBe("");
  });

  test("can be interrupted while its reader stands still", async ({ expect }) => {
    let sent = 0;
    await using server = await startScriptedServer({
      jobs: { getJob: () => endedJob() },
      events: {
        async *streamJobEvents(request) {
          for (const response of replay(longLog(500_000, 50), request)) {
            yield response;
            sent += 1;
          }
        },
      },
    });
    const args = [file(), "monitor", "--output-only", `--server=${server.url}`, jobId];
    // Nobody reads its output: the pipe is soon full, then the command waits, then the server.
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.pause();
    const exited = once(child, "exit");
    const errors = text(child.stderr);
    let before = -1;
    await waitFor(
      () => {
        const stands = sent > 0 && sent === before;
        before = sent;
        return stands;
      },
      { everyMs: 300, what: "the server to be held back" },
    );
    expect(sent).toBeLessThan(10_000);
    child.kill("SIGINT");
    expect(await exited).toEqual([null, "SIGINT"]);
    expect(await errors).toContain(`job ${jobId} goes on`);
    child.stdout.destroy();
  });

  test("is started by the launcher with the pinned Node", async ({ expect }) => {
    file();
    const launcher = join(app, "../../bin/airunner-cli");
    const { promise, resolve } = Promise.withResolvers<readonly [Error | null, string]>();
    execFile(launcher, ["--version"], { env: { PATH: "/usr/bin:/bin" } }, (error, stdout) =>
      resolve([error, stdout]),
    );
    const [error, stdout] = await promise;
    expect(error).toBeNull();
    expect(stdout).toMatch(/^airunner-cli /);
  });
});
