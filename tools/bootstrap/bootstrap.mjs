// SPDX-License-Identifier: Apache-2.0
// Front door of the repository: `npm run demo`, `npm test`, `npm run test:system` on a machine that has only
// git, Node.js 20 with npm, and Python 3. Plain JavaScript without dependencies, because nothing is installed yet.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { lacking, readMachine } from "./machine.mjs";

const root = join(import.meta.dirname, "..", "..");
const PNPM = `pnpm@${JSON.parse(readFileSync(join(root, "package.json"), "utf8")).devEngines.packageManager.version}`;

const INSTALL = {
  says: "Installing the pinned toolchain and libraries",
  run: ["npx", "-y", PNPM, "install", "--frozen-lockfile"],
};
const BUILD = {
  says: "Building the bundles",
  run: ["pnpm", "exec", "turbo", "build", "--output-logs=errors-only"],
};

/** @type {Record<string, { says: string, run: string[] }[]>} what each command does, in order; arguments go to the last step */
const COMMANDS = {
  demo: [INSTALL, BUILD, { says: "Running the demo", run: ["pnpm", "run", "demo:run"] }],
  test: [
    INSTALL,
    {
      says: "Fetching the test servers (cached after the first time)",
      run: ["pnpm", "run", "testbed", "fetch", "--for", "test"],
    },
    BUILD,
    { says: "Running the tests", run: ["pnpm", "run", "test:run"] },
  ],
  "test:system": [
    INSTALL,
    {
      says: "Fetching the system test servers (cached after the first time)",
      run: ["pnpm", "run", "testbed", "fetch", "--for", "system"],
    },
    BUILD,
    { says: "Running the system tests", run: ["pnpm", "run", "test:system:run"] },
  ],
};

function say(line) {
  process.stdout.write(
    `${process.stdout.isTTY ? "\u001B[1m" : ""}▸ ${line}${process.stdout.isTTY ? "\u001B[0m" : ""}\n`,
  );
}

/** Runs one step with the repository's own tools first on PATH, so that `node` is the pinned one once installed. */
function runStep(command, args) {
  const [program, ...fixed] = command;
  const result = spawnSync(program, [...fixed, ...args], {
    cwd: root,
    stdio: "inherit",
    env: {
      ...process.env,
      PATH: `${join(root, "node_modules", ".bin")}${delimiter}${process.env.PATH ?? ""}`,
      TURBO_TELEMETRY_DISABLED: "1",
      npm_config_update_notifier: "false",
    },
  });
  if (result.error !== undefined) {
    process.stderr.write(`Could not start ${program}: ${result.error.message}.\n`);
    return 1;
  }
  return result.status ?? 1;
}

function main(name, args) {
  const steps = COMMANDS[name];
  if (steps === undefined) {
    process.stderr.write(
      `Unknown command ${JSON.stringify(name)}; say one of ${Object.keys(COMMANDS).join(", ")}.\n`,
    );
    return 2;
  }
  const problem = lacking(readMachine(), name);
  if (problem !== undefined) {
    process.stderr.write(`${problem}\n`);
    return 1;
  }
  for (const [index, step] of steps.entries()) {
    const isLast = index === steps.length - 1;
    say(`${index + 1}/${steps.length} ${step.says}`);
    const startedAt = Date.now();
    const status = runStep(step.run, isLast ? args : []);
    if (status !== 0) {
      if (!isLast)
        process.stderr.write(
          `“${step.says}” failed with exit code ${status}; what it printed above says why.\n`,
        );
      return status;
    }
    if (!isLast) say(`    done in ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
  }
  return 0;
}

process.exitCode = main(process.argv[2] ?? "", process.argv.slice(3));
