// SPDX-License-Identifier: Apache-2.0
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { removeTree } from "./checkout/remove-tree.ts";

/** How the names of the folders begin that an attempt makes in the workspace. */
export function folderPrefix(jobId: string, attempt: number): string {
  return `${jobId.replaceAll(/[^A-Za-z0-9-]/g, "_")}.${attempt}.`;
}

/** Deletes what a killed worker could not. Whatever cannot be deleted stays. */
export async function removeJobFolders(workspace: string, jobId: string, attempt: number): Promise<void> {
  const prefix = folderPrefix(jobId, attempt);
  for (const name of await readdir(workspace).catch(() => [])) {
    if (name.startsWith(prefix)) await removeTree(join(workspace, name)).catch(() => undefined);
  }
}
