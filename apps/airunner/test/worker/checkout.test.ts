// SPDX-License-Identifier: Apache-2.0
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { testDirectory, waitFor } from "@repo/testkit";
import { afterAll, test as base, beforeAll } from "vitest";
import { checkOut } from "../../src/worker/checkout/check-out.ts";
import type { Checkout, CheckoutOptions, CheckoutParams } from "../../src/worker/checkout/checkout.ts";
import { createGitEnvironment } from "../../src/worker/checkout/git-environment.ts";
import { commit, type GitServer, git, startGitServer } from "./git-server.ts";
import { openFiles, zombies } from "./process-harness.ts";

interface World {
  readonly root: string;
  readonly server: GitServer;
  /** Ids of the commits of "main", oldest first. */
  readonly main: readonly string[];
  readonly feature: string;
  readonly progress: readonly string[];
  /** Checks `project.git` out of the server, into a workspace of its own. */
  checkOut(params?: Partial<CheckoutParams>, options?: Partial<CheckoutOptions>): Promise<Checkout>;
}

const plainParams = { commit: "", branch: "", depth: 0, singleBranch: true, submodules: false };

interface Template extends AsyncDisposable {
  readonly path: string;
  readonly main: readonly string[];
  readonly feature: string;
}

let template: Template;

beforeAll(async () => {
  const directory = await testDirectory("airunner");
  template = Object.assign(directory, await makeRepositories(directory.path));
});

afterAll(async () => {
  await template[Symbol.asyncDispose]();
});

/** A repository with three commits on "main", a branch "feature/one", a tag "v1" at the first commit, a submodule. */
async function makeRepositories(root: string): Promise<Pick<World, "main" | "feature">> {
  const library = join(root, "library");
  await git(root, "init", "--quiet", "--initial-branch=main", library);
  await commit(library, { "library.txt": "from the submodule" });
  await git(root, "clone", "--quiet", "--bare", library, "library.git");
  const project = join(root, "project");
  await git(root, "init", "--quiet", "--initial-branch=main", project);
  const main = [await commit(project, { "a.txt": "one" })];
  await git(project, "tag", "v1");
  await git(project, "checkout", "--quiet", "-b", "feature/one");
  const feature = await commit(project, { "feature.txt": "yes" });
  await git(project, "checkout", "--quiet", "main");
  await git(project, "submodule", "--quiet", "add", "../library.git", "sub/library");
  main.push(await commit(project, { "a.txt": "two" }), await commit(project, { "a.txt": "three" }));
  await git(root, "clone", "--quiet", "--bare", project, "project.git");
  return { main, feature };
}

const test = base.extend<{ world: World }>({
  // oxlint-disable-next-line no-empty-pattern -- vitest reads from the braces that this fixture needs no other
  world: async ({}, use) => {
    await using directory = await testDirectory("airunner");
    const root = directory.path;
    await cp(template.path, root, { recursive: true });
    await using server = await startGitServer(root);
    const progress: string[] = [];
    await use({
      root,
      server,
      main: template.main,
      feature: template.feature,
      progress,
      async checkOut(params, options) {
        return await checkOut({
          params: {
            repository: `${server.url}/project.git`,
            ...plainParams,
            ...params,
          },
          workspace: await mkdtemp(join(root, "workspace-")),
          gitEnv: createGitEnvironment({ PATH: process.env.PATH, HOME: root }),
          signal: new AbortController().signal,
          onProgress: (line) => void progress.push(line),
          ...options,
        });
      },
    });
  },
});

async function history({ directory }: Checkout): Promise<number> {
  return Number(await git(directory, "rev-list", "--count", "HEAD"));
}

test("checks the default branch out, one commit deep, and tells the commit", async ({ world, expect }) => {
  const checkout = await world.checkOut();
  expect(checkout.commitSha).toBe(world.main[2]);
  expect(await readFile(join(checkout.directory, "a.txt"), "utf8")).toBe("three");
  expect(await history(checkout)).toBe(1);
  expect(await git(checkout.directory, "branch", "--show-current")).toBe("main");
  expect(await git(checkout.directory, "branch", "--remotes")).toBe("origin/main");
  expect(checkout.durationMs).toBeGreaterThan(0);
  expect(world.progress.join("\n")).toMatch(/remote: .*objects/);
});

test("goes as deep as it is told, and all the way", async ({ world, expect }) => {
  expect(await history(await world.checkOut({ depth: 2 }))).toBe(2);
  const all = await world.checkOut({ depth: -1 });
  expect(await history(all)).toBe(3);
  expect(await git(all.directory, "tag")).toBe("v1");
});

test("fetches all branches when it is told so", async ({ world, expect }) => {
  const checkout = await world.checkOut({ singleBranch: false });
  expect(checkout.commitSha).toBe(world.main[2]);
  expect((await git(checkout.directory, "branch", "--remotes")).split(/\s+/)).toEqual([
    "origin/feature/one",
    "origin/main",
  ]);
});

test.for([
  ["a branch", { branch: "feature/one" }, "feature/one"],
  ["a branch by its full name", { branch: "refs/heads/feature/one" }, "feature/one"],
  ["a branch in the place of a commit", { commit: "feature/one", branch: "main" }, "feature/one"],
] as const)("checks out %s", async ([, params, branch], { world, expect }) => {
  const checkout = await world.checkOut(params);
  expect(checkout.commitSha).toBe(world.feature);
  expect(await git(checkout.directory, "branch", "--show-current")).toBe(branch);
});

test("checks out a tag", async ({ world, expect }) => {
  const checkout = await world.checkOut({ branch: "v1" });
  expect(checkout.commitSha).toBe(world.main[0]);
});

test("checks out names with more than letters, as monorepos and issue trackers make them", async ({
  world,
  expect,
}) => {
  const bare = join(world.root, "project.git");
  await git(bare, "tag", "@scope/pkg@1.0.0", world.main[0] ?? "");
  await git(bare, "branch", "fix/#12=100%,größe", world.feature);
  expect((await world.checkOut({ branch: "@scope/pkg@1.0.0" })).commitSha).toBe(world.main[0]);
  expect((await world.checkOut({ branch: "fix/#12=100%,größe" })).commitSha).toBe(world.feature);
});

test("takes a branch where a tag has the same name", async ({ world, expect }) => {
  await git(join(world.root, "project.git"), "tag", "feature/one", "main");
  expect((await world.checkOut({ branch: "feature/one" })).commitSha).toBe(world.feature);
});

test("fetches one commit where the server gives any", async ({ world, expect }) => {
  const checkout = await world.checkOut({ commit: world.main[1] ?? "", branch: "main" });
  expect(checkout.commitSha).toBe(world.main[1]);
  expect(await history(checkout)).toBe(1);
});

test("fetches everything where the server gives only tips", async ({ world, expect }) => {
  world.server.isNew = false;
  const checkout = await world.checkOut({ commit: world.main[1] ?? "" });
  expect(checkout.commitSha).toBe(world.main[1]);
  expect(await history(checkout)).toBe(2);
});

test("finds a commit by the start of its id", async ({ world, expect }) => {
  const checkout = await world.checkOut({ commit: world.main[1]?.slice(0, 10) ?? "" });
  expect(checkout.commitSha).toBe(world.main[1]);
});

test("checks submodules out, only when told so", async ({ world, expect }) => {
  const without = await world.checkOut();
  expect(await readdir(join(without.directory, "sub/library"))).toEqual([]);
  const checkout = await world.checkOut({ submodules: true });
  expect(await readFile(join(checkout.directory, "sub/library/library.txt"), "utf8")).toBe(
    "from the submodule",
  );
});

test.for([
  ["branch", { branch: "nope" }, /no branch and no tag named "nope"/],
  ["commit", { commit: "1234567890" }, /no commit 1234567890/],
  ["full commit", { commit: "1".repeat(40) }, /no commit 1111/],
] as const)("says that a %s is missing", async ([, params, message], { world, expect }) => {
  await expect(world.checkOut(params)).rejects.toMatchObject({
    name: "CheckoutError",
    code: "git_failed",
    message: expect.stringMatching(message),
  });
});

base.for([
  ["an option for a branch", { branch: "--upload-pack=x" }, "invalid_reference", /The branch is no name/],
  ["an option for a commit", { commit: "-x" }, "invalid_reference", /The commit is no name/],
  ["a branch with ..", { branch: "a..b" }, "invalid_reference", /The branch is no name/],
  ["a branch with a space", { branch: "a b" }, "invalid_reference", /The branch is no name/],
  ["an earlier branch", { branch: "@{-1}" }, "invalid_reference", /The branch is no name/],
  ["a refspec", { branch: "main:main" }, "invalid_reference", /The branch is no name/],
  ["a program of git", { repository: "ext::sh%20-c%20x" }, "invalid_repository", /start a program/],
  [
    "an option for an address",
    { repository: "--upload-pack=x" },
    "invalid_repository",
    /starts with no host/,
  ],
  ["a file", { repository: "file:///etc" }, "invalid_repository", /does not allow/],
  ["a path", { repository: "/etc" }, "invalid_repository", /does not allow/],
  ["an unknown scheme", { repository: "ftp://example.com/x" }, "invalid_repository", /scheme other than/],
  ["a password", { repository: "https://a:hunter2@example.com/x" }, "invalid_repository", /holds a password/],
  ["a depth below all", { depth: -2 }, "invalid_reference", /depth is -2/],
] as const)("refuses %s before git is asked", async ([, params, code, message], { expect }) => {
  const outcome = checkOut({
    params: { ...plainParams, repository: "https://example.com/x", ...params },
    workspace: "/nonexistent",
    gitEnv: {},
    signal: new AbortController().signal,
    onProgress: () => undefined,
  });
  const error = await outcome.catch((caught: unknown) => caught);
  expect(error).toMatchObject({ name: "CheckoutError", code, message: expect.stringMatching(message) });
  expect(String(error)).not.toContain("hunter2");
});

test("says that a repository is missing, with git's words", async ({ world, expect }) => {
  const error = await world
    .checkOut({ repository: `${world.server.url}/none.git` })
    .catch((caught: unknown) => caught);
  expect(error).toMatchObject({
    code: "git_failed",
    message: expect.stringMatching(/exit code 128: .*not found/),
  });
  expect(error).toHaveProperty("stderr", expect.stringContaining("not found"));
});

test("says that a repository is empty", async ({ world, expect }) => {
  await git(world.root, "init", "--quiet", "--bare", "empty.git");
  await expect(world.checkOut({ repository: `${world.server.url}/empty.git` })).rejects.toThrow(
    /no default branch/,
  );
});

test("takes a file where the worker allows it", async ({ world, expect }) => {
  const checkout = await world.checkOut(
    { repository: `file://${world.root}/project.git` },
    { allowFile: true },
  );
  expect(checkout.commitSha).toBe(world.main[2]);
});

test("lets no submodule start a program or read files of the worker", async ({ world, expect }) => {
  const project = join(world.root, "project");
  for (const url of ["ext::sh -c touch% started", `file://${world.root}/library.git`]) {
    await git(project, "config", "--file", ".gitmodules", "submodule.sub/library.url", url);
    await commit(project, { "b.txt": url });
    await git(project, "push", "--quiet", "../project.git", "main");
    const error = await world.checkOut({ submodules: true }).catch((caught: unknown) => caught);
    expect(error).toMatchObject({
      code: "git_failed",
      stderr: expect.stringMatching(/transport '(?:ext|file)' not allowed/),
    });
  }
});

test("runs no hook, whatever the worker's user has configured", async ({ world, expect }) => {
  const hooks = join(world.root, "hooks");
  await mkdir(hooks);
  await writeFile(join(hooks, "post-checkout"), `#!/bin/sh\ntouch ${world.root}/hooked\n`);
  await chmod(join(hooks, "post-checkout"), 0o755);
  await writeFile(
    join(world.root, ".gitconfig"),
    `[core]\n\thooksPath = ${hooks}\n[init]\n\ttemplateDir = ${world.root}\n`,
  );
  await world.checkOut();
  expect(await readdir(world.root)).not.toContain("hooked");
});

test("asks the worker's askpass for a login, and tells nobody", async ({ world, expect }) => {
  const askpass = join(world.root, "askpass");
  await writeFile(askpass, "#!/bin/sh\ncase $1 in User*) echo bob;; *) echo hunter2;; esac\n");
  await chmod(askpass, 0o755);
  world.server.login = "bob:hunter2";
  const gitEnv = createGitEnvironment({ PATH: process.env.PATH, GIT_ASKPASS: askpass });
  const checkout = await world.checkOut({}, { gitEnv });
  expect(checkout.commitSha).toBe(world.main[2]);
  const config = await readFile(join(checkout.directory, ".git/config"), "utf8");
  expect(config + world.progress.join()).not.toContain("hunter2");
});

test("fetches by ssh with the worker's agent, asking nobody", async ({ world, expect }) => {
  // In ssh's place: notes how it is called, and runs on this machine what it should run there.
  const ssh = join(world.root, "ssh");
  const note = join(world.root, "called");
  await writeFile(
    ssh,
    `#!/bin/sh\necho "$SSH_AUTH_SOCK" "$@" >> ${note}\nfor last; do :; done\ncd ${world.root} && eval "$last"\n`,
  );
  await chmod(ssh, 0o755);
  const gitEnv = createGitEnvironment({ PATH: `${world.root}:${process.env.PATH}`, SSH_AUTH_SOCK: "/agent" });
  const checkout = await world.checkOut({ repository: "git@server.example:project.git" }, { gitEnv });
  expect(checkout.commitSha).toBe(world.main[2]);
  expect(await readFile(note, "utf8")).toMatch(
    /^\/agent -o BatchMode=yes .*git@server\.example git-upload-pack 'project\.git'$/m,
  );
});

test("uses a token of the address, and keeps it from the checkout, from lines and errors", async ({
  world,
  expect,
}) => {
  world.server.login = "hunter%2:";
  const repository = `${world.server.url.replace("//", "//hunter%252:@")}/project.git`;
  const checkout = await world.checkOut({ repository, submodules: true });
  expect(await git(checkout.directory, "remote", "get-url", "origin")).toBe(
    `${world.server.url}/project.git`,
  );
  world.server.login = "another:";
  const error = await world.checkOut({ repository }).catch((caught: unknown) => caught);
  expect(error).toMatchObject({
    code: "git_failed",
    message: expect.stringContaining("give the worker a login"),
  });
  const shown = `${JSON.stringify(error)}${String(error)}${world.progress.join()}`;
  const files = await git(checkout.directory, "config", "--list", "--local");
  expect(shown + files).not.toContain("hunter");
});

test("asks nobody on a terminal for a login", async ({ world, expect }) => {
  world.server.login = "bob:hunter2";
  await expect(world.checkOut()).rejects.toMatchObject({
    code: "git_failed",
    message: expect.stringContaining("the repository is private or does not exist"),
  });
});

test("ends git when it takes too long", async ({ world, expect }) => {
  world.server.isHanging = true;
  const files = openFiles().length;
  await expect(world.checkOut({}, { timeoutMs: 300 })).rejects.toMatchObject({ code: "timed_out" });
  expect(openFiles().length).toBeLessThanOrEqual(files + 1);
  expect(zombies()).toEqual([]);
});

test("ends git when it is cancelled, at once where it was before", async ({ world, expect }) => {
  world.server.isHanging = true;
  const controller = new AbortController();
  const running = world.checkOut({}, { signal: controller.signal });
  const outcome = running.catch((caught: unknown) => caught);
  await waitFor(() => world.server.requests.length > 0);
  controller.abort();
  expect(await outcome).toMatchObject({ code: "cancelled" });
  await expect(world.checkOut({}, { signal: controller.signal })).rejects.toMatchObject({
    code: "cancelled",
  });
});

test("says that git is missing", async ({ world, expect }) => {
  await expect(world.checkOut({}, { gitEnv: { PATH: world.root } })).rejects.toMatchObject({
    code: "git_failed",
    message: expect.stringMatching(/could not start git: The command "git" was not found/),
  });
});
