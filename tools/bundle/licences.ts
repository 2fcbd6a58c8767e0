// SPDX-License-Identifier: Apache-2.0
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

const Manifest = z.object({ name: z.string(), version: z.string(), license: z.string().default("unknown") });

/** `…/node_modules/<package>/` of a bundled file, or `undefined` for the repository's own. */
export function packageFolder(path: string): string | undefined {
  return /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1];
}

/** One package's name, version, licence and the text it asks to be carried along. */
async function notice(folder: string): Promise<string> {
  const { name, version, license } = Manifest.parse(
    JSON.parse(await readFile(join(folder, "package.json"), "utf8")),
  );
  const files = (await readdir(folder)).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file)).sort();
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), "utf8")));
  return [`${name} ${version} (${license})`, ...texts.map((text) => text.trim())].join("\n\n");
}

/** The notices of all packages among `inputs` (paths of bundled files), by name. */
export async function thirdPartyNotices(inputs: readonly string[]): Promise<string> {
  const folders = new Set(inputs.map(packageFolder).filter((folder) => folder !== undefined));
  const notices = await Promise.all([...folders].map(notice));
  return `${notices.toSorted((a, b) => a.localeCompare(b)).join(`\n\n${"-".repeat(80)}\n\n`)}\n`;
}
