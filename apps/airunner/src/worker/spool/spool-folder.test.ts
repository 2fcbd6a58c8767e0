// SPDX-License-Identifier: Apache-2.0
import { readdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { createVirtualClock } from "@repo/http-retry/testing";
import { testDirectory } from "@repo/testkit";
import { test as base } from "vitest";
import type { SpoolHeader } from "./header.ts";
import { isLocked, takeLock } from "./owner-lock.ts";
import { SpoolFolder } from "./spool-folder.ts";

const test = base.extend<{ folder: string }>({
  // oxlint-disable-next-line no-empty-pattern -- vitest reads from the braces that this fixture needs no other
  folder: async ({}, use) => {
    await using directory = await testDirectory();
    await use(directory.path);
  },
});

const header: SpoolHeader = {
  version: 1,
  jobId: "job",
  attempt: 1,
  queue: "q",
  server: "s",
  taskToken: "t",
  createdAtMs: 0,
};

const any = () => Promise.resolve(true);

function open(path: string): Promise<SpoolFolder> {
  return SpoolFolder.open({ path, clock: createVirtualClock(), onStall: () => undefined });
}

test("a lock has one holder, and none once it is let go", async ({ folder, expect }) => {
  const path = join(folder, "a.lock");
  const lock = await takeLock(path);
  expect(lock).toBeDefined();
  expect(await takeLock(path)).toBeUndefined();
  expect(await isLocked(path)).toBe(true);
  await lock?.[Symbol.asyncDispose]();
  expect(await isLocked(path)).toBe(false);
  expect(await readdir(folder)).toEqual([]);
});

test("leaves the spools of a worker that lives, takes those of one that is gone", async ({
  folder,
  expect,
}) => {
  const one = await open(folder);
  const spool = await one.create(header);
  await using other = await open(folder);
  expect(await other.takeOrphans(any)).toEqual([]);
  await spool.close();
  await one[Symbol.asyncDispose]();
  const orphans = await other.takeOrphans(any);
  expect(orphans.map(({ path }) => basename(path))).toEqual([
    expect.stringMatching(/^job\.1-[0-9a-f]{6}\.[0-9a-f]{16}\.spool$/),
  ]);
  expect(await other.takeOrphans(any)).toEqual([]);
});

test("of two workers that look at once, one gets each spool", async ({ folder, expect }) => {
  const gone = await open(folder);
  for (let attempt = 1; attempt <= 20; attempt += 1)
    await (await gone.create({ ...header, attempt })).close();
  await gone[Symbol.asyncDispose]();
  await using one = await open(folder);
  await using other = await open(folder);
  const [some, rest] = await Promise.all([one.takeOrphans(any), other.takeOrphans(any)]);
  const taken = [...some, ...rest].map(({ path }) => basename(path).split("-")[0]);
  expect(new Set(taken)).toEqual(new Set(Array.from({ length: 20 }, (_, index) => `job.${index + 1}`)));
  expect(taken).toHaveLength(20);
});

test("leaves what it does not want where it is, and removes half-made files", async ({ folder, expect }) => {
  const gone = await open(folder);
  const spool = await gone.create(header);
  await spool.close();
  await gone[Symbol.asyncDispose]();
  await writeFile(`${spool.path}.new`, "half");
  await writeFile(join(folder, "README"), "not ours");
  await using other = await open(folder);
  expect(await other.takeOrphans(() => Promise.resolve(false))).toEqual([]);
  const names = (await readdir(folder)).filter((name) => !name.endsWith(".lock"));
  expect(names.toSorted()).toEqual([basename(spool.path), "README"].toSorted());
});

test("a job that comes twice with the same number gets two spools", async ({ folder, expect }) => {
  await using owner = await open(folder);
  const [one, two] = [
    await owner.create({ ...header, attempt: 0 }),
    await owner.create({ ...header, attempt: 0 }),
  ];
  expect(one.path).not.toBe(two.path);
  await one.remove();
  await two.remove();
});

test("an id that is no file name stays in the folder", async ({ folder, expect }) => {
  await using owner = await open(folder);
  const spool = await owner.create({ ...header, jobId: "../../etc/passwd" });
  expect(spool.path.startsWith(`${folder}/______etc_passwd.1.`)).toBe(true);
  await spool.remove();
});
