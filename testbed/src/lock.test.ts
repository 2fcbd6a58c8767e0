// SPDX-License-Identifier: Apache-2.0
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test as base } from "vitest";
import { acquireLock, identity, isAlive } from "./lock.ts";

const test = base.extend<{ folder: string }>({
  folder: async ({ task: _task }, use) => {
    const folder = await mkdtemp(join(tmpdir(), "lock-"));
    await use(folder);
    await rm(folder, { recursive: true });
  },
});

test("lets one after the other in, and says whom it waits for", async ({ folder, expect }) => {
  const file = join(folder, "lock");
  const events: string[] = [];
  const first = await acquireLock(file);
  const waits = Promise.withResolvers<number>();
  const second = acquireLock(file, { pollMs: 1, onWait: waits.resolve }).then((lock) => {
    events.push("second");
    return lock;
  });
  expect(await waits.promise).toBe(process.pid);
  events.push("first done");
  await first[Symbol.asyncDispose]();
  await (await second)[Symbol.asyncDispose]();
  expect(events).toEqual(["first done", "second"]);
  expect(await readdir(folder)).toEqual([]);
});

test("never lets two in at the same time", async ({ folder, expect }) => {
  let inside = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    await using _lock = await acquireLock(join(folder, "lock"), { pollMs: 1 });
    most = Math.max(most, ++inside);
    await writeFile(join(folder, "something"), "to do");
    inside--;
  };
  await Promise.all(Array.from({ length: 20 }, work));
  expect(most).toBe(1);
});

test("breaks the lock of a process that is gone", async ({ folder, expect }) => {
  const child = spawn("sleep", ["60"]);
  const token = identity(child.pid ?? 0);
  expect(isAlive(token)).toBe(true);
  child.kill("SIGKILL");
  await once(child, "exit");
  await writeFile(join(folder, "lock"), `${token}\n`);
  expect(isAlive(token)).toBe(false);
  await using _lock = await acquireLock(join(folder, "lock"));
  expect(await readFile(join(folder, "lock"), "utf8")).toBe(`${identity(process.pid)}\n`);
});

test("takes a process with the same id but another start time for a stranger", ({ expect }) => {
  expect(isAlive(`${process.pid} 1`)).toBe(false);
});

test("leaves a lock alone that another has taken in the meantime", async ({ folder, expect }) => {
  const file = join(folder, "lock");
  const lock = await acquireLock(file);
  await writeFile(file, "1 2\n");
  await lock[Symbol.asyncDispose]();
  expect(await readFile(file, "utf8")).toBe("1 2\n");
});
