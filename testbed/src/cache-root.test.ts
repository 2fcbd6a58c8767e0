// SPDX-License-Identifier: Apache-2.0
import { chmod, chown, mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test as base } from "vitest";
import { cacheRoot, isEnterableByOthers } from "./cache-root.ts";

const test = base.extend<{ folder: string }>({
  folder: async ({ task: _task }, use) => {
    const folder = await mkdtemp(join(tmpdir(), "root-"));
    await chmod(folder, 0o755);
    await use(folder);
    await rm(folder, { recursive: true });
  },
});

const isRoot = process.getuid?.() === 0;

test("takes TESTBED_CACHE before all else, and makes it", async ({ folder, expect }) => {
  const wanted = join(folder, "a", "b");
  expect(await cacheRoot({ TESTBED_CACHE: wanted, XDG_CACHE_HOME: folder })).toBe(wanted);
  expect((await stat(wanted)).isDirectory()).toBe(true);
});

test("takes a folder in XDG_CACHE_HOME if other users may enter that", async ({ folder, expect }) => {
  expect(await cacheRoot({ XDG_CACHE_HOME: folder })).toBe(join(folder, "testbed"));
});

test("takes one of this user's own below /var/tmp otherwise", async ({ folder, expect }) => {
  await chmod(folder, 0o700);
  const own = `/var/tmp/testbed-${process.getuid?.()}`;
  expect(await cacheRoot({ XDG_CACHE_HOME: folder })).toBe(own);
  expect(await cacheRoot({ TESTBED_CACHE: " " })).toBe(own);
});

test("takes the right to write from everybody else", async ({ folder, expect }) => {
  const open = join(folder, "open");
  await mkdir(open);
  await chmod(open, 0o777);
  await cacheRoot({ TESTBED_CACHE: open });
  expect((await stat(open)).mode & 0o777).toBe(0o755);
});

test.runIf(isRoot)("refuses a folder that belongs to another user", async ({ folder, expect }) => {
  const foreign = join(folder, "foreign");
  await mkdir(foreign);
  await chown(foreign, 12_345, 12_345);
  await expect(cacheRoot({ TESTBED_CACHE: foreign })).rejects.toThrow(
    /belongs to another user \(uid 12345\)/,
  );
});

test("says which folder cannot be made", async ({ folder, expect }) => {
  await writeFile(join(folder, "file"), "");
  const below = join(folder, "file", "cache");
  await expect(cacheRoot({ TESTBED_CACHE: below })).rejects.toThrow(`cache folder ${below} cannot be made`);
});

test("sees that a closed folder above keeps others out", async ({ folder, expect }) => {
  const inner = join(folder, "closed", "inner");
  await mkdir(inner, { recursive: true });
  expect(await isEnterableByOthers(inner)).toBe(true);
  await chmod(join(folder, "closed"), 0o700);
  expect(await isEnterableByOthers(inner)).toBe(false);
});
