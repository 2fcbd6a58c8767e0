// SPDX-License-Identifier: Apache-2.0
import { access, constants } from "node:fs/promises";
import { join } from "node:path";
import { ProcessError } from "./process.ts";

/** Where systems keep the programs of coreutils and util-linux; a job's PATH has no say in which of them we run. */
const folders = ["/usr/bin", "/bin", "/usr/local/bin", "/run/current-system/sw/bin"];
const found = new Map<string, string>();

/** Path of a program that airunner itself needs beside the job's. */
export async function findTool(name: "mkfifo" | "setsid"): Promise<string> {
  const known = found.get(name);
  if (known !== undefined) return known;
  for (const folder of folders) {
    const path = join(folder, name);
    if (await canExecute(path)) {
      found.set(name, path);
      return path;
    }
  }
  throw new ProcessError(
    "start_failed",
    `The worker's machine lacks the program ${name} (looked in ${folders.join(", ")}): install coreutils and util-linux.`,
  );
}

async function canExecute(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
