// SPDX-License-Identifier: Apache-2.0
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ask, runTool } from "../run.ts";

export interface SuiteOptions {
  readonly apt: string;
  /** e.g. `trixie` */
  readonly suite: string;
  /** Private apt folders for lists and caches, as options; they are filled here. */
  readonly options: readonly string[];
  /** Folder for the source list. */
  readonly folder: string;
  readonly onLine?: ((line: string) => void) | undefined;
}

/**
 * Options with which apt-get sees another suite of the Debian archive that this machine uses, whose signature it
 * checks with the keys it has; `undefined` where the machine uses none (an Ubuntu).
 */
export async function otherSuite(options: SuiteOptions): Promise<readonly string[] | undefined> {
  const { apt, suite, folder, onLine } = options;
  const query = ["indextargets", "--format", "$(SITE)", "Created-By: Packages", "Label: Debian"];
  const site = (await ask(apt, [...options.options, ...query]))?.split("\n")[0];
  if (site === undefined || site === "") return undefined;
  const list = join(folder, `${suite}.list`);
  await writeFile(list, `deb ${site} ${suite} main\n`);
  const withSuite = [
    ...options.options,
    "-o",
    `Dir::Etc::sourcelist=${list}`,
    "-o",
    "Dir::Etc::sourceparts=-",
  ];
  await runTool(apt, [...withSuite, "--quiet", "update"], { onLine });
  return withSuite;
}
