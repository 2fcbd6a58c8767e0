// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { link, readFile, rename, rm, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

export interface LockOptions {
  /** Called once with the process id of the holder, when the lock is not free at once. */
  readonly onWait?: (holder: number) => void;
  /** Milliseconds between looks; default 200. */
  readonly pollMs?: number;
}

/**
 * Takes a lock file that holds the id of its process; waits while that process lives, and breaks the lock
 * when it is gone.
 *
 * It saves work and does not guard correctness: in the instant when two processes break the same stale lock
 * both may go on, so the work must end in one rename that the second may lose.
 */
export async function acquireLock(file: string, options: LockOptions = {}): Promise<AsyncDisposable> {
  const mine = `${file}.${randomUUID()}`;
  const token = `${identity(process.pid)}\n`;
  await writeFile(mine, token, { flag: "wx" });
  try {
    let announced = false;
    while (!(await tryLink(mine, file))) {
      const holder = await holderOf(file);
      if (holder === undefined) continue;
      if (!isAlive(holder)) {
        await breakLock(file, holder);
        continue;
      }
      if (!announced) options.onWait?.(Number.parseInt(holder, 10));
      announced = true;
      await sleep(options.pollMs ?? 200);
    }
  } finally {
    await rm(mine, { force: true });
  }
  return {
    async [Symbol.asyncDispose]() {
      if ((await holderOf(file)) === token.trim()) await rm(file, { force: true });
    },
  };
}

/** Whether the process that {@link identity} described still runs; a new process with the same id is not it. */
export function isAlive(token: string): boolean {
  return identity(Number.parseInt(token, 10)) === token;
}

/** `<pid> <start time>`, the latter from /proc in clock ticks since boot; `<pid> gone` when there is none. */
export function identity(pid: number): string {
  try {
    const line = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is the program's name in brackets and may itself hold spaces and brackets.
    const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
    return `${pid} ${fields[19] ?? "unknown"}`;
  } catch {
    return `${pid} gone`;
  }
}

/** A link, not an exclusive create: the file appears with its content, so nobody reads half a lock. */
async function tryLink(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (hasCode(error, "EEXIST")) return false;
    throw error;
  }
}

async function holderOf(file: string): Promise<string | undefined> {
  try {
    return (await readFile(file, "utf8")).trim();
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

async function breakLock(file: string, holder: string): Promise<void> {
  const aside = `${file}.${randomUUID()}`;
  try {
    await rename(file, aside);
  } catch (error) {
    if (hasCode(error, "ENOENT")) return;
    throw error;
  }
  // Someone else may have broken and taken it since we looked: then give it back.
  if ((await holderOf(aside)) !== holder) await tryLink(aside, file);
  await rm(aside, { force: true });
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
