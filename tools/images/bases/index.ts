// SPDX-License-Identifier: Apache-2.0
import type { DockerClient } from "../docker-client.ts";
import { alpineRecipe, nodeAlpineRecipe } from "./alpine.ts";
import { debianSlimRecipe, distrolessRecipe, nodeSlimRecipe } from "./debian.ts";
import type { Materials } from "./materials.ts";
import { rcloneRecipe } from "./rclone.ts";
import { type BaseRecipe, ensureBase } from "./recipe.ts";

export { findMaterials } from "./materials.ts";

/** The build argument of a Dockerfile that names a base image → the local image that can stand for the public one. */
const recipes = {
  BUILD_IMAGE: nodeSlimRecipe,
  NODE_IMAGE: nodeAlpineRecipe,
  ALPINE_IMAGE: alpineRecipe,
  DEBIAN_IMAGE: debianSlimRecipe,
  DISTROLESS_IMAGE: distrolessRecipe,
  RCLONE_IMAGE: rcloneRecipe,
} as const satisfies Record<string, (materials: Materials) => BaseRecipe>;

export type BaseArgument = keyof typeof recipes;

/** Names of all build arguments that a local base exists for. */
export function isBaseArgument(name: string): name is BaseArgument {
  return Object.hasOwn(recipes, name);
}

/** Makes the local image behind a build argument, if the engine does not have it yet; answers with its name. */
export function ensureLocalBase(
  docker: DockerClient,
  materials: Materials,
  argument: BaseArgument,
): Promise<string> {
  return ensureBase(docker, recipes[argument](materials));
}
