// SPDX-License-Identifier: Apache-2.0
import { cpus } from "node:os";
import { execa } from "execa";
import { CHECKS, type Check } from "./checks.ts";

interface Outcome {
  readonly check: Check;
  readonly passed: boolean;
  readonly output: string;
  readonly seconds: number;
}

async function runCheck(check: Check): Promise<Outcome> {
  const startedAt = performance.now();
  const [program, ...args] = check.command;
  const result = await execa(program, args, { all: true, reject: false, stdin: "ignore", preferLocal: true });
  return {
    check,
    passed: result.exitCode === 0,
    output: result.all,
    seconds: (performance.now() - startedAt) / 1000,
  };
}

function report({ check, passed, output, seconds }: Outcome): void {
  process.stdout.write(`${passed ? "✓" : "✗"} ${check.name} (${seconds.toFixed(1)} s)\n`);
  const remark = output
    .split("\n")
    .filter((line) => line.startsWith("note: "))
    .join("\n");
  if (!passed)
    process.stdout.write(
      `${output}\n  to repeat: ${check.command.join(" ")}\n${check.fix === undefined ? "" : `  to mend:   ${check.fix}\n`}\n`,
    );
  else if (remark !== "") process.stdout.write(`${remark.replaceAll(/^/gm, "  ")}\n`);
}

/** Runs the checks whose names are given (all without one), a few at a time, and returns how many failed. */
async function runChecks(names: readonly string[]): Promise<number> {
  const unknown = names.filter((name) => !CHECKS.some((check) => check.name === name));
  if (unknown.length > 0) {
    process.stderr.write(
      `Unknown check ${unknown.join(", ")}; there are ${CHECKS.map((check) => check.name).join(", ")}.\n`,
    );
    return 1;
  }
  const queue = CHECKS.filter((check) => names.length === 0 || names.includes(check.name));
  const total = queue.length;
  let failed = 0;
  async function work(): Promise<void> {
    for (let check = queue.shift(); check !== undefined; check = queue.shift()) {
      const outcome = await runCheck(check);
      if (!outcome.passed) failed += 1;
      report(outcome);
    }
  }
  await Promise.all(Array.from({ length: Math.min(cpus().length, 4) }, work));
  process.stdout.write(`\n${total - failed} passed, ${failed} failed\n`);
  return failed;
}

process.exitCode = (await runChecks(process.argv.slice(2))) === 0 ? 0 : 1;
