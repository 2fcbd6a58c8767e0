#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
import { parseArgs } from "node:util";
import { cacheRoot } from "../cache-root.ts";
import { choosePackages, type FetchReport, fetchPackages, isSuccess } from "../commands/fetch.ts";
import { formatTable, listPrograms } from "../commands/list.ts";
import { createProgress } from "../commands/progress.ts";
import { TestbedError } from "../errors.ts";
import { platformProblem } from "../platform.ts";
import type { Suite } from "../program.ts";

const help = `Fetches the pinned programs that tests and demo start, into a cache, once.

  pnpm testbed list                    where each program is, or what is missing
  pnpm testbed fetch                   all of them
  pnpm testbed fetch nats-server moto  these
  pnpm testbed fetch --for test        what npm test needs (or system, check)

Environment: TESTBED_CACHE (folder of the cache), TESTBED_REQUIRE=all (what this machine
lacks the toolchain for is a failure), and the programs that testbed/README.md lists.
`;

const suites: readonly Suite[] = ["test", "system", "check"];

async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { for: { type: "string" }, help: { type: "boolean", short: "h" } },
  });
  const [command, ...names] = positionals;
  if (values.help === true) {
    process.stdout.write(help);
    return 0;
  }
  const problem = platformProblem();
  if (problem !== undefined) return fail(problem);
  if (command === "list" && names.length === 0) return list();
  if (command === "fetch") return fetchAll(names, values.for);
  return fail(`Say "list" or "fetch".\n\n${help}`, 2);
}

async function list(): Promise<number> {
  process.stdout.write(
    `Cache: ${await cacheRoot(process.env)}\n\n${formatTable(await listPrograms(process.env))}`,
  );
  return 0;
}

async function fetchAll(names: readonly string[], forSuite: string | undefined): Promise<number> {
  const suite = suites.find((candidate) => candidate === forSuite);
  if (forSuite !== undefined && suite === undefined) return fail(`--for takes ${suites.join(", ")}.`, 2);
  const wanted = choosePackages(names, suite);
  using progress = createProgress(process.stdout);
  const reports = await fetchPackages(wanted, process.env, progress.observer, (report) => {
    const line = describe(report);
    if (line !== undefined) progress.say(`  ${line}`);
  });
  return isSuccess(reports, process.env) ? 0 : 1;
}

/** The lasting line of an outcome; what was fetched has had its own. */
function describe({ package: one, outcome }: FetchReport): string | undefined {
  const name = `${one.name} ${one.version}`;
  switch (outcome.kind) {
    case "fetched":
      return undefined;
    case "cached":
      return `${name}: in the cache`;
    case "own":
      return `${one.name}: your own ${outcome.paths.join(", ")}`;
    case "missing":
      return `${one.name}: left out. ${outcome.reason}`;
    case "failed":
      return `${name}: FAILED. ${outcome.error instanceof Error ? outcome.error.message : String(outcome.error)}`;
  }
}

function fail(sentence: string, exitCode = 1): number {
  process.stderr.write(`${sentence}\n`);
  return exitCode;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  // Mistakes on the command line and errors of ours are sentences; anything else deserves its stack.
  const isSentence = error instanceof TestbedError || (error instanceof TypeError && "code" in error);
  process.exitCode = fail(isSentence ? error.message : String(error instanceof Error ? error.stack : error));
}
