// SPDX-License-Identifier: Apache-2.0
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test as base } from "vitest";
import { cacheKey, ensureEntry, existingEntry } from "./cache-entry.ts";

const test = base.extend<{ root: string }>({
  root: async ({ task: _task }, use) => {
    const root = await mkdtemp(join(tmpdir(), "cache-"));
    await use(root);
    await rm(root, { recursive: true });
  },
});

test("builds an entry once, however many want it at the same time", async ({ root, expect }) => {
  let builds = 0;
  const build = async (folder: string): Promise<void> => {
    builds++;
    await writeFile(join(folder, "program"), "content");
  };
  const results = await Promise.all(
    Array.from({ length: 10 }, () => ensureEntry({ root, name: "entry" }, build)),
  );
  expect(builds).toBe(1);
  expect(results.filter(({ isNew }) => isNew)).toHaveLength(1);
  expect(await readdir(root)).toEqual(["entry"]);
  expect(await readFile(join(root, "entry", "program"), "utf8")).toBe("content");
});

test("leaves nothing behind when a build fails, and builds again the next time", async ({ root, expect }) => {
  const failing = (): Promise<void> => Promise.reject(new Error("no network"));
  await expect(ensureEntry({ root, name: "entry" }, failing)).rejects.toThrow("no network");
  expect(await readdir(root)).toEqual([]);
  expect(await existingEntry({ root, name: "entry" })).toBeUndefined();
  await ensureEntry({ root, name: "entry" }, async () => {});
  expect(await existingEntry({ root, name: "entry" })).toBe(join(root, "entry"));
});

test("sweeps what builds of dead processes left, and spares those of living ones", async ({
  root,
  expect,
}) => {
  await mkdir(join(root, ".building 4194305 17 dead-entry"));
  await mkdir(join(root, `.building ${process.pid} ${await startTime()} living-entry`));
  await ensureEntry({ root, name: "entry" }, async () => {});
  expect((await readdir(root)).filter((name) => name.includes("dead"))).toEqual([]);
  expect((await readdir(root)).filter((name) => name.includes("living"))).toHaveLength(1);
});

test("lets other users enter what it keeps", async ({ root, expect }) => {
  const { folder } = await ensureEntry({ root, name: "entry" }, async () => {});
  expect((await stat(folder)).mode & 0o777).toBe(0o755);
});

test("has another key when any part differs, also when the same text is divided otherwise", ({ expect }) => {
  const keys = [["ab", "c"], ["a", "bc"], ["abc"], ["ab", "c", ""], ["ab", "d"]].map(cacheKey);
  expect(new Set(keys).size).toBe(keys.length);
  expect(keys[0]).toMatch(/^[0-9a-f]{16}$/);
});

async function startTime(): Promise<string> {
  const line = await readFile("/proc/self/stat", "utf8");
  return line.slice(line.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}
