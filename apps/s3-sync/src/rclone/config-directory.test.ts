// SPDX-License-Identifier: Apache-2.0
import { chmod, mkdir, readdir, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { testDirectory } from "@repo/testkit";
import { test } from "vitest";
import { ConfigDirectoryError, createRunDirectory, explainWriteError } from "./config-directory.ts";
import { listenOn, sweepStaleDirectories } from "./stale-directories.ts";

async function modeOf(path: string): Promise<number> {
  return (await stat(path)).mode & 0o777;
}

test("makes a directory and files for its owner alone, and removes them", async ({ expect }) => {
  await using directory = await testDirectory();
  const base = join(directory.path, "a/b");
  {
    await using run = await createRunDirectory(base);
    const file = await run.write("rclone.conf", "text");
    expect([await modeOf(base), await modeOf(run.path), await modeOf(file)]).toEqual([0o700, 0o700, 0o600]);
    await expect(run.write("rclone.conf", "again")).rejects.toThrow(/EEXIST/);
  }
  expect(await readdir(base)).toEqual([]);
});

test.for([0o755, 0o770, 0o1777])(
  "refuses a base that is open to others (%o), and leaves it so",
  async (mode, { expect }) => {
    await using directory = await testDirectory();
    const base = join(directory.path, "base");
    await mkdir(base);
    await chmod(base, mode);
    await expect(createRunDirectory(base)).rejects.toThrow(
      `${base} is open to other users (mode ${mode.toString(8).padStart(4, "0")})`,
    );
    expect((await stat(base)).mode & 0o7777).toBe(mode);
    await using run = await createRunDirectory(join(base, "own"));
    expect(await modeOf(run.path)).toBe(0o700);
  },
);

test("refuses at once a place where nothing can be made", async ({ expect }) => {
  const refusal = expect(createRunDirectory("/proc/nope/below"));
  await refusal.rejects.toThrow(/^\/proc\/nope\/below cannot be used for rclone's configuration \(ENOENT\)/);
});

test("puts errors of writing into a sentence, and no others", async ({ expect }) => {
  const full: unknown = await writeFile("/dev/full", "x").catch((error: unknown) => error);
  const explained = explainWriteError(full, "/base");
  expect(explained).toBeInstanceOf(ConfigDirectoryError);
  expect(String(explained)).toMatch(/\/base has no room left: .*CONFIG_DIR.*\(ENOSPC\)$/);
  const denied = Object.assign(new Error("connect EACCES"), { code: "EACCES", syscall: "connect" });
  expect(explainWriteError(denied, "/base")).toBe(denied);
});

test("refuses a base that is a link or a file", async ({ expect }) => {
  await using directory = await testDirectory();
  const [link, file] = [join(directory.path, "link"), join(directory.path, "file")];
  await symlink(directory.path, link);
  await writeFile(file, "");
  await expect(createRunDirectory(link)).rejects.toThrow(ConfigDirectoryError);
  await expect(createRunDirectory(file)).rejects.toThrow(ConfigDirectoryError);
});

test("sweeps the dead, spares the living, the unready and what is not ours", async ({ expect }) => {
  await using directory = await testDirectory();
  const make = async (name: string): Promise<string> => {
    const path = join(directory.path, name);
    await mkdir(path);
    return path;
  };
  await writeFile(join(await make("run-dead"), "rclone.conf"), "secret");
  const old = await make("new-old");
  await utimes(old, 0, 0);
  await make("new-young");
  await make("other");
  const server = createServer();
  await listenOn(server, await make("run-alive"));
  await sweepStaleDirectories(directory.path);
  expect((await readdir(directory.path)).toSorted()).toEqual(["new-young", "other", "run-alive"]);
  await new Promise((resolve) => server.close(resolve));
  await sweepStaleDirectories(directory.path);
  expect((await readdir(directory.path)).toSorted()).toEqual(["new-young", "other"]);
});
