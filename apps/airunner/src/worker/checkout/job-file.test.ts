// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from "node:child_process";
import { mkdir, realpath, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { testDirectory } from "@repo/testkit";
import { test as base } from "vitest";
import { loadJobFile } from "./job-file.ts";

/** `checkout`, and beside it what a job has no business with. */
const test = base.extend<{
  folder: string;
  write: (name: string, text: string | Uint8Array) => Promise<void>;
}>({
  // oxlint-disable-next-line no-empty-pattern -- vitest reads from the braces that this fixture needs no other
  folder: async ({}, use) => {
    await using directory = await testDirectory("airunner");
    const folder = join(await realpath(directory.path), "checkout");
    await mkdir(join(folder, "web"), { recursive: true });
    await writeFile(join(folder, "../outside.yaml"), "command: cat");
    await use(folder);
  },
  write: async ({ folder }, use) => {
    await use(async (name, text) => await writeFile(join(folder, name), text));
  },
});

test("reads the file, and finds its directory", async ({ folder, write, expect }) => {
  await write(".airunner.yaml", "command: make\nworkingDirectory: web");
  expect(await loadJobFile(folder)).toMatchObject({ command: "make", workingDirectory: join(folder, "web") });
  await write(".airunner.yaml", "command: make");
  expect(await loadJobFile(folder)).toMatchObject({ workingDirectory: folder });
});

test("says that there is none", async ({ folder, expect }) => {
  await expect(loadJobFile(folder)).rejects.toThrow(
    "The repository has no .airunner.yaml, which would say what to run: add one, or submit the job with a command.",
  );
});

test("follows a link within the checkout and none out of it", async ({ folder, write, expect }) => {
  await write("web/run.yaml", "command: make");
  await symlink("web/run.yaml", join(folder, ".airunner.yaml"));
  expect(await loadJobFile(folder)).toMatchObject({ command: "make" });
  await symlink("../../outside.yaml", join(folder, "web/.airunner.yaml"));
  await expect(loadJobFile(join(folder, "web"))).rejects.toThrow(/leads out of the repository/);
});

test("follows a directory's name out of the checkout as little", async ({ folder, write, expect }) => {
  await symlink("../..", join(folder, "web/up"));
  for (const name of ["..", "../checkout-2", "web/up"]) {
    await mkdir(`${folder}-2`, { recursive: true });
    await write(".airunner.yaml", `command: make\nworkingDirectory: ${name}`);
    await expect(loadJobFile(folder)).rejects.toThrow(/leads out of the repository/);
  }
});

test.for([
  ["/etc", /"workingDirectory" "\/etc" must be a path within the repository/],
  ["none", /"workingDirectory" "none" does not exist/],
  [".airunner.yaml", /"workingDirectory" "\.airunner\.yaml" is not a directory/],
] as const)("refuses %s as directory", async ([name, message], { folder, write, expect }) => {
  await write(".airunner.yaml", `command: make\nworkingDirectory: ${name}`);
  await expect(loadJobFile(folder)).rejects.toThrow(message);
});

test("refuses what is too large, no text or no file", async ({ folder, write, expect }) => {
  await write(".airunner.yaml", `command: make # ${"x".repeat(65_536)}`);
  await expect(loadJobFile(folder)).rejects.toThrow(/larger than 65536 bytes/);
  await write(".airunner.yaml", Buffer.from("command: m\xffke", "latin1"));
  await expect(loadJobFile(folder)).rejects.toThrow(/not UTF-8 text/);
  await mkdir(join(folder, "web/.airunner.yaml"));
  await expect(loadJobFile(join(folder, "web"))).rejects.toThrow(/not a file/);
  await mkdir(join(folder, "pipe"));
  execFileSync("mkfifo", [join(folder, "pipe/.airunner.yaml")]);
  await expect(loadJobFile(join(folder, "pipe"))).rejects.toThrow(/not a file/);
});
