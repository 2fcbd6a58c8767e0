// SPDX-License-Identifier: Apache-2.0
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";

/** A script of a member that a root command runs, such as `apps/s3-sync/bench/overhead.bench.ts`. */
export interface Script {
  /** The member's folder name: `s3-sync`. */
  readonly member: string;
  readonly path: string;
}

/** All `<parent>/<member>/<folder>/*<suffix>` below `root`, by member and then by name. */
export async function findScripts(root: string, folder: string, suffix: string): Promise<readonly Script[]> {
  const scripts: Script[] = [];
  for (const parent of ["packages", "apps"]) {
    const members = existsSync(join(root, parent)) ? await readdir(join(root, parent)) : [];
    for (const member of members.sort()) {
      const directory = join(root, parent, member, folder);
      const names = existsSync(directory) ? await readdir(directory) : [];
      for (const name of names.filter((candidate) => candidate.endsWith(suffix)).sort()) {
        scripts.push({ member, path: join(directory, name) });
      }
    }
  }
  return scripts;
}

/**
 * The scripts that `wanted` names, by member or by script name without suffix; all of them when it names none.
 *
 * @throws {RangeError} naming what there is, when a wanted name matches nothing
 */
export function selectScripts(
  scripts: readonly Script[],
  wanted: readonly string[],
  suffix: string,
): readonly Script[] {
  const nameOf = (script: Script) => basename(script.path, suffix);
  for (const name of wanted) {
    if (!scripts.some((script) => script.member === name || nameOf(script) === name)) {
      const known = [...new Set(scripts.map((script) => script.member))].join(", ");
      throw new RangeError(
        `There is nothing named "${name}" to run; there is ${known === "" ? "nothing yet" : known}.`,
      );
    }
  }
  return wanted.length === 0
    ? scripts
    : scripts.filter((script) => wanted.includes(script.member) || wanted.includes(nameOf(script)));
}

/** Splits arguments into leading names and the options from the first `-…` on, which go to each script. */
export function splitArguments(args: readonly string[]): {
  readonly names: readonly string[];
  readonly options: readonly string[];
} {
  const cleaned = args.filter((argument) => argument !== "--");
  const at = cleaned.findIndex((argument) => argument.startsWith("-"));
  return at === -1
    ? { names: cleaned, options: [] }
    : { names: cleaned.slice(0, at), options: cleaned.slice(at) };
}
