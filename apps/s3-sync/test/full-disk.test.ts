// SPDX-License-Identifier: Apache-2.0
// What a job says when its own folder cannot be written any more.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { captureLogs } from "@repo/logging/testing";
import { testDirectory } from "@repo/testkit";
import { rclone } from "@repo/testkit/rclone";
import { withServers } from "@repo/testkit/vitest";
import { runSync } from "../src/job/run-sync.ts";
import { toRcloneEnvironment } from "../src/rclone/environment.ts";
import { loadS3SyncSettings } from "../src/settings/settings.ts";
import { startFaultS3 } from "./fault-s3/index.ts";
import { putText } from "./fault-s3/put-text.ts";
import { jobEnvironment } from "./support/job.ts";
import { faultSide } from "./support/sync-run.ts";

const test = withServers({ newest: () => rclone({ version: "newest" }) });

test("a disk that fills while rclone runs is told as such, and rclone is stopped", async ({
  newest,
  expect,
}) => {
  await using directory = await testDirectory();
  const configDir = join(directory.path, "config");
  await using server = await startFaultS3({ buckets: ["origin", "mirror"] });
  putText(server.store, "origin", "a", "1");
  const env = jobEnvironment({
    rclone: newest,
    configDir,
    source: faultSide(server.endpoint, "origin"),
    destination: faultSide(server.endpoint, "mirror"),
    settings: { LOG_LEVEL: "debug" },
  });
  const { settings, secrets } = loadS3SyncSettings(env);
  const logs = captureLogs();
  const summary = await runSync({
    settings,
    secrets,
    logger: logs.logger,
    signal: new AbortController().signal,
    environment: toRcloneEnvironment(env),
    toolVersion: "0.0.0",
    runId: "test",
    // The kernel's own error, at the place where lists and heartbeats are written.
    onLife: () => writeFileSync("/dev/full", "x"),
  });
  expect(summary).toMatchObject({
    status: "failed",
    exit_code: 2,
    failure_class: "config",
    reason: expect.stringMatching(/config has no room left: .*CONFIG_DIR.*\(ENOSPC\)\.$/),
  });
  expect(logs.text).not.toContain("    at ");
});
