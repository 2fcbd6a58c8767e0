// SPDX-License-Identifier: Apache-2.0
export type { DockerClient, DockerResult } from "./docker-client.ts";
export type { Engine } from "./engine.ts";
export { type HardenedContainer, type RunOptions, runHardened, startHardened } from "./hardened.ts";
export { startTestImage, type TestImage } from "./test-image.ts";
