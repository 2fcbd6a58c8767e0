// SPDX-License-Identifier: Apache-2.0
import { createDockerClient, type DockerClient } from "./docker-client.ts";
import { findPrivateEngineProblem, startPrivateEngine } from "./private-engine.ts";

/** A container engine that answers. Disposing stops it if it was started for us, else does nothing. */
export interface Engine extends AsyncDisposable {
  readonly docker: DockerClient;
  /** `daemon` runs on this machine anyway; `private` was started by us, keeps its own images and has no bridge. */
  readonly kind: "daemon" | "private";
  readonly version: string;
}

export type FoundEngine =
  | { readonly status: "available"; readonly engine: Engine }
  | { readonly status: "missing"; readonly reason: string };

/**
 * Finds a container engine: the one that `DOCKER_HOST` or the docker client's context names, else, where this
 * is root on a machine with apt, a private one that is installed if need be and lives as long as the answer.
 *
 * Only one process at a time uses the private engine; a second one waits.
 *
 * @returns `missing` with one sentence when there is neither
 * @throws when an engine could be started and does not come up
 */
export async function openEngine(): Promise<FoundEngine> {
  const daemon = createDockerClient("docker");
  const version = await serverVersion(daemon);
  if (version !== undefined) {
    const engine: Engine = {
      docker: daemon,
      kind: "daemon",
      version,
      [Symbol.asyncDispose]: async () => undefined,
    };
    return { status: "available", engine };
  }
  const problem = await findPrivateEngineProblem();
  if (problem !== undefined) {
    return {
      status: "missing",
      reason: `Images need a container engine: start Docker, set DOCKER_HOST, or ${problem}.`,
    };
  }
  return { status: "available", engine: await startPrivateEngine() };
}

/** The engine's version, or `undefined` when nothing answers or there is no client. */
export async function serverVersion(docker: DockerClient): Promise<string | undefined> {
  try {
    const { exitCode, stdout } = await docker.run(["version", "--format", "{{.Server.Version}}"]);
    return exitCode === 0 && stdout !== "" ? stdout.trim() : undefined;
  } catch {
    return undefined;
  }
}
