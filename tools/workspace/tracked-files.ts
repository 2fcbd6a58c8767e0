// SPDX-License-Identifier: Apache-2.0
import { existsSync } from "node:fs";
import { execa } from "execa";

/** Files git tracks plus new ones it does not ignore, as paths from the repository's root; deleted ones left out. */
export async function trackedFiles(): Promise<readonly string[]> {
  const { stdout } = await execa("git", ["ls-files", "--cached", "--others", "--exclude-standard", "-z"]);
  return [...new Set(stdout.split("\0"))].filter((path) => path !== "" && existsSync(path));
}
