// SPDX-License-Identifier: Apache-2.0
import { mkdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { StartError } from "../start-error.ts";

const pollMs = 50;
/** Nobody needs a second: what is older than this was left by a process that was killed. */
const staleMs = 10_000;
const deadlineMs = 15_000;

/** Runs `work` while no other process of this machine does so for the same folder. */
export async function withFolderLock<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const lock = join(folder, ".lock");
  await take(lock, performance.now() + deadlineMs);
  try {
    return await work();
  } finally {
    await rm(lock, { recursive: true, force: true });
  }
}

async function take(lock: string, deadline: number): Promise<void> {
  while (!(await tryToTake(lock))) {
    if (performance.now() > deadline) {
      throw new StartError(
        `${lock} has been there for ${deadlineMs / 1000} s; remove it if no airunner-server runs.`,
      );
    }
    await sleep(pollMs);
  }
}

async function tryToTake(lock: string): Promise<boolean> {
  try {
    await mkdir(lock);
    return true;
  } catch (error) {
    if (!(Error.isError(error) && "code" in error && error.code === "EEXIST")) throw error;
  }
  const since = await stat(lock).catch(() => undefined);
  if (since !== undefined && Date.now() - since.mtimeMs > staleMs)
    await rm(lock, { recursive: true, force: true });
  return false;
}
