// SPDX-License-Identifier: Apache-2.0
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { Environment } from "../environment.ts";

/** What a fetch works with. */
export interface FetchContext {
  readonly environment: Environment;
  /** Folder for caches and intermediate files; removed when the command that fetches ends. */
  readonly scratch: string;
  readonly onLine?: ((line: string) => void) | undefined;
}

/** Either the way to fill a folder, or what the machine lacks, as a noun: `Go 1.26 or later`. */
export type Prepared =
  | { readonly canFetch: true; readonly fetch: (folder: string) => Promise<void> }
  | { readonly canFetch: false; readonly lacks: string };

/** One mechanism of getting packages. */
export interface SourceKind<S> {
  /**
   * What the content of the folder depends on beside the package's version: pin files, architecture, and the
   * toolchain where it compiles. `undefined` when that cannot be known because the toolchain is not there.
   */
  readonly keyParts: (source: S, environment: Environment) => Promise<readonly string[] | undefined>;
  readonly prepare: (source: S, context: FetchContext) => Promise<Prepared>;
}

/** The folder `testbed/`, where pin files are. */
export const testbedFolder = join(import.meta.dirname, "..", "..");

/** Text of a pin file below `testbed/`. */
export function pinFile(...path: readonly string[]): Promise<string> {
  return readFile(join(testbedFolder, ...path), "utf8");
}

/** SHA-256 of a file, as 64 hex digits. */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
