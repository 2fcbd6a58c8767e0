// SPDX-License-Identifier: Apache-2.0
// Runs what the README tells people to type: its `sh` blocks behind `<!-- test: … -->`, line by line.
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { freePort, testDirectory, waitFor } from "@repo/testkit";
import { runExecutable } from "@repo/testkit/process";
import { test } from "vitest";
import { requireBundle } from "./support/airunner.ts";
import { commit, git, startGitServer } from "./worker/git-server.ts";

const app = join(import.meta.dirname, "..");
const readme = await readFile(join(app, "README.md"), "utf8");

/** The lines of the blocks of a name, without their remarks; a line that ends in a backslash goes on. */
function linesOf(name: string): readonly string[] {
  const blocks = readme.matchAll(new RegExp(`<!-- test: ${name} -->\\n\\n\`\`\`sh\\n([^]*?)\`\`\``, "g"));
  return [...blocks].flatMap(([, code = ""]) =>
    code
      .replaceAll("\\\n", " ")
      .split("\n")
      .map((line) => line.replace(/ {2,}# .*$/, "").trim())
      .filter((line) => line !== ""),
  );
}

/** What lives until it is told to stop. */
const isService = (line: string): boolean => / worker --| --watch$|airunner-server(?! cert)/.test(line);

interface Typed {
  readonly line: string;
  readonly exit: string;
  readonly output: string;
}

/** Types the lines into one shell, as a person would into several terminals; their exit codes and what they wrote. */
async function type(lines: readonly string[]): Promise<readonly Typed[]> {
  await using folder = await testDirectory("airunner-readme");
  await mkdir(join(folder.path, "repositories/work"), { recursive: true });
  const work = join(folder.path, "repositories/work");
  await git(work, "init", "--quiet", "--initial-branch=main");
  await commit(work, { ".airunner.yaml": "command: echo\nargs: [from the repository]\n" });
  await git(folder.path, "clone", "--quiet", "--bare", "repositories/work", "served/example/repo.git");
  await using served = await startGitServer(join(folder.path, "served"));
  await symlink(join(app, "../../bin"), join(folder.path, "bin"));
  const port = await freePort();
  await using shell = await runExecutable({
    file: "/bin/bash",
    args: ["--norc", "-s"],
    stdin: "pipe",
    cwd: folder.path,
    diesWithParent: true,
    env: {
      PATH: process.env["PATH"],
      HOME: folder.path,
      AIRUNNER_LISTEN: `localhost:${port}`,
      AIRUNNER_HEALTH_LISTEN: "off",
      // For machines without it.
      NODE: process.execPath,
      CURL: join(app, "test/support/curl.ts"),
    },
  });
  shell.write('command -v curl > /dev/null || curl() { "$NODE" "$CURL" "$@"; }\n');
  const typed: Typed[] = [];
  for (const [index, line] of lines.entries()) {
    const path = join(folder.path, `line-${index}`);
    await writeFile(path, "");
    const command = line
      .replaceAll("localhost:8080", `localhost:${port}`)
      .replaceAll("github.com/example/repo", `${served.url}/example/repo.git`)
      .replaceAll("<user>", "jdoe")
      .replaceAll("<job-id>", typed.map(({ output }) => jobIdIn(output)).find((id) => id !== "") ?? "");
    const read = (): Promise<string> => readFile(path, "utf8");
    if (isService(line)) {
      shell.write(`{ ${command}\n} >> ${path} 2>&1 & services="$! $services"\n`);
      await waitFor(async () => isUp(line, await read()), { what: line, deadlineMs: 30_000 });
      typed.push({ line, exit: "runs", output: await read() });
      continue;
    }
    shell.write(`{ ${command}\n} >> ${path} 2>> ${path}.err; echo "line ${index} ended with $?"\n`);
    const end = await shell.stdout.waitForLine(new RegExp(`^line ${index} ended`), { deadlineMs: 60_000 });
    typed.push({ line, exit: end.replace(/.* /, ""), output: await read() });
  }
  shell.write('for service in $services; do kill "$service"; wait "$service"; done; exit 0\n');
  shell.endInput();
  await shell.waitForExit();
  return typed;
}

function jobIdIn(output: string): string {
  return /with ID: ([0-9a-f-]{36})/.exec(output)?.[1] ?? "";
}

/** When a person would see that a service is up. */
function isUp(line: string, output: string): boolean {
  if (line.includes(" worker ")) return output.includes("worker started");
  return output.includes(line.endsWith("--watch") ? "Total jobs on this page" : '"msg":"serving"');
}

function exitsOf(typed: readonly Typed[]): readonly (readonly [string, string])[] {
  return typed.map(({ line, exit }) => [
    line.replace(/^.*?(?=airunner-(cli|server) )/, "").slice(0, 24),
    exit,
  ]);
}

test("everything that it says to type runs here, but for images and one worker's line", ({ expect }) => {
  const blocks = [...readme.matchAll(/(<!-- test: (\w+) -->\n\n)?```sh\n([^]*?)```/g)];
  const untested = blocks.filter(([, , name]) => name === undefined).map(([, , , code = ""]) => code.trim());
  expect(untested).toEqual([
    expect.stringMatching(/^npm run demo -- airunner/),
    expect.stringMatching(/^airunner-cli worker --queue builds=3/),
  ]);
});

test("a server of one person, a worker, and jobs, without any preparation", async ({ expect }) => {
  requireBundle("airunner-server");
  const typed = await type(linesOf("open"));
  expect(exitsOf(typed)).toEqual([
    ["./bin/airunner-server", "runs"],
    ["airunner-cli worker --se", "runs"],
    ["airunner-cli submit --se", "0"],
    ["airunner-cli submit --se", "3"],
    ["airunner-cli list --serv", "0"],
    ["airunner-cli monitor --s", "0"],
    ["airunner-cli show --serv", "0"],
    ["airunner-cli list --serv", "runs"],
  ]);
  const [, , repository, command, list, monitor, show, watch] = typed.map(({ output }) => output);
  expect(repository).toContain("from the repository");
  expect(command).toContain("hello");
  expect(list).toMatch(/Total jobs on this page: 2\n/);
  expect(monitor).toContain("from the repository");
  expect(show).toMatch(/^State +completed$/m);
  expect(watch).toContain("exit 3");
});

test("a server with keys, tokens with scopes, and the API", async ({ expect }) => {
  const typed = await type([...linesOf("authenticated"), ...linesOf("api")]);
  expect(typed.filter(({ exit }) => exit !== "0" && exit !== "runs")).toEqual([]);
  const outputs = typed.map(({ output }) => output);
  const [enqueued = "", listed = "", health = ""] = outputs.slice(-3);
  expect(outputs[4]).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
  expect(typed.at(-4)?.output).toContain("from the repository");
  expect(JSON.parse(enqueued)).toMatchObject({ jobId: expect.stringMatching(/^[0-9a-f-]{36}$/) });
  expect(JSON.parse(listed)).toMatchObject({
    jobs: [{ submitter: "jdoe" }, { jobParams: { args: ["hello"] } }],
  });
  expect(JSON.parse(health)).toEqual({ status: "ok" });
});
