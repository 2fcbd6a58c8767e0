// SPDX-License-Identifier: Apache-2.0
import { chmod, lstat, readdir, rm } from "node:fs/promises";
import { join } from "node:path";

/**
 * Removes a directory with all it holds; fine if it is not there. A job may have left directories in it that their
 * owner may not write to, as Go's module cache is made of.
 */
export async function removeTree(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch {
    await makeRemovable(path);
    await rm(path, { recursive: true, force: true, maxRetries: 3, retryDelay: 100 });
  }
}

async function makeRemovable(path: string): Promise<void> {
  if (!(await lstat(path)).isDirectory()) return;
  await chmod(path, 0o700);
  for (const name of await readdir(path)) await makeRemovable(join(path, name));
}
