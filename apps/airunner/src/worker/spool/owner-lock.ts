// SPDX-License-Identifier: Apache-2.0
import { existsSync } from "node:fs";
import { unlink } from "node:fs/promises";

/**
 * A lock that its process holds until it lets go of it or dies, however it dies: the kernel's own, on a file.
 *
 * Node has no `flock`; SQLite takes the same kind of lock when a transaction begins, so an empty database is the
 * lock file. Unlike a file with a process id it cannot be mistaken after a restart, in a container whose worker
 * always has the same id, or across containers that share the folder.
 */
export interface OwnerLock extends AsyncDisposable {
  readonly path: string;
}

/** @returns `undefined` where another holds it; a file that nobody has is made */
export async function takeLock(path: string): Promise<OwnerLock | undefined> {
  // Loaded here and not at the top: a program that never runs a worker should not pay for it.
  const { DatabaseSync } = await import("node:sqlite");
  const database = new DatabaseSync(path);
  try {
    database.exec("PRAGMA journal_mode = MEMORY; PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE");
  } catch (error) {
    database.close();
    if (isBusy(error)) return undefined;
    throw error;
  }
  let isHeld = true;
  return {
    path,
    async [Symbol.asyncDispose]() {
      if (!isHeld) return;
      isHeld = false;
      // Deleted while it is held: whoever opens the path after that gets a file and a lock of its own.
      await unlink(path).catch(() => undefined);
      database.close();
    },
  };
}

/** Whether a living process holds the lock. A file that is missing is held by nobody, and is not made. */
export async function isLocked(path: string): Promise<boolean> {
  if (!existsSync(path)) return false;
  const lock = await takeLock(path);
  if (lock === undefined) return true;
  await lock[Symbol.asyncDispose]();
  return false;
}

const sqliteBusy = 5;

function isBusy(error: unknown): boolean {
  return Error.isError(error) && "errcode" in error && error.errcode === sqliteBusy;
}
