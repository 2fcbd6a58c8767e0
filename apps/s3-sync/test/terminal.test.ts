// SPDX-License-Identifier: Apache-2.0
// What a person at a terminal sees; Python lends the terminal.
import { stripVTControlCharacters } from "node:util";
import { testDirectory } from "@repo/testkit";
import { runExecutable } from "@repo/testkit/process";
import { rclone } from "@repo/testkit/rclone";
import { withServers } from "@repo/testkit/vitest";
import { type FaultS3, startFaultS3 } from "./fault-s3/index.ts";
import { putText } from "./fault-s3/put-text.ts";
import { jobEnvironment, parseJson } from "./support/job.ts";
import { faultSide, PROGRAM } from "./support/sync-run.ts";

const test = withServers({ newest: () => rclone({ version: "newest" }) });

const inTerminal = `
import os, pty, sys
status = pty.spawn(["sh", "-c", 'stty rows 24 cols 100; exec "$@"', "sh", *sys.argv[1:]])
sys.exit(os.waitstatus_to_exitcode(status))
`;

async function runInTerminal(server: FaultS3, path: string, settings: Readonly<Record<string, string>>) {
  await using directory = await testDirectory();
  const [source, destination] = [faultSide(server.endpoint, "origin"), faultSide(server.endpoint, "mirror")];
  const env = jobEnvironment({
    rclone: path,
    configDir: `${directory.path}/c`,
    source,
    destination,
    settings,
  });
  const args = ["-c", inTerminal, process.execPath, PROGRAM];
  await using job = await runExecutable({ file: "python3", args, env });
  const { code } = await job.waitForExit();
  const raw = job.stdout.lines.join("\n");
  return { code, raw, lines: stripVTControlCharacters(raw).split(/[\r\n]+/) };
}

test("prints the plan as a table between whole JSON lines", async ({ newest, expect }) => {
  await using server = await startFaultS3({ buckets: ["origin", "mirror"] });
  for (const key of ["photos/1", "photos/2", "same"]) putText(server.store, "origin", key, "1");
  for (const key of ["same", "gone/x"]) putText(server.store, "mirror", key, "1");
  const { code, lines } = await runInTerminal(server, newest, { DRY_RUN: "true" });
  expect(code).toBe(0);
  expect(lines).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^Prefix +New +Replaced +Deleted$/),
      expect.stringMatching(/^photos\/ +2 \(2 B\) +– +–$/),
      expect.stringMatching(/^gone\/ +– +– +1 \(1 B\)$/),
    ]),
  );
  const events = lines.filter((line) => line.startsWith("{")).map(parseJson);
  expect(events).toEqual(events.map(() => expect.objectContaining({ service: "s3-sync" })));
  expect(events.at(-1)).toMatchObject({ event: "summary", status: "dry_run" });
});

test("draws a live line, and takes it away before each JSON line", async ({ newest, expect }) => {
  await using server = await startFaultS3({ buckets: ["origin", "mirror"], latencyMs: 20 });
  for (let index = 0; index < 60; index += 1) putText(server.store, "origin", `o${index}`, "text");
  const { code, raw, lines } = await runInTerminal(server, newest, {
    TRANSFERS: "1",
    STATS_INTERVAL: "200ms",
  });
  expect(code).toBe(0);
  expect(lines.filter((line) => line.startsWith("Copying")).length).toBeGreaterThan(1);
  expect(lines.filter((line) => line.includes('"event"') && !line.startsWith("{"))).toEqual([]);
  // A drawing right after a JSON line that first erases the row above would erase that line.
  expect(raw).toContain("\u001b[2K\u001b[1A");
  expect(raw).not.toMatch(/\}\r?\n\u001b\[\?2026h\u001b\[2K\u001b\[1A/);
});
