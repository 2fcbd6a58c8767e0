// SPDX-License-Identifier: Apache-2.0
import { requireProgram } from "../server/missing-server-error.ts";

export type RcloneVersion = "newest" | "1.60.1";

/**
 * The path of an rclone: the newest that is pinned (1.75.2, or the person's own from 1.75 on), or exactly 1.60.1.
 * @throws {MissingServerError} when the machine lacks what it comes with
 */
export async function rclone(options: { readonly version: RcloneVersion }): Promise<string> {
  const program = await requireProgram(options.version === "newest" ? "rclone" : "rclone-1.60.1");
  return program.path;
}
