// SPDX-License-Identifier: Apache-2.0
import { join } from "node:path";
import { packageOf } from "./catalogue.ts";
import type { Environment } from "./environment.ts";
import { launchFrom } from "./launch.ts";
import { findOwnProgram } from "./own-program.ts";
import { cachedPackage, type FetchObserver, obtainPackage, openScratch } from "./package-store.ts";
import type { Available, Found, Package, Program } from "./program.ts";

export interface FindOptions {
  /** Default: this process's own. */
  readonly environment?: Environment;
  readonly observer?: FetchObserver;
}

/**
 * A program of the testbed, in this order: the copy that its variable names, one on PATH in a sufficient
 * version, the one in the cache, else fetched into the cache.
 *
 * @returns `missing` with a sentence when the machine lacks the toolchain that the program comes with
 * @throws {TestbedError} `fetch_failed` when the toolchain is there and the program did not come;
 *   `unsuitable_program` when the variable names something that cannot be used; `unknown_program`
 */
export async function findProgram(name: string, options: FindOptions = {}): Promise<Found> {
  const environment = options.environment ?? process.env;
  const local = await locateProgram(name, environment);
  if (local !== undefined) return local;
  const { package: wanted, program } = packageOf(name);
  await using scratch = await openScratch(environment);
  const result = await obtainPackage(wanted, environment, scratch.folder, options.observer);
  if (result.folder === undefined)
    return { status: "missing", name, version: program.version ?? wanted.version, reason: result.reason };
  return inFolder(name, wanted, program, result.folder, result.isNew ? "fetched" : "cache", environment);
}

/** As {@link findProgram}, without fetching; `undefined` when it is nowhere. */
export async function locateProgram(name: string, environment: Environment): Promise<Available | undefined> {
  const { package: wanted, program } = packageOf(name);
  const own = program.own === undefined ? undefined : await findOwnProgram(program.own, environment);
  if (own !== undefined) {
    const launch = { command: own.path, args: [], env: {} };
    return { status: "available", name, version: own.version, origin: own.origin, path: own.path, launch };
  }
  const folder = await cachedPackage(wanted, environment);
  return folder === undefined ? undefined : inFolder(name, wanted, program, folder, "cache", environment);
}

async function inFolder(
  name: string,
  wanted: Package,
  program: Program,
  folder: string,
  origin: "cache" | "fetched",
  environment: Environment,
): Promise<Available> {
  const launch = await launchFrom(folder, program.start, environment);
  const path = program.start.kind === "binary" ? join(folder, program.start.file) : folder;
  return { status: "available", name, version: program.version ?? wanted.version, origin, path, launch };
}
