// SPDX-License-Identifier: Apache-2.0
import { execFile } from "node:child_process";
import { copyFile, cp, mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { testDirectory } from "@repo/testkit";
import { test } from "vitest";
import { z } from "zod";

const run = promisify(execFile);
const app = join(import.meta.dirname, "../..");
const Manifest = z.looseObject({ bundle: z.looseObject({}) });

/** A worker of two jobs, one of each mode, with its guard; writes what they wrote. */
const worker = `
import { startGuard } from "../worker/process/guard.ts";
import { startProcess } from "../worker/process/start-process.ts";

await using guard = await startGuard();
for (const mode of ["pipe", "pty"] as const) {
  const job = await startProcess({
    command: "sh", args: ["-c", "test -t 1 && echo terminal || echo pipe"], env: { PATH: "/usr/bin:/bin" }, cwd: "/", mode,
    killGraceMs: 0, outputGraceMs: 0, marker: "bundled." + mode, guard,
    onOutput: ({ bytes }) => void process.stdout.write(bytes),
  });
  await job.ended;
}
`;

test("terminals and the guard work from the files of dist alone", async ({ expect }) => {
  await using directory = await testDirectory("airunner");
  const folder = join(directory.path, "app");
  await mkdir(join(folder, "src/bin"), { recursive: true });
  for (const name of ["node_modules", "src/worker"]) await symlink(join(app, name), join(folder, name));
  await copyFile(join(app, "src/bin/airunner-guard.ts"), join(folder, "src/bin/airunner-guard.ts"));
  await writeFile(join(folder, "src/bin/worker.ts"), worker);
  const manifest = Manifest.parse(JSON.parse(await readFile(join(app, "package.json"), "utf8")));
  await writeFile(
    join(folder, "package.json"),
    JSON.stringify({ ...manifest, bin: { worker: "./dist/worker.mjs" } }),
  );
  await run(process.execPath, [join(app, "../../tools/bundle/bundle.ts")], { cwd: folder });
  const dist = join(directory.path, "elsewhere");
  await cp(join(folder, "dist"), dist, { recursive: true });
  const native = `pty-linux-${process.arch}.node`;
  expect(await readdir(dist)).toEqual(expect.arrayContaining([native, "airunner-guard.mjs"]));
  expect(await readFile(join(dist, `${native}.licences.txt`), "utf8")).toContain("Christopher Jeffrey");
  const { stdout, stderr } = await run(process.execPath, [join(dist, "worker.mjs")], { env: {} });
  expect(stderr).toBe("");
  expect(stdout).toBe("pipe\nterminal\r\n");
});
