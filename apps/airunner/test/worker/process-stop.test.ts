// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { testDirectory, waitFor } from "@repo/testkit";
import { test } from "vitest";
import type { StopReason } from "../../src/worker/process/process.ts";
import { isAlive, modes, node, processesOf, type Started, shell } from "./process-harness.ts";

/** Waits until the process has written a text, and so has set its traps. */
async function waitForText(running: Started, text: string): Promise<void> {
  await waitFor(() => running.text().includes(text), { what: `"${text}"` });
}

/** Ids that a script wrote, as "pid 4711". */
function writtenIds(running: Started): number[] {
  return [...running.text().matchAll(/pid (\d+)/g)].map(([, pid]) => Number(pid));
}

test.for(modes)("tells exit codes and signals (%s)", async (mode, { expect }) => {
  const exited = await shell("exit 3", { mode });
  expect(await exited.ended).toEqual({ exitCode: 3, signal: "", durationMs: expect.any(Number) });
  const signalled = await shell("kill -SEGV $$", { mode });
  expect(await signalled.ended).toEqual({ exitCode: 139, signal: "SIGSEGV", durationMs: expect.any(Number) });
});

test.for(["cancel", "lease_lost", "shutdown"] as const satisfies readonly StopReason[])(
  "stops by TERM and says why: %s",
  async (reason, { expect }) => {
    const running = await shell("trap 'echo bye; exit 7' TERM; echo ready; while :; do sleep 0.01; done");
    await waitForText(running, "ready");
    running.stop(reason);
    expect(await running.ended).toMatchObject({ exitCode: 7, signal: "", stoppedBy: reason });
    expect(running.text()).toContain("bye");
  },
);

test.for(modes)("ends what takes longer than its time (%s)", async (mode, { expect }) => {
  const running = await shell("echo ready; exec sleep 1000", { mode, timeoutMs: 100 });
  expect(await running.ended).toMatchObject({ exitCode: 143, signal: "SIGTERM", stoppedBy: "timeout" });
});

test("does not take a long time limit for a short one", async ({ expect }) => {
  const running = await shell("sleep 0.05; exit 5", { timeoutMs: 2 ** 32 });
  expect(await running.ended).toEqual({ exitCode: 5, signal: "", durationMs: expect.any(Number) });
});

test.for(modes)("kills after the grace what ignores TERM, children too (%s)", async (mode, { expect }) => {
  const running = await shell(
    "trap '' TERM; sleep 1000 & echo pid $!; sh -c 'sleep 1000 & echo pid $!; wait' & echo ready; wait",
    { mode, killGraceMs: 200 },
  );
  await waitFor(() => writtenIds(running).length === 2);
  running.stop("timeout");
  expect(await running.ended).toMatchObject({ exitCode: 137, signal: "SIGKILL", stoppedBy: "timeout" });
  expect(writtenIds(running).filter(isAlive)).toEqual([]);
  expect(processesOf(running.marker)).toEqual([]);
});

test.for(modes)("finds daemons that left session and group (%s)", async (mode, { expect }) => {
  const running = await shell(
    "setsid sh -c 'setsid sleep 1000 >/dev/null 2>&1 </dev/null & echo pid $!; exec sleep 1000' & sleep 1000",
    { mode, killGraceMs: 200 },
  );
  await waitFor(() => writtenIds(running).length === 1);
  running.stop("cancel");
  expect(await running.ended).toMatchObject({ stoppedBy: "cancel" });
  expect(writtenIds(running).filter(isAlive)).toEqual([]);
  expect(processesOf(running.marker)).toEqual([]);
});

test("finds members of the group that hide their environment", async ({ expect }) => {
  const running = await shell("trap '' TERM; env -i /bin/sleep 1000 & echo pid $!; wait", {
    killGraceMs: 50,
  });
  await waitFor(() => writtenIds(running).length === 1);
  running.stop("cancel");
  await running.ended;
  expect(writtenIds(running).filter(isAlive)).toEqual([]);
});

test.for(["ends by TERM", "exits"])(
  "finds a group of its own that hides its environment when the leader %s",
  async (how, { expect }) => {
    // Job control gives each job a group; the session stays the same.
    const running = await shell(
      `set -m; env -i /bin/sleep 1000 >/dev/null & echo pid $!; ${how === "exits" ? "exit 0" : "wait"}`,
      { killGraceMs: 50 },
    );
    await waitFor(() => writtenIds(running).length === 1);
    running.stop("cancel");
    await running.ended;
    expect(writtenIds(running).filter(isAlive)).toEqual([]);
  },
);

test.for(["", ">/dev/null 2>&1"])(
  "leaves a grandchild its grace when the leader goes first (%s)",
  async (output, { expect }) => {
    await using directory = await testDirectory("airunner");
    const running = await shell(
      `sh -c 'trap "sleep 0.3; echo cleaned > file; exit" TERM; touch ready; while :; do sleep 0.01; done' ${output} & wait`,
      { cwd: directory.path },
    );
    await waitFor(() => existsSync(join(directory.path, "ready")));
    running.stop("cancel");
    expect(await running.ended).toMatchObject({ exitCode: 143, stoppedBy: "cancel" });
    expect(readFileSync(join(directory.path, "file"), "utf8")).toBe("cleaned\n");
  },
);

test("wakes a stopped process, so that it hears TERM", async ({ expect }) => {
  const running = await shell("trap 'exit 9' TERM; echo ready; kill -STOP $$; sleep 1000");
  await waitForText(running, "ready");
  running.stop("cancel");
  expect(await running.ended).toMatchObject({ exitCode: 9 });
});

test("kills at once when it is stopped again without a grace", async ({ expect }) => {
  const running = await shell("trap '' TERM; echo ready; while :; do sleep 0.01; done", {
    killGraceMs: 600_000,
  });
  await waitForText(running, "ready");
  running.stop("shutdown");
  running.stop("lease_lost", 0);
  expect(await running.ended).toMatchObject({ exitCode: 137, signal: "SIGKILL", stoppedBy: "shutdown" });
});

test("stops a process that has just been started", async ({ expect }) => {
  for (const mode of modes) {
    for (let round = 0; round < 20; round += 1) {
      const running = await shell("exec sleep 1000", { mode });
      running.stop("cancel");
      expect(await running.ended).toMatchObject({ stoppedBy: "cancel", signal: "SIGTERM" });
    }
  }
});

test("does nothing once the process has ended", async ({ expect }) => {
  const running = await shell("exit 0");
  const end = await running.ended;
  running.stop("cancel");
  expect(end).toEqual({ exitCode: 0, signal: "", durationMs: expect.any(Number) });
});

// The end of a terminal's first process sends HUP to all in its group.
const stray = (script: string): string => `trap '' HUP; sh -c '${script}' &`;

test.for(modes)(
  "ends after the grace although a stray holds the output, and kills it (%s)",
  async (mode, { expect }) => {
    const running = await shell(`${stray("echo pid $$; exec sleep 1000")} echo leader`, {
      mode,
      outputGraceMs: 300,
    });
    expect(await running.ended).toMatchObject({ exitCode: 0, signal: "" });
    expect(running.text()).toContain("leader");
    expect(writtenIds(running)).toHaveLength(1);
    expect(writtenIds(running).filter(isAlive)).toEqual([]);
    expect(processesOf(running.marker)).toEqual([]);
  },
);

test.for(modes)(
  "keeps what a stray writes within the grace, and ends with it (%s)",
  async (mode, { expect }) => {
    const running = await shell(`${stray("echo early; sleep 0.3; echo late")} exit 2`, {
      mode,
      outputGraceMs: 600_000,
    });
    expect(await running.ended).toMatchObject({ exitCode: 2 });
    expect(running.text()).toContain("late");
  },
);

test.for(modes)(
  "ends at once when only a daemon without the output is left, and kills it (%s)",
  async (mode, { expect }) => {
    const running = await shell(`${stray("exec sleep 1000 >/dev/null 2>&1 </dev/null")} exit 2`, {
      mode,
      outputGraceMs: 600_000,
    });
    expect(await running.ended).toMatchObject({ exitCode: 2 });
    expect(processesOf(running.marker)).toEqual([]);
  },
);

test("cuts off a stray that never stops writing", async ({ expect }) => {
  const running = await node(
    `require("node:child_process").spawn("yes", { stdio: "inherit", detached: true }); setTimeout(() => process.exit(0), 100);`,
    { outputGraceMs: 200, onOutput: () => undefined },
  );
  expect(await running.ended).toMatchObject({ exitCode: 0 });
  expect(processesOf(running.marker)).toEqual([]);
});
