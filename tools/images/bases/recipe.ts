// SPDX-License-Identifier: Apache-2.0
import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import type { DockerClient } from "../docker-client.ts";
import { createRootFilesystem, type RootFilesystem } from "./root-filesystem.ts";

/** How a local base image comes about. */
export interface BaseRecipe {
  readonly name: string;
  /** Bumped whenever `fill` or `config` change: images of the same inputs and recipe are made once. */
  readonly revision: number;
  /** Files of this machine that the image depends on. */
  readonly inputs: readonly string[];
  readonly fill: (root: RootFilesystem) => Promise<void>;
  /** Dockerfile instructions that set the image's configuration. */
  readonly config: readonly string[];
}

/** Makes the image unless the engine has it, and answers with its name. */
export async function ensureBase(docker: DockerClient, recipe: BaseRecipe): Promise<string> {
  const image = `local/${recipe.name}:${await tagOf(recipe)}`;
  const { exitCode } = await docker.run(["image", "inspect", "--format", "{{.Id}}", image]);
  if (exitCode === 0) return image;
  await using root = await createRootFilesystem();
  await recipe.fill(root);
  const config = recipe.config.flatMap((instruction) => ["--change", instruction]);
  await docker.output(["import", ...config, "-", image], { tarOf: root.folder, timeoutMs: 300_000 });
  return image;
}

/** Changes with the recipe and with the size and time of its inputs. */
async function tagOf({ name, revision, inputs, config }: BaseRecipe): Promise<string> {
  const files = await Promise.all(
    inputs.map(async (path) => {
      const { size, mtimeMs } = await stat(path);
      return [path, size, mtimeMs];
    }),
  );
  const text = JSON.stringify([name, revision, config, files]);
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
