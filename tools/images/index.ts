// SPDX-License-Identifier: Apache-2.0
export { type BuildOptions, type BuildResult, basesFor, buildImage } from "./build-image.ts";
export { type DockerClient, type DockerResult } from "./docker-client.ts";
export { type Engine, type FoundEngine, openEngine } from "./engine.ts";
export { type HardenedContainer, type RunOptions, runHardened, startHardened } from "./hardened.ts";
