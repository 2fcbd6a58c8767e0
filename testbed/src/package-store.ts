// SPDX-License-Identifier: Apache-2.0
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { cacheKey, ensureEntry, existingEntry } from "./cache-entry.ts";
import { cacheRoot } from "./cache-root.ts";
import type { Environment } from "./environment.ts";
import { TestbedError } from "./errors.ts";
import { identity } from "./lock.ts";
import { platformProblem } from "./platform.ts";
import type { Package } from "./program.ts";
import type { Source } from "./source.ts";
import { type FetchContext, keyParts, prepare } from "./sources/index.ts";

/** What a person watching sees; every call is one event. */
export interface FetchObserver {
  /** A fetch starts. */
  readonly started?: (name: string, version: string) => void;
  /** A line of the package client. */
  readonly line?: (name: string, text: string) => void;
  /** Another process is fetching the same. */
  readonly waiting?: (name: string, holder: number) => void;
  readonly finished?: (name: string, version: string, durationMs: number) => void;
}

export type PackageFolder =
  | { readonly folder: string; readonly isNew: boolean }
  | { readonly folder: undefined; readonly reason: string };

/** The folder of a package in the cache, if it is there. */
export async function cachedPackage(wanted: Package, environment: Environment): Promise<string | undefined> {
  const root = await cacheRoot(environment);
  for (const source of wanted.sources) {
    const name = await entryName(wanted, source, environment);
    const folder = name === undefined ? undefined : await existingEntry({ root, name });
    if (folder !== undefined) return folder;
  }
  return undefined;
}

/**
 * The folder of a package, fetched if it is not in the cache; without a folder when the machine lacks the
 * toolchain of every source, with the sentence that names them.
 *
 * @throws {TestbedError} `fetch_failed` when the toolchain is there and the package did not come
 */
export async function obtainPackage(
  wanted: Package,
  environment: Environment,
  scratch: string,
  observer: FetchObserver = {},
): Promise<PackageFolder> {
  const cached = await cachedPackage(wanted, environment);
  if (cached !== undefined) return { folder: cached, isNew: false };
  await mkdir(scratch, { recursive: true });
  const onLine = (text: string): void => observer.line?.(wanted.name, text);
  const context: FetchContext = { environment, scratch, onLine };
  const way = await chooseSource(wanted, context);
  if ("lacks" in way) return { folder: undefined, reason: way.lacks };
  return fetchPackage(wanted, way.source, way.fetch, context, observer);
}

/** Why a package cannot come to this machine, as a sentence; `undefined` when it can, or might. */
export async function lackedBy(
  wanted: Package,
  environment: Environment,
  scratch: string,
): Promise<string | undefined> {
  await mkdir(scratch, { recursive: true });
  const way = await chooseSource(wanted, { environment, scratch });
  return "lacks" in way ? way.lacks : undefined;
}

type Way =
  | { readonly source: Source; readonly fetch: (folder: string) => Promise<void> }
  | { readonly lacks: string };

/** The first source whose toolchain the machine has. */
async function chooseSource(wanted: Package, context: FetchContext): Promise<Way> {
  const problem = platformProblem();
  if (problem !== undefined) return { lacks: problem };
  const lacking: string[] = [];
  for (const source of wanted.sources) {
    const prepared = await prepare(source, context);
    if (prepared.canFetch) return { source, fetch: prepared.fetch };
    lacking.push(prepared.lacks);
  }
  return {
    lacks: `${wanted.name} ${wanted.version} needs ${lacking.join(", or ")}, which this machine does not have.`,
  };
}

/** A scratch folder in the cache that one command's fetches share; removed on disposal. */
export async function openScratch(
  environment: Environment,
): Promise<AsyncDisposable & { readonly folder: string }> {
  const root = await cacheRoot(environment);
  // Named like a half-built entry, so that it is swept like one if this process dies.
  const folder = join(root, `.building ${identity(process.pid)} scratch-${crypto.randomUUID()}`);
  return {
    folder,
    async [Symbol.asyncDispose]() {
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function fetchPackage(
  wanted: Package,
  source: Source,
  fetch: (folder: string) => Promise<void>,
  context: FetchContext,
  observer: FetchObserver,
): Promise<PackageFolder> {
  const root = await cacheRoot(context.environment);
  const name = await entryName(wanted, source, context.environment);
  if (name === undefined)
    throw new TestbedError("fetch_failed", `The toolchain of ${wanted.name} went away while it was fetched.`);
  const build = async (folder: string): Promise<void> => {
    const startedAt = performance.now();
    observer.started?.(wanted.name, wanted.version);
    await fetch(folder);
    observer.finished?.(wanted.name, wanted.version, performance.now() - startedAt);
  };
  try {
    return await ensureEntry({ root, name }, build, (holder) => observer.waiting?.(wanted.name, holder));
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause;
    throw new TestbedError(
      "fetch_failed",
      `${wanted.name} ${wanted.version} could not be fetched: ${cause.message}`,
      { cause },
    );
  }
}

async function entryName(
  wanted: Package,
  source: Source,
  environment: Environment,
): Promise<string | undefined> {
  const parts = await keyParts(source, environment);
  return parts === undefined
    ? undefined
    : `${wanted.name}-${wanted.version}-${cacheKey([wanted.version, ...parts])}`;
}
