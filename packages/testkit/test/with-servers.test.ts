// SPDX-License-Identifier: Apache-2.0
import { join } from "node:path";
import { runExecutable } from "@repo/testkit/process";
import { test } from "vitest";

/** How the verbose reporter marks a test. */
const states: Readonly<Record<string, string>> = { "✓": "passed", "↓": "skipped", "×": "failed" };

const root = join(import.meta.dirname, "..", "..", "..");

/** States of the tests in `with-servers.fixture.ts` by name, and what the run printed. */
interface Run {
  readonly states: Readonly<Record<string, string>>;
  readonly output: string;
}

test("skips with the sentence what the machine lacks, and fails what should have come", async ({
  expect,
}) => {
  const { states, output } = await runFixture({});
  expect(states).toEqual({
    "starts once for the file": "passed",
    "shares what was started": "passed",
    "needs a missing one": "skipped",
    "needs a broken one": "failed",
    "needs nothing": "passed",
  });
  expect(output).toContain("missing 1.0 needs a toolchain, which this machine does not have.");
  expect(output).toContain("the fetch failed");
  expect(output).toContain("stopped after 1 start");
});

test("fails what the machine lacks when everything is required", async ({ expect }) => {
  const { states } = await runFixture({ TESTBED_REQUIRE: "all" });
  expect(states).toMatchObject({ "needs a missing one": "failed", "needs nothing": "passed" });
});

async function runFixture(env: Readonly<Record<string, string>>): Promise<Run> {
  await using run = await runExecutable({
    file: join(root, "node_modules", "vitest", "vitest.mjs"),
    args: [
      "run",
      "--config",
      join(import.meta.dirname, "fixtures", "vitest.config.ts"),
      "--reporter=verbose",
      "--no-color",
    ],
    cwd: join(import.meta.dirname, "fixtures"),
    env: { ...env, NO_COLOR: "1" },
    inheritEnv: ["PATH", "HOME"],
  });
  await run.waitForExit({ deadlineMs: 60_000 });
  const results = run.stdout.lines.flatMap((line) => {
    const [, sign = "", title = ""] = /^ ([✓↓×]) \S+ > (.+?) \d+ms/.exec(line) ?? [];
    return title === "" ? [] : [[title, states[sign]]];
  });
  return { states: Object.fromEntries(results), output: run.stdout.text + run.stderr.text };
}
