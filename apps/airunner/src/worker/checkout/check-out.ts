// SPDX-License-Identifier: Apache-2.0
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type Checkout, CheckoutError, type CheckoutOptions, type CheckoutParams } from "./checkout.ts";
import { Git } from "./git.ts";
import { createGitRules, defaultSshCommand } from "./git-environment.ts";
import { type RepositorySource, type Revision, toRepositorySource, toRevision } from "./repository-source.ts";

const defaultTimeoutMs = 10 * 60_000;
const allBranches = "+refs/heads/*:refs/remotes/origin/*";
/** What a server that gives no single commit says, in the versions of git and of its relatives. */
const refusesCommit =
  /not our ref|unadvertised object|couldn't find remote ref|no such remote ref|not advertised/i;

/**
 * Fetches a repository and checks one revision out, without a shell, hooks, or a question to anybody.
 *
 * The checkout is on its branch where one was asked for or is the default, else detached.
 *
 * @throws {CheckoutError}
 */
export async function checkOut(options: CheckoutOptions): Promise<Checkout> {
  const startedAt = performance.now();
  const { params, workspace, allowFile = false } = options;
  const source = toRepositorySource(params.repository, allowFile);
  const revision = toRevision(params);
  if (!Number.isSafeInteger(params.depth) || params.depth < -1)
    throw new CheckoutError(
      "invalid_reference",
      `The depth is ${params.depth}: it must be -1 (all) or more.`,
    );
  const directory = join(workspace, "repository");
  await mkdir(directory);
  const git = createGit(options, source, directory);
  await git.run(["init", "--quiet", "--template=", "."]);
  await git.run(["remote", "add", "origin", source.url]);
  await new Fetch(git, params).checkOut(revision);
  if (params.submodules) await updateSubmodules(git, params);
  const { stdout: commitSha } = await git.run(["rev-parse", "--verify", "HEAD"]);
  return { directory, commitSha, durationMs: performance.now() - startedAt };
}

function createGit(options: CheckoutOptions, source: RepositorySource, directory: string): Git {
  const { gitEnv, signal, guard, allowFile = false, timeoutMs = defaultTimeoutMs, onProgress } = options;
  return new Git({
    env: {
      GIT_SSH_COMMAND: defaultSshCommand,
      ...gitEnv,
      ...createGitRules(allowFile),
      ...loginConfig(source),
    },
    cwd: directory,
    signal,
    deadline: performance.now() + timeoutMs,
    timeoutMs,
    guard,
    redact: (line) => redact(line, source),
    onProgress,
  });
}

/** A login goes by the environment: a command line is for all to see, and the checkout is the job's. */
function loginConfig({ login }: RepositorySource): Readonly<Record<string, string>> {
  if (login === undefined) return {};
  const [withLogin, without] = login;
  return {
    GIT_CONFIG_COUNT: "1",
    GIT_CONFIG_KEY_0: `url.${withLogin}.insteadOf`,
    GIT_CONFIG_VALUE_0: without,
  };
}

function redact(line: string, { secrets }: RepositorySource): string {
  let text = line.replaceAll(/([a-z][a-z0-9+.-]*:\/\/)[^/\s@']*@/gi, "$1");
  for (const secret of secrets) text = text.replaceAll(secret, "[redacted]");
  return text;
}

function depthArgs({ depth }: CheckoutParams): readonly string[] {
  return depth === -1 ? ["--tags"] : ["--no-tags", "--depth", String(depth === 0 ? 1 : depth)];
}

async function updateSubmodules(git: Git, params: CheckoutParams): Promise<void> {
  const depth = params.depth === -1 ? [] : ["--depth", String(params.depth === 0 ? 1 : params.depth)];
  await git.run(["submodule", "update", "--init", "--recursive", "--progress", ...depth]);
}

/** Gets a revision by what its server allows. */
class Fetch {
  readonly #git: Git;
  readonly #params: CheckoutParams;

  constructor(git: Git, params: CheckoutParams) {
    this.#git = git;
    this.#params = params;
  }

  async checkOut(revision: Revision): Promise<void> {
    switch (revision.kind) {
      case "default branch":
        return await this.#checkOutDefault();
      case "name":
        return await this.#checkOutName(revision.name);
      case "commit":
        return await this.#checkOutCommit(revision);
    }
  }

  async #checkOutDefault(): Promise<void> {
    const { stdout } = await this.#git.run(["ls-remote", "--symref", "origin", "HEAD"]);
    // "ref: refs/heads/main<tab>HEAD", then "<id><tab>HEAD"; only the latter where HEAD is detached.
    const branch = /^ref: refs\/heads\/(\S+)\tHEAD$/m.exec(stdout)?.[1];
    if (branch !== undefined) return await this.#checkOutName(toName(branch));
    const id = /^([0-9a-f]{40,64})\tHEAD$/m.exec(stdout)?.[1];
    if (id !== undefined) return await this.#checkOutCommit({ id, isFull: true });
    throw new CheckoutError("git_failed", "The repository has no default branch; name a branch or a commit.");
  }

  async #checkOutName(name: string): Promise<void> {
    const branch = `refs/remotes/origin/${name}`;
    if (await this.#fetchIfThere(`+refs/heads/${name}:${branch}`)) {
      await this.#git.run(["checkout", "--quiet", "-B", name, "--track", branch]);
      return;
    }
    const tag = `refs/tags/${name}`;
    if (!(await this.#fetchIfThere(`+${tag}:${tag}`)))
      throw new CheckoutError("git_failed", `The repository has no branch and no tag named "${name}".`);
    await this.#git.run(["checkout", "--quiet", "--detach", tag]);
  }

  async #checkOutCommit({ id, isFull }: { id: string; isFull: boolean }): Promise<void> {
    if (!isFull || !(await this.#fetchIfThere(id))) await this.#fetchAll();
    const { exitCode, stdout } = await this.#git.try(["rev-parse", "--verify", "--quiet", `${id}^{commit}`]);
    if (exitCode !== 0)
      throw new CheckoutError("git_failed", `The repository has no commit ${id}, or several that start so.`);
    await this.#git.run(["checkout", "--quiet", "--detach", stdout]);
  }

  /** @returns `false` where the server has no such reference, or gives no commit that is not a tip */
  async #fetchIfThere(refspec: string): Promise<boolean> {
    const { singleBranch } = this.#params;
    const args = ["fetch", "--progress", "--no-recurse-submodules", ...depthArgs(this.#params)];
    args.push("origin", refspec, ...(singleBranch ? [] : [allBranches]));
    const answer = await this.#git.try(args);
    if (answer.exitCode === 0) return true;
    if (refusesCommit.test(answer.stderr)) return false;
    throw this.#git.failure(args, answer);
  }

  async #fetchAll(): Promise<void> {
    await this.#git.run(["fetch", "--progress", "--no-recurse-submodules", "--tags", "origin", allBranches]);
  }
}

/** The name that a server gives its default branch is handed to git too. */
function toName(branch: string): string {
  const revision = toRevision({ commit: "", branch });
  if (revision.kind !== "name") throw new TypeError("a branch is a name");
  return revision.name;
}
