// SPDX-License-Identifier: Apache-2.0
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ensureLocalBase, findMaterials, isBaseArgument } from "./bases/index.ts";
import { globalArguments } from "./dockerfile.ts";
import type { Engine } from "./engine.ts";

/** Longest build: a cold one installs packages from the network. */
const buildMs = 20 * 60_000;

export interface BuildOptions {
  /** Root of the repository, which is the build's context. */
  readonly root: string;
  /** Folder name below `apps/`. */
  readonly app: string;
  /** Names of the image; at least one. */
  readonly tags: readonly [string, ...string[]];
  /** Build arguments; they win over local bases. */
  readonly args?: Readonly<Record<string, string>>;
  /** `public` takes the Dockerfile's own bases, `local` makes them from what this machine has. */
  readonly bases: Bases;
  readonly onLine?: (line: string) => void;
}

export type Bases = "public" | "local";

export type BuildResult =
  | { readonly status: "built"; readonly image: string; readonly id: string }
  | { readonly status: "missing"; readonly reason: string };

/** A private engine reaches no registry as a rule; the variable `IMAGE_BASES` (`public` or `local`) decides otherwise. */
export function basesFor(kind: Engine["kind"], env: Readonly<Record<string, string | undefined>>): Bases {
  const wanted = env["IMAGE_BASES"];
  if (wanted === "public" || wanted === "local") return wanted;
  if (wanted !== undefined && wanted !== "")
    throw new RangeError(`IMAGE_BASES is "${wanted}"; it takes public or local.`);
  return kind === "private" ? "local" : "public";
}

/**
 * Builds `apps/<app>/Dockerfile` with BuildKit.
 *
 * @returns `missing` with a sentence where local bases are wanted and cannot be made here
 * @throws with the end of the build's output when it fails
 */
export async function buildImage(engine: Engine, options: BuildOptions): Promise<BuildResult> {
  const { root, app, tags, bases, onLine } = options;
  const file = join(root, "apps", app, "Dockerfile");
  const local =
    bases === "local" ? await localArguments(engine, file) : { status: "available" as const, args: {} };
  if (local.status === "missing") return local;
  const args = Object.entries({ ...local.args, ...options.args });
  const flags = [
    `--file=${file}`,
    // Without a bridge a container that asks for no network has none.
    ...(engine.kind === "private" ? ["--network=host"] : []),
    ...tags.map((tag) => `--tag=${tag}`),
    ...args.map(([name, value]) => `--build-arg=${name}=${value}`),
  ];
  await engine.docker.output(["build", ...flags, root], {
    timeoutMs: buildMs,
    ...(onLine === undefined ? {} : { onLine }),
  });
  const id = await engine.docker.output(["image", "inspect", "--format", "{{.Id}}", tags[0]]);
  return { status: "built", image: tags[0], id };
}

type LocalArguments =
  | { readonly status: "available"; readonly args: Readonly<Record<string, string>> }
  | { readonly status: "missing"; readonly reason: string };

async function localArguments(engine: Engine, file: string): Promise<LocalArguments> {
  const found = await findMaterials();
  if (found.status === "missing") return found;
  const args: Record<string, string> = {};
  for (const { name } of globalArguments(await readFile(file, "utf8"))) {
    if (isBaseArgument(name)) args[name] = await ensureLocalBase(engine.docker, found.materials, name);
  }
  return { status: "available", args };
}
