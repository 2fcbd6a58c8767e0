// SPDX-License-Identifier: Apache-2.0
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Environment } from "../environment.ts";
import { TestbedError } from "../errors.ts";
import { runTool } from "../run.ts";
import type { MavenSource } from "../source.ts";
import { findToolchain, toolchainLabel } from "../toolchains.ts";
import {
  type FetchContext,
  type Prepared,
  pinFile,
  type SourceKind,
  sha256OfFile,
  testbedFolder,
} from "./source-kind.ts";

/** Maven brings the jars. Only its newest versions can check SHA-256 sums of ours, so we do. */
export const mavenSource: SourceKind<MavenSource> = { keyParts, prepare };

async function keyParts(
  source: MavenSource,
  environment: Environment,
): Promise<readonly string[] | undefined> {
  // Jars are the same for every Java, but without one there is nothing to start them with.
  if ((await findToolchain("java", environment)) === undefined) return undefined;
  return ["maven", await pinFile(source.project, "pom.xml"), await pinFile(source.project, "jars.sha256")];
}

async function prepare(source: MavenSource, context: FetchContext): Promise<Prepared> {
  const java = await findToolchain("java", context.environment);
  if (java === undefined) return { canFetch: false, lacks: toolchainLabel("java") };
  const maven = await findToolchain("maven", context.environment);
  if (maven === undefined) return { canFetch: false, lacks: toolchainLabel("maven") };
  const fetch = async (folder: string): Promise<void> => {
    const jars = join(folder, "lib");
    const pom = join(testbedFolder, source.project, "pom.xml");
    const goal = ["dependency:copy-dependencies", `-DoutputDirectory=${jars}`];
    await runTool(maven.command, ["--batch-mode", "--no-transfer-progress", "--file", pom, ...goal], {
      onLine: context.onLine,
    });
    await verifyFolder(jars, await pinFile(source.project, "jars.sha256"));
  };
  return { canFetch: true, fetch };
}

/**
 * Compares a folder with a list in the form of `sha256sum`; nothing may be missing, changed or added.
 * @throws {TestbedError} `fetch_failed` that names the first file that differs
 */
export async function verifyFolder(folder: string, sums: string): Promise<void> {
  const expected = new Map<string, string>();
  for (const line of sums.split("\n")) {
    const [sum, name] = line.split(/\s+/);
    if (sum !== undefined && name !== undefined && name !== "") expected.set(name, sum);
  }
  for (const name of await readdir(folder)) {
    const sum = await sha256OfFile(join(folder, name));
    if (expected.get(name) !== sum) {
      throw new TestbedError(
        "fetch_failed",
        `${name} came with SHA-256 ${sum}, and ${expected.get(name) ?? "no such file"} was expected.`,
      );
    }
    expected.delete(name);
  }
  const [absent] = expected.keys();
  if (absent !== undefined)
    throw new TestbedError("fetch_failed", `${absent} was expected and did not come.`);
}
