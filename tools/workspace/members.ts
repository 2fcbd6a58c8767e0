// SPDX-License-Identifier: Apache-2.0
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

const Dependencies = z.record(z.string(), z.string()).default({});

const Manifest = z.object({
  name: z.string(),
  private: z.boolean().default(false),
  license: z.string().default(""),
  bin: Dependencies,
  dependencies: Dependencies,
  devDependencies: Dependencies,
  optionalDependencies: Dependencies,
});

const TsConfig = z.object({ references: z.array(z.object({ path: z.string() })).default([]) });

/** A workspace member: its folder from the root (`packages/jwt`), manifest and TypeScript project references. */
export interface Member {
  readonly folder: string;
  readonly manifest: z.output<typeof Manifest>;
  /** `undefined` where the member has no tsconfig.json (a chart without tests). */
  readonly references: readonly string[] | undefined;
}

async function readJson(path: string): Promise<unknown> {
  return JSON.parse(await readFile(path, "utf8"));
}

export async function readMember(folder: string): Promise<Member> {
  const config = join(folder, "tsconfig.json");
  return {
    folder,
    manifest: Manifest.parse(await readJson(join(folder, "package.json"))),
    references: existsSync(config)
      ? TsConfig.parse(await readJson(config)).references.map(({ path }) => join(folder, path))
      : undefined,
  };
}

/** All members in the order apps, packages, charts, the rest. */
export async function readMembers(): Promise<readonly Member[]> {
  const folders = ["bench", "testbed", "tools"];
  for (const parent of ["charts", "packages", "apps"]) {
    for (const entry of await readdir(parent, { withFileTypes: true })) {
      if (entry.isDirectory()) folders.unshift(join(parent, entry.name));
    }
  }
  return Promise.all(folders.filter((folder) => existsSync(join(folder, "package.json"))).map(readMember));
}
