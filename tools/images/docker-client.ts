// SPDX-License-Identifier: Apache-2.0
import { execa } from "execa";

export interface DockerResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface DockerCall {
  /** Milliseconds until the call is given up; default 60 000. */
  readonly timeoutMs?: number;
  /** Called with each line of both streams as it comes; for progress. */
  readonly onLine?: (line: string) => void;
  /** Folder whose content is piped in as a tar archive, for `import`. */
  readonly tarOf?: string;
}

/** The docker command line against one engine. */
export interface DockerClient {
  /** Runs a command and answers whatever its exit code; standard output and error apart. */
  run(args: readonly string[], call?: DockerCall): Promise<DockerResult>;
  /** The trimmed standard output of a command that must succeed; else throws with the end of its errors. */
  output(args: readonly string[], call?: DockerCall): Promise<string>;
}

/**
 * A client that starts `program`; `host` is the engine's address, by default what the environment says.
 * BuildKit is always on: the Dockerfiles need it.
 */
export function createDockerClient(program: string, host?: string): DockerClient {
  const env = {
    DOCKER_BUILDKIT: "1",
    BUILDKIT_PROGRESS: "plain",
    ...(host === undefined ? {} : { DOCKER_HOST: host }),
  };
  const run = async (args: readonly string[], call: DockerCall = {}): Promise<DockerResult> => {
    const child = execa(program, args, {
      env,
      reject: false,
      timeout: call.timeoutMs ?? 60_000,
      ...(call.tarOf === undefined
        ? { stdin: "ignore" as const }
        : {
            stdin: execa("tar", ["--create", "--owner=0", "--group=0", "--directory", call.tarOf, "."], {
              buffer: false,
              encoding: "buffer",
            }).stdout,
          }),
      all: true,
    });
    if (call.onLine !== undefined)
      for await (const line of child.iterable({ from: "all" })) call.onLine(line);
    const result = await child;
    if (result.exitCode === undefined) throw new Error(result.shortMessage, { cause: result.cause });
    return { exitCode: result.exitCode, stdout: result.stdout, stderr: result.stderr };
  };
  return {
    run,
    async output(args, call) {
      const { exitCode, stdout, stderr } = await run(args, call);
      if (exitCode === 0) return stdout.trim();
      const tail = stderr.split("\n").slice(-20).join("\n");
      throw new Error(`docker ${args[0] ?? ""} ended with exit code ${exitCode}:\n${tail}`);
    },
  };
}
