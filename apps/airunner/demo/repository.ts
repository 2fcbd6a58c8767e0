// SPDX-License-Identifier: Apache-2.0
import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { commit, git, startGitServer } from "../test/worker/git-server.ts";

export interface DemoRepository extends AsyncDisposable {
  readonly url: string;
  /** Its latest commit. */
  readonly commitSha: string;
  /** SHA-256 of its file `readings.csv`. */
  readonly digest: string;
}

/** How the repository wants to be run. */
const jobFile = `# What a worker runs when this repository is submitted without a command.
command: sh
args: [check.sh]
environment: { SUBJECT: readings.csv }
timeout: 1m
processType: pipe
`;

const script = `echo "at commit $(git rev-parse HEAD)"
echo "checking $SUBJECT, $(wc -l < "$SUBJECT") lines"
sha256sum "$SUBJECT"
`;

/** The same lines each time. */
function readings(): string {
  return Array.from(
    { length: 5000 },
    (_, index) => `${index},${((index * 7919) % 1000) / 10},${(index * 104_729) % 977}\n`,
  ).join("");
}

/** Makes a repository with a history and serves it by git's own http-backend, on a free port of 127.0.0.1. */
export async function startRepository(folder: string): Promise<DemoRepository> {
  const work = join(folder, "work");
  await mkdir(work, { recursive: true });
  await git(work, "init", "--quiet", "--initial-branch=main");
  await commit(work, { "README.md": "An example.\n" });
  const commitSha = await commit(work, {
    ".airunner.yaml": jobFile,
    "check.sh": script,
    "readings.csv": readings(),
  });
  await git(folder, "clone", "--quiet", "--bare", "work", "served/example/repo.git");
  const server = await startGitServer(join(folder, "served"));
  return {
    url: `${server.url}/example/repo.git`,
    commitSha,
    digest: createHash("sha256").update(readings()).digest("hex"),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
