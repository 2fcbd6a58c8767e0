// SPDX-License-Identifier: Apache-2.0
import { testDirectory } from "@repo/testkit";
import { test } from "vitest";
import { measure } from "../../bench/support/measure.ts";

const busy = "let n = 0; while (process.cpuUsage().user < 400_000) for (let i = 0; i < 1e6; i += 1) n += i;";

function node(script: string) {
  return { file: process.execPath, args: ["-e", script], env: { PATH: process.env["PATH"] ?? "" } };
}

test("processor time of children counts for the tree and not for the process itself", async ({ expect }) => {
  await using directory = await testDirectory();
  const child = JSON.stringify(busy);
  const parent = `require("node:child_process").spawnSync(process.execPath, ["-e", ${child}], { stdio: "inherit" });`;
  const alone = await measure(node(busy), directory.path);
  const above = await measure(node(parent), directory.path);
  expect(alone.ownCpuSeconds).toBeGreaterThanOrEqual(0.3);
  expect(above.cpuSeconds).toBeGreaterThanOrEqual(0.3);
  expect(above.cpuSeconds - above.ownCpuSeconds).toBeGreaterThanOrEqual(0.3);
});

test("the exit code, the last lines and the highest memory are those of the process", async ({ expect }) => {
  await using directory = await testDirectory();
  const script =
    "globalThis.held = Buffer.alloc(150 * 1024 * 1024, 1); console.log('first'); console.error('last'); setTimeout(() => process.exit(3), 100);";
  const run = await measure(node(script), directory.path);
  expect(run.exitCode).toBe(3);
  expect(run.lastLines).toEqual(["first", "last"]);
  expect(run.peakMemoryBytes).toBeGreaterThan(150 * 1024 * 1024);
});

test("a program that does not exist is an error, not a figure", async ({ expect }) => {
  await using directory = await testDirectory();
  const missing = { file: "/nonexistent/program", args: [], env: {} };
  await expect(measure(missing, directory.path)).rejects.toThrow(/ENOENT/);
});
