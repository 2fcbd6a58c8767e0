// SPDX-License-Identifier: Apache-2.0
import type { DockerResult } from "./docker-client.ts";
import type { Engine } from "./engine.ts";

/** What a restricted pod gets: no root, no capabilities, nothing to write to but /tmp. */
const hardening = [
  "--read-only",
  "--tmpfs=/tmp",
  "--user=65532:65532",
  "--cap-drop=ALL",
  "--security-opt=no-new-privileges",
  "--network=host",
];

export interface RunOptions {
  readonly image: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Further options of `docker run`, e.g. `--memory=256m`. */
  readonly options?: readonly string[];
  /** Milliseconds until the run is given up; default 60 000. */
  readonly timeoutMs?: number;
}

/** Runs a container to its end, hardened; its output and exit code. The container is removed. */
export function runHardened(engine: Engine, options: RunOptions): Promise<DockerResult> {
  const { timeoutMs = 60_000 } = options;
  return engine.docker.run(["run", "--rm", ...runArguments(options)], { timeoutMs });
}

/** A container in the background; disposing kills and removes it. */
export interface HardenedContainer extends AsyncDisposable {
  readonly id: string;
  signal(name: "TERM" | "INT" | "KILL"): Promise<void>;
  /** Waits for its end; the exit code. */
  wait(timeoutMs?: number): Promise<number>;
  logs(): Promise<DockerResult>;
  /** What the image's HEALTHCHECK says so far: starting, healthy or unhealthy. */
  health(): Promise<string>;
}

/** Starts a container, hardened. */
export async function startHardened(engine: Engine, options: RunOptions): Promise<HardenedContainer> {
  const { docker } = engine;
  const id = await docker.output(["run", "--detach", ...runArguments(options)]);
  return {
    id,
    async signal(name) {
      await docker.output(["kill", `--signal=${name}`, id]);
    },
    wait: async (timeoutMs = 60_000) => Number(await docker.output(["wait", id], { timeoutMs })),
    logs: () => docker.run(["logs", id]),
    health: () => docker.output(["inspect", "--format", "{{.State.Health.Status}}", id]),
    async [Symbol.asyncDispose]() {
      await docker.run(["rm", "--force", "--volumes", id]);
    },
  };
}

function runArguments({ image, args = [], env = {}, options = [] }: RunOptions): string[] {
  const variables = Object.entries(env).map(([name, value]) => `--env=${name}=${value}`);
  return [...hardening, ...variables, ...options, image, ...args];
}
