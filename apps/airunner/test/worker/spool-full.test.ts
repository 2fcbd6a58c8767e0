// SPDX-License-Identifier: Apache-2.0
import { join } from "node:path";
import { testDirectory } from "@repo/testkit";
import { runExecutable } from "@repo/testkit/process";
import { test } from "vitest";

test("a spool goes on when its disk is full, as soon as the server has what is on it", async ({ expect }) => {
  await using directory = await testDirectory();
  // A limit on the size of a file fails writes as a full disk does, and needs no disk. In KiB.
  await using child = await runExecutable({
    file: "/bin/bash",
    args: [
      "-c",
      'ulimit -f 1536; exec "$0" "$@"',
      process.execPath,
      join(import.meta.dirname, "spool-on-full-disk.ts"),
      join(directory.path, "one.spool"),
    ],
    diesWithParent: true,
  });
  expect(await child.waitForExit({ deadlineMs: 50_000 })).toMatchObject({ code: 0 });
  const { seen, stalls, acknowledged } = JSON.parse(child.stdout.lines.at(-1) ?? "{}");
  expect(seen).toEqual(Array.from({ length: 64 }, (_, index) => index + 1));
  expect(stalls).toBeGreaterThan(0);
  expect(acknowledged).toBe(64);
});
