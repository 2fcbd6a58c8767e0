// SPDX-License-Identifier: Apache-2.0
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test as base } from "vitest";
import { findOwnProgram } from "./own-program.ts";

/** Writes a program that prints a version, into a folder that can stand on PATH. */
type Install = (name: string, prints: string) => Promise<string>;

const test = base.extend<{ folder: string; install: Install }>({
  folder: async ({ task: _task }, use) => {
    const folder = await mkdtemp(join(tmpdir(), "own-"));
    await use(folder);
    await rm(folder, { recursive: true });
  },
  install: async ({ folder }, use) => {
    await use(async (name, prints) => {
      const path = join(folder, name);
      await writeFile(path, `#!/bin/sh\necho "${prints}"\n`);
      await chmod(path, 0o755);
      return path;
    });
  },
});

const own = { variable: "THE_SERVER", command: "server", versionArgs: ["--version"], atLeast: "2.11" };

test("takes the program that the environment names", async ({ install, expect }) => {
  const path = await install("another-name", "server: v2.15.1");
  const found = await findOwnProgram(own, { THE_SERVER: path, PATH: "" });
  expect(found).toEqual({ origin: "environment", path, version: "2.15.1" });
});

test("takes the program in the folder that the environment names", async ({ folder, install, expect }) => {
  const path = await install("server", "3.0");
  const found = await findOwnProgram({ ...own, isFolder: true }, { THE_SERVER: folder, PATH: "" });
  expect(found).toEqual({ origin: "environment", path, version: "3.0" });
});

test("takes one on PATH if it is new enough, and passes an older one over", async ({
  folder,
  install,
  expect,
}) => {
  const environment = { PATH: `/nonexistent:${folder}` };
  const path = await install("server", "v2.11.0");
  expect(await findOwnProgram(own, environment)).toEqual({ origin: "path", path, version: "2.11.0" });
  await install("server", "v2.10.9");
  expect(await findOwnProgram(own, environment)).toBeUndefined();
});

test("passes one over that is too new where a version is exact", async ({ folder, install, expect }) => {
  const exact = { ...own, atLeast: "1.60.1", atMost: "1.60.1" };
  await install("server", "v1.60.2");
  expect(await findOwnProgram(exact, { PATH: folder })).toBeUndefined();
  await install("server", "v1.60.1-DEV");
  expect((await findOwnProgram(exact, { PATH: folder }))?.version).toBe("1.60.1");
});

test.for([
  [
    "does not exist",
    "absent",
    undefined,
    /THE_SERVER names .*absent, which is not a program that this user may run/,
  ],
  ["is too old", "old", "v1.0", /which is version 1\.0, and 2\.11 or later is needed/],
  ["does not tell its version", "mute", "hello", /which does not tell its version/],
] as const)(
  "is an error when the program that was named %s",
  async ([, name, prints, message], { folder, install, expect }) => {
    if (prints !== undefined) await install(name, prints);
    await expect(findOwnProgram(own, { THE_SERVER: join(folder, name), PATH: "" })).rejects.toThrow(message);
  },
);

test("takes an empty variable for an unset one", async ({ expect }) => {
  expect(await findOwnProgram(own, { THE_SERVER: "", PATH: "" })).toBeUndefined();
});
