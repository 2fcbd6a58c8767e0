// SPDX-License-Identifier: Apache-2.0
import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { delimiter, join } from "node:path";
import type { Environment } from "./environment.ts";

/** The first file of that name on PATH that may be executed. */
export async function findOnPath(command: string, environment: Environment): Promise<string | undefined> {
  for (const folder of (environment["PATH"] ?? "").split(delimiter)) {
    if (folder === "") continue;
    const candidate = join(folder, command);
    if (await isExecutableFile(candidate)) return candidate;
  }
  return undefined;
}

/** Whether this user may run a file; a folder also has the x bit, so it is excluded. */
export async function isExecutableFile(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
