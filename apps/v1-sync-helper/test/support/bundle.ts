// SPDX-License-Identifier: MIT
import { existsSync } from "node:fs";
import { join } from "node:path";

const path = join(import.meta.dirname, "../../dist/v1-sync-helper.mjs");

export class BundleMissingError extends Error {
  override readonly name = "BundleMissingError";
}

/** Path of the built program, as its image carries it. @throws {BundleMissingError} when it was not built yet */
export function requireBundle(): string {
  if (!existsSync(path))
    throw new BundleMissingError("v1-sync-helper is not built: run `npx pnpm turbo build` first.");
  return path;
}
