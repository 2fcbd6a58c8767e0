// SPDX-License-Identifier: Apache-2.0
import { chmod, copyFile, mkdir, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Environment } from "../environment.ts";
import { TestbedError } from "../errors.ts";
import { findOnPath } from "../path-lookup.ts";
import { ask, runTool } from "../run.ts";
import type { DebianSource } from "../source.ts";
import { findToolchain } from "../toolchains.ts";
import { otherSuite } from "./debian-suite.ts";
import { type FetchContext, type Prepared, type SourceKind, sha256OfFile } from "./source-kind.ts";

/** `apt-get download` and `dpkg-deb --extract`: nothing is installed, and no root is needed. */
export const debianSource: SourceKind<DebianSource> = { keyParts, prepare };

interface Offer {
  /** Version and architecture, as in {@link DebianSource.sha256}. */
  readonly id: string;
  readonly version: string;
  readonly sha256: string;
  /** Options that make apt-get see the package lists which have it. */
  readonly options: readonly string[];
}

async function keyParts(
  source: DebianSource,
  environment: Environment,
): Promise<readonly string[] | undefined> {
  return (await findToolchain("apt", environment)) === undefined
    ? undefined
    : ["debian", JSON.stringify(source), process.arch];
}

async function prepare(source: DebianSource, context: FetchContext): Promise<Prepared> {
  const versions = [...new Set(Object.keys(source.sha256).map((id) => id.split(" ")[0]))].join(" or ");
  const lacks = `apt with ${source.package} ${versions}`;
  const apt = await findToolchain("apt", context.environment);
  if (apt === undefined || (await findOnPath("dpkg-deb", context.environment)) === undefined)
    return { canFetch: false, lacks };
  const offer = await findOffer(apt.command, source, context);
  if (offer === undefined) return { canFetch: false, lacks };
  return { canFetch: true, fetch: (folder) => fetchOffer(apt.command, source, offer, folder, context) };
}

/** Looks in the machine's package lists, and in fresh private ones where those are absent or old. */
async function findOffer(
  apt: string,
  source: DebianSource,
  context: FetchContext,
): Promise<Offer | undefined> {
  const present = await offerIn(apt, source, []);
  if (present !== undefined) return present;
  const lists = join(context.scratch, "apt");
  await mkdir(join(lists, "lists", "partial"), { recursive: true });
  await mkdir(join(lists, "cache", "archives", "partial"), { recursive: true });
  const options = [
    "-o",
    `Dir::State::lists=${join(lists, "lists")}`,
    "-o",
    `Dir::Cache=${join(lists, "cache")}`,
    "-o",
    "Debug::NoLocking=true",
  ];
  const { onLine } = context;
  await runTool(apt, [...options, "--quiet", "update"], { onLine });
  const fresh = await offerIn(apt, source, options);
  if (fresh !== undefined || source.suite === undefined) return fresh;
  const other = await otherSuite({ apt, suite: source.suite, options, folder: lists, onLine });
  return other === undefined ? undefined : offerIn(apt, source, other);
}

/** One of our pinned packages as apt's signed lists have it; apt says `'URL' FILE SIZE SHA256:…`. */
async function offerIn(
  apt: string,
  source: DebianSource,
  options: readonly string[],
): Promise<Offer | undefined> {
  for (const id of Object.keys(source.sha256)) {
    const [version = ""] = id.split(" ");
    const answer = await ask(apt, [...options, "download", "--print-uris", `${source.package}=${version}`]);
    const sha256 = answer === undefined ? undefined : /SHA256:([0-9a-f]{64})/.exec(answer)?.[1];
    if (sha256 !== undefined && sha256 === source.sha256[id]) return { id, version, sha256, options };
  }
  return undefined;
}

async function fetchOffer(
  apt: string,
  source: DebianSource,
  offer: Offer,
  folder: string,
  context: FetchContext,
): Promise<void> {
  const work = join(context.scratch, `debian ${source.package}`);
  await mkdir(work, { recursive: true });
  const { onLine } = context;
  await runTool(apt, [...offer.options, "--quiet", "download", `${source.package}=${offer.version}`], {
    cwd: work,
    onLine,
  });
  const file = (await readdir(work)).find((name) => name.endsWith(".deb"));
  if (file === undefined)
    throw new TestbedError("fetch_failed", `apt-get download brought no package ${source.package}.`);
  const sum = await sha256OfFile(join(work, file));
  if (sum !== offer.sha256) {
    throw new TestbedError(
      "fetch_failed",
      `${file} came with SHA-256 ${sum}, and ${offer.sha256} was expected.`,
    );
  }
  await runTool("dpkg-deb", ["--extract", join(work, file), join(work, "unpacked")], { onLine });
  for (const [from, to] of Object.entries(source.files)) {
    const target = join(folder, to);
    await mkdir(dirname(target), { recursive: true });
    await copyFile(join(work, "unpacked", from), target);
    await chmod(target, 0o755);
  }
}
