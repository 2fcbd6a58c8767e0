// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { waitFor } from "@repo/testkit";
import { test as base } from "vitest";
import { z } from "zod";
import { type Guard, startGuard } from "../../src/worker/process/guard.ts";
import { killAttempt } from "../../src/worker/process/kill-attempt.ts";
import { isAlive, modes, processesOf, shell } from "./process-harness.ts";

const Report = z.object({ guard: z.int(), leaders: z.array(z.int()).length(2) });

interface Worker {
  readonly child: ChildProcess;
  readonly marker: string;
  readonly report: z.infer<typeof Report>;
  /** What it says after its guard was replaced. */
  nextReport(): Promise<z.infer<typeof Report>>;
}

/** Living members of a session, whatever their environment says. */
function sessionOf(leader: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
        const [state, , , session] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
        return state !== "Z" && session === String(leader);
      } catch {
        return false;
      }
    });
}

const markersOf = (worker: Worker): string[] => modes.map((mode) => `${worker.marker}.${mode}`);

/** Everything that a worker's jobs have running. */
function jobProcesses(worker: Worker): number[] {
  return [...markersOf(worker).flatMap(processesOf), ...worker.report.leaders.flatMap(sessionOf)];
}

const test = base.extend<{ startWorker: (...args: string[]) => Promise<Worker>; guard: Guard }>({
  // oxlint-disable-next-line no-empty-pattern -- vitest reads from the braces that this fixture needs no other
  startWorker: async ({}, use) => {
    const children: ChildProcess[] = [];
    await use(async (...args) => {
      const marker = `guarded.${randomUUID()}`;
      const child = spawn(
        process.execPath,
        [join(import.meta.dirname, "guarded-worker.ts"), marker, ...args],
        {
          stdio: ["ignore", "pipe", "inherit"],
        },
      );
      children.push(child);
      if (child.stdout === null) throw new TypeError("the worker has no stdout");
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      const nextReport = async (): Promise<z.infer<typeof Report>> =>
        Report.parse(JSON.parse(String((await lines.next()).value)));
      return { child, marker, report: await nextReport(), nextReport };
    });
    for (const child of children) child.kill("SIGKILL");
  },
  // oxlint-disable-next-line no-empty-pattern -- vitest reads from the braces that this fixture needs no other
  guard: async ({}, use) => {
    await using guard = await startGuard();
    await use(guard);
  },
});

test("kills the processes of all jobs when the worker is killed, daemons too, and ends", async ({
  startWorker,
  expect,
}) => {
  const worker = await startWorker();
  expect(isAlive(worker.report.guard)).toBe(true);
  // Per job: the shell, the daemon's shell and its two sleepers, and one that hides its environment.
  await waitFor(() => markersOf(worker).every((marker) => processesOf(marker).length >= 4));
  worker.child.kill("SIGKILL");
  await waitFor(() => jobProcesses(worker).length === 0, { what: "the jobs to be gone" });
  await waitFor(() => !isAlive(worker.report.guard), { what: "the guard to be gone" });
});

test("is not stopped by the signals of a terminal or a service", async ({ startWorker, expect }) => {
  const worker = await startWorker();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.kill(worker.report.guard, signal);
  worker.child.kill("SIGKILL");
  await waitFor(() => jobProcesses(worker).length === 0, { what: "the jobs to be gone" });
  await waitFor(() => !isAlive(worker.report.guard), { what: "the guard to be gone" });
  expect(jobProcesses(worker)).toEqual([]);
});

test("ends with a worker that ends by itself", async ({ startWorker, expect }) => {
  const worker = await startWorker("leave");
  await once(worker.child, "exit");
  expect(worker.child.exitCode).toBe(0);
  expect(isAlive(worker.report.guard)).toBe(false);
  expect(jobProcesses(worker)).toEqual([]);
});

test("ends when it is disposed, and leaves running processes to their worker", async ({ expect }) => {
  const guard = await startGuard();
  const running = await shell("sleep 1000", { guard });
  const { pid = 0 } = guard;
  await guard[Symbol.asyncDispose]();
  expect(isAlive(pid)).toBe(false);
  expect(isAlive(running.pid)).toBe(true);
  running.stop("cancel");
  await running.ended;
});

test("is replaced when it is killed, and the next one knows what runs", async ({ startWorker, expect }) => {
  const worker = await startWorker();
  process.kill(worker.report.guard, "SIGKILL");
  const next = await worker.nextReport();
  expect(next.guard).not.toBe(worker.report.guard);
  worker.child.kill("SIGKILL");
  await waitFor(() => jobProcesses(worker).length === 0, { what: "the jobs to be gone" });
  await waitFor(() => !isAlive(next.guard), { what: "the guard to be gone" });
});

test("says that it was lost", async ({ expect }) => {
  const lost: string[] = [];
  await using guard = await startGuard({ onLost: (description) => lost.push(description) });
  process.kill(guard.pid ?? 0, "SIGKILL");
  await waitFor(() => lost.length > 0);
  expect(lost).toEqual([expect.stringContaining("has ended (SIGKILL); another is started")]);
});

test("a job waits for its guard while that is being replaced", async ({ guard, expect }) => {
  process.kill(guard.pid ?? 0, "SIGKILL");
  const running = await shell("echo ran", { guard });
  await running.ended;
  expect(running.text()).toBe("ran\n");
});

test.for(modes)(
  "kills what runs beyond its limit, whatever it does with TERM: %s",
  async (mode, { guard, expect }) => {
    const running = await shell("trap '' TERM HUP; setsid sleep 1000 & sleep 1000; sleep 1000", {
      guard,
      mode,
    });
    guard.setLimit(running.marker, 600_000);
    guard.setLimit(running.marker, 20);
    expect(await running.ended).toMatchObject({ signal: "SIGKILL" });
    expect(processesOf(running.marker)).toEqual([]);
  },
);

test("a new guard knows the limits that were set", async ({ guard, expect }) => {
  const running = await shell("sleep 1000", { guard });
  guard.setLimit(running.marker, 50);
  process.kill(guard.pid ?? 0, "SIGKILL");
  expect(await running.ended).toMatchObject({ signal: "SIGKILL" });
});

test("a limit of what has ended harms nothing", async ({ guard, expect }) => {
  const running = await shell("exit 3", { guard });
  expect(await running.ended).toMatchObject({ exitCode: 3 });
  guard.setLimit(running.marker, 0);
  const next = await shell("exit 4", { guard });
  expect(await next.ended).toMatchObject({ exitCode: 4 });
});

test("what an attempt has left can be killed without its guard, and nothing else is", async ({ expect }) => {
  const jobId = randomUUID();
  const [left, other] = await Promise.all(
    [1, 11].map((attempt) => shell("setsid sleep 1000 & sleep 1000", { marker: `${jobId}.${attempt}.77.x` })),
  );
  expect(await killAttempt(jobId, 1, 10_000)).toBe(true);
  expect(await left?.ended).toMatchObject({ signal: "SIGKILL" });
  expect(processesOf(`${jobId}.11.77.x`).length).toBeGreaterThan(0);
  other?.stop("shutdown", 0);
  await other?.ended;
});
