// SPDX-License-Identifier: Apache-2.0
import { createHash } from "node:crypto";
import { access, mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { acquireLock, identity, isAlive } from "./lock.ts";

export interface CacheEntry {
  readonly root: string;
  /** Name of the entry's folder in the cache: package, version and key. */
  readonly name: string;
}

/** First 16 hex digits of the SHA-256 of all parts, which are kept apart by their lengths. */
export function cacheKey(parts: readonly string[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(`${part.length}:${part}`);
  return hash.digest("hex").slice(0, 16);
}

/** The folder of an entry if it is there. An entry is there whole or not at all. */
export async function existingEntry(entry: CacheEntry): Promise<string | undefined> {
  const folder = join(entry.root, entry.name);
  try {
    await access(folder);
    return folder;
  } catch {
    return undefined;
  }
}

/**
 * The folder of an entry, built by `build` in a temporary folder of the same disk if it is not there yet.
 * Processes that want the same entry at the same time build it once: the others wait.
 */
export async function ensureEntry(
  entry: CacheEntry,
  build: (folder: string) => Promise<void>,
  onWait?: (holder: number) => void,
): Promise<{ readonly folder: string; readonly isNew: boolean }> {
  const present = await existingEntry(entry);
  if (present !== undefined) return { folder: present, isNew: false };
  await using _lock = await acquireLock(
    join(entry.root, `${entry.name}.lock`),
    onWait === undefined ? {} : { onWait },
  );
  const meanwhile = await existingEntry(entry);
  if (meanwhile !== undefined) return { folder: meanwhile, isNew: false };
  await sweepAbandoned(entry.root);
  const temporary = join(entry.root, `.building ${identity(process.pid)} ${entry.name}`);
  await rm(temporary, { recursive: true, force: true });
  await mkdir(temporary, { mode: 0o755 });
  try {
    await build(temporary);
    const folder = join(entry.root, entry.name);
    await rename(temporary, folder);
    return { folder, isNew: true };
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Removes what builds of dead processes left behind. */
async function sweepAbandoned(root: string): Promise<void> {
  for (const name of await readdir(root)) {
    const owner = /^\.building (\d+ \d+) /.exec(name)?.[1];
    if (owner !== undefined && !isAlive(owner)) await rm(join(root, name), { recursive: true, force: true });
  }
}
