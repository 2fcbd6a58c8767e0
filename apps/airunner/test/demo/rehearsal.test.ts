// SPDX-License-Identifier: Apache-2.0
import { spawn } from "node:child_process";
import { once } from "node:events";
import { waitFor } from "@repo/testkit";
import { test } from "vitest";
import { isRunning, processesOf } from "../../demo/processes.ts";
import { isAsExpected, jobIdIn, stateOf } from "../../demo/rehearsal.ts";

test("a job is as expected when each of its checks is, and there is one", ({ expect }) => {
  const good = { what: "exit", expected: "3", actual: "3" };
  const row = { title: "x", durationMs: 1 };
  expect(isAsExpected({ ...row, checks: [good] })).toBe(true);
  expect(isAsExpected({ ...row, checks: [good, { ...good, actual: "0" }] })).toBe(false);
  expect(isAsExpected({ ...row, checks: [] })).toBe(false);
});

test("a job's id and state are read from what the CLI says", ({ expect }) => {
  const id = "01a1febe-08b7-7783-a100-c2cab3c76b76";
  expect(jobIdIn(`Job submitted successfully with ID: ${id}\n`)).toBe(id);
  expect(() => jobIdIn("airunner-cli: error: no")).toThrow("No job id was printed: airunner-cli: error: no");
  expect(stateOf({ job: { state: "JOB_STATE_CANCELLED" }, attempts: [] })).toBe("cancelled");
});

test("a process runs until it has ended, and is known by what stands in its environment", async ({
  expect,
}) => {
  const mark = `/tmp/demo-${process.pid}-of-this-test`;
  const child = spawn("cat", {
    env: { PATH: process.env["PATH"], MARK: mark },
    stdio: ["pipe", "ignore", "ignore"],
  });
  const pid = child.pid ?? 0;
  await waitFor(() => processesOf(mark).includes(pid));
  expect(isRunning(pid)).toBe(true);
  const ended = once(child, "exit");
  child.stdin.end();
  await ended;
  expect([isRunning(pid), processesOf(mark)]).toEqual([false, []]);
});
