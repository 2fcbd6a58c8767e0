// SPDX-License-Identifier: Apache-2.0
import { copyFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { thirdPartyNotices } from "./licences.ts";
import type { AppManifest, CopiedFile } from "./manifest.ts";

/**
 * Copies the files that the app in `folder` wants beside its bundle, each with its licence in a file of its own.
 *
 * @returns names of the copies; a file of an optional dependency that is not installed here is left out
 */
export async function copyFiles(
  folder: string,
  { files, optionalDependencies }: Pick<AppManifest, "files" | "optionalDependencies">,
  outdir: string,
): Promise<readonly string[]> {
  const require = createRequire(join(folder, "package.json"));
  const copied: string[] = [];
  for (const file of files) {
    const source = resolveFile(require, file, optionalDependencies);
    if (source === undefined) continue;
    await copyFile(source, join(outdir, file.to));
    const licence = file.licence === undefined ? [] : [require.resolve(`${file.licence}/package.json`)];
    await writeFile(join(outdir, `${file.to}.licences.txt`), await thirdPartyNotices([source, ...licence]));
    copied.push(file.to);
  }
  return copied;
}

function resolveFile(
  require: NodeJS.Require,
  { from }: CopiedFile,
  optionalDependencies: ReadonlySet<string>,
): string | undefined {
  try {
    return require.resolve(from);
  } catch (error) {
    const packageName = /^(?:@[^/]+\/)?[^/]+/.exec(from)?.[0] ?? from;
    if (optionalDependencies.has(packageName)) return undefined;
    throw error;
  }
}
