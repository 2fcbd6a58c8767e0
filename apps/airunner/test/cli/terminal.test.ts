// SPDX-License-Identifier: Apache-2.0
import { existsSync } from "node:fs";
import { join } from "node:path";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { spawn } from "@lydell/node-pty";
import { waitFor } from "@repo/testkit";
import { test } from "vitest";
import { JobState } from "../../src/gen/job/v1/job_pb.ts";
import { batchEvent, endEvent, endedJob, jobId, replay, startEvent, startMs } from "./support/job-log.ts";
import { startScriptedServer } from "./support/scripted-server.ts";

const bundle = join(import.meta.dirname, "../../dist/airunner-cli.mjs");

interface Terminal extends Disposable {
  readonly screen: () => string;
  readonly exitCode: Promise<number>;
  type(text: string): void;
}

/** The bundle on a terminal of its own. */
function openTerminal(args: readonly string[], rows = 24): Terminal {
  if (!existsSync(bundle)) throw new Error("The bundle is not built: run `npx pnpm turbo build` first.");
  const child = spawn(process.execPath, [bundle, ...args], {
    cols: 160,
    rows,
    env: { TERM: "xterm", HOME: "/nonexistent" },
  });
  let screen = "";
  child.onData((data) => {
    screen += data;
  });
  const exit = Promise.withResolvers<number>();
  let hasExited = false;
  child.onExit(({ exitCode }) => {
    hasExited = true;
    exit.resolve(exitCode);
  });
  return {
    screen: () => screen,
    exitCode: exit.promise,
    type: (text) => child.write(text),
    [Symbol.dispose]() {
      if (!hasExited) child.kill("SIGKILL");
    },
  };
}

test("on a terminal a line about the job never hangs on to unfinished output", async ({ expect }) => {
  const events = [startEvent(1), batchEvent(2, ["no line end"]), endEvent(3, 0)];
  await using server = await startScriptedServer({
    jobs: { getJob: () => endedJob() },
    events: {
      async *streamJobEvents(request) {
        yield* replay(events, request);
      },
    },
  });
  using terminal = openTerminal(["monitor", "--no-tui", `--server=${server.url}`, jobId]);
  expect(await terminal.exitCode).toBe(0);
  expect(terminal.screen()).toContain("no line end\r\n[12:00:02] ✅ SUCCESS");
});

test("list --watch draws in place on a terminal, as many jobs as fit, until Ctrl-C", async ({ expect }) => {
  let calls = 0;
  await using server = await startScriptedServer({
    jobs: {
      listJobs() {
        calls += 1;
        const jobs = Array.from({ length: 20 }, (_, index) => ({
          jobId: `0193a2f0-0000-7000-8000-${String(calls * 100 + index).padStart(12, "0")}`,
          state: JobState.RUNNING,
          createdAt: timestampFromMs(startMs),
        }));
        return { jobs, lastPage: 1 };
      },
    },
  });
  using terminal = openTerminal(["list", "--watch", "--interval=100ms", `--server=${server.url}`], 12);
  await waitFor(() => terminal.screen().includes("000000000300"));
  expect(terminal.screen()).toMatch(
    /^(\u001b\[\?2026h)?Watching jobs \(updated at \d\d:\d\d:\d\d UTC, Ctrl\+C stops\)\r\n/,
  );
  expect(terminal.screen()).toMatch(/… \d+ more lines/);
  // Moves up over what it drew before.
  expect(terminal.screen()).toMatch(/\u001b\[\d+A/);
  terminal.type("\u0003");
  expect(await terminal.exitCode).toBe(0);
});
