// SPDX-License-Identifier: Apache-2.0
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

const fileName = z.string().regex(/^[\w.-]+$/, "must be a plain file name");

/** A file of a package that a bundle needs beside itself, as a native one that cannot be bundled. */
const CopiedFile = z.strictObject({
  /** `<package>/<path>`. Left out where the package is an optional dependency that is not for this platform. */
  from: z.string(),
  /** Its name in `dist`. */
  to: fileName,
  /** Package whose licence text holds for it, where its own package carries none. */
  licence: z.string().optional(),
});

export type CopiedFile = z.infer<typeof CopiedFile>;

const Manifest = z.object({
  name: z.string(),
  bin: z.record(z.string(), z.string()),
  optionalDependencies: z.record(z.string(), z.string()).default({}),
  bundle: z
    .strictObject({
      /** Programs that the executables start themselves: `src/bin/<name>.ts` becomes `dist/<name>.mjs`. */
      entries: z.array(fileName).default([]),
      files: z.array(CopiedFile).default([]),
    })
    .default({ entries: [], files: [] }),
});

export interface AppManifest {
  readonly name: string;
  /** Executables first. */
  readonly entries: readonly string[];
  readonly files: readonly CopiedFile[];
  readonly optionalDependencies: ReadonlySet<string>;
}

/** What the package.json of the app in `folder` says about its bundle, in `bin` and in its field `bundle`. */
export async function loadManifest(folder: string): Promise<AppManifest> {
  const { name, bin, bundle, optionalDependencies } = Manifest.parse(
    JSON.parse(await readFile(join(folder, "package.json"), "utf8")),
  );
  return {
    name,
    entries: [...Object.keys(bin), ...bundle.entries],
    files: bundle.files,
    optionalDependencies: new Set(Object.keys(optionalDependencies)),
  };
}
