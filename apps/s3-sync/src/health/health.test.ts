// SPDX-License-Identifier: Apache-2.0
import { utimes } from "node:fs/promises";
import { join } from "node:path";
import { testDirectory } from "@repo/testkit";
import { test } from "vitest";
import { createRunDirectory } from "../rclone/config-directory.ts";
import { silenceLimitMs } from "./healthcheck.ts";
import { createHeartbeat, readHeartbeatAge } from "./heartbeat.ts";
import { startJobHealth } from "./start-health.ts";

test("reads the age of the last sign of life, and none without a run", async ({ expect }) => {
  await using directory = await testDirectory();
  const base = join(directory.path, "config");
  expect(await readHeartbeatAge(base)).toBeUndefined();
  await using run = await createRunDirectory(base);
  expect(await readHeartbeatAge(base)).toBeUndefined();
  using heartbeat = createHeartbeat(run.path);
  const hourAgo = Date.now() / 1000 - 3600;
  await utimes(join(run.path, "heartbeat"), hourAgo, hourAgo);
  expect(await readHeartbeatAge(base)).toBeGreaterThan(3_590_000);
  heartbeat[Symbol.dispose]();
  expect(() => heartbeat.beat()).not.toThrow();
});

test("fails liveness when rclone has been silent for three statistics and a minute", async ({ expect }) => {
  let now = 0;
  await using health = await startJobHealth({ host: "127.0.0.1", port: 0 }, 30_000, () => now);
  const status = async () => (await fetch(`http://127.0.0.1:${health.server.port}/livez`)).status;
  expect(await status()).toBe(200);
  now = silenceLimitMs(30_000) + 1;
  expect(await status()).toBe(503);
  health.beat();
  expect(await status()).toBe(200);
});
