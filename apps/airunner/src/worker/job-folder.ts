// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, readdir } from "node:fs/promises";
import { join } from "node:path";
import { removeTree } from "./checkout/remove-tree.ts";
import type { WorkerServices } from "./worker-services.ts";

/** A folder of one attempt; with all that is in it, it is deleted when it is disposed. */
export interface JobFolder extends AsyncDisposable {
  /** Absolute. */
  readonly path: string;
}

/** Makes a new, empty folder in the workspace. @throws the system's error */
export async function makeJobFolder(
  { settings, log }: Pick<WorkerServices, "settings" | "log">,
  { jobId, attempt }: { readonly jobId: string; readonly attempt: number },
): Promise<JobFolder> {
  const path = await mkdtemp(join(settings.workspace, folderPrefix(jobId, attempt)));
  return {
    path,
    async [Symbol.asyncDispose]() {
      await removeTree(path).catch((err: unknown) =>
        log.warn({ jobId, folder: path, err }, "a job's folder could not be deleted"),
      );
    },
  };
}

/** How the names of the folders begin that an attempt makes in the workspace. */
function folderPrefix(jobId: string, attempt: number): string {
  return `${jobId.replaceAll(/[^A-Za-z0-9-]/g, "_")}.${attempt}.`;
}

/** Deletes what a killed worker could not. Whatever cannot be deleted stays. */
export async function removeJobFolders(workspace: string, jobId: string, attempt: number): Promise<void> {
  const prefix = folderPrefix(jobId, attempt);
  for (const name of await readdir(workspace).catch(() => [])) {
    if (name.startsWith(prefix)) await removeTree(join(workspace, name)).catch(() => undefined);
  }
}
