// SPDX-License-Identifier: Apache-2.0
import { join } from "node:path";
import { execa } from "execa";

export interface CommandOptions {
  /** Standard input, e.g. a manifest for `apply -f -`. */
  readonly input?: string;
  /** Milliseconds until the command is killed; default 60 000. */
  readonly timeoutMs?: number;
}

export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one program with arguments; answers with its exit code, whatever that is. */
export type CommandRunner = (args: readonly string[], options?: CommandOptions) => Promise<CommandResult>;

/**
 * A runner of kubectl or helm against one cluster.
 *
 * Settings and caches of the person who runs the tests are out of its sight: everything goes below `folder`.
 *
 * @throws when the program cannot be started or takes too long
 */
export function createCommandRunner(program: string, kubeconfig: string, folder: string): CommandRunner {
  const home = join(folder, "home");
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: home,
    KUBECONFIG: kubeconfig,
    KUBECACHEDIR: join(home, "kube-cache"),
    HELM_CACHE_HOME: join(home, "helm-cache"),
    HELM_CONFIG_HOME: join(home, "helm-config"),
    HELM_DATA_HOME: join(home, "helm-data"),
  };
  return async (args, { input = "", timeoutMs = 60_000 } = {}) => {
    const result = await execa(program, args, {
      env,
      extendEnv: false,
      input,
      reject: false,
      timeout: timeoutMs,
    });
    if (result.exitCode === undefined)
      throw new Error(`${program}: ${result.shortMessage}`, { cause: result.cause });
    return { exitCode: result.exitCode, stdout: result.stdout, stderr: result.stderr };
  };
}

/** The standard output of a command that must succeed. */
export async function outputOf(result: Promise<CommandResult>): Promise<string> {
  const { exitCode, stdout, stderr } = await result;
  if (exitCode !== 0) throw new Error(`The command ended with exit code ${exitCode}:\n${stderr}`);
  return stdout;
}
