// SPDX-License-Identifier: Apache-2.0
// `npm run demo -- s3-sync`: one mirror through changes and accidents, with two real S3 servers and a real rclone.
import { parseArgs } from "node:util";
import { MissingServerError, testDirectory } from "@repo/testkit";
import { rclone } from "@repo/testkit/rclone";
import { createStage, formatBytes, formatCount, type Stage, showPointers } from "@repo/tools/stage";
import { execa } from "execa";
import { putObjects } from "../test/support/bucket.ts";
import { BundleMissingError, requireBundle } from "../test/support/job.ts";
import { planTree } from "../test/support/object-tree.ts";
import { isAsExpected, type StepResult } from "./check.ts";
import { lookBack, pointers, showTable } from "./closing.ts";
import { type Rehearsal, rehearse } from "./rehearsal.ts";
import { cast, steps } from "./scenario.ts";
import { measureTree, startWorld } from "./world.ts";

const HELP = `The demo of s3-sync: two S3 servers on 127.0.0.1, a mirror, changes and accidents.

  --seed N   other names, sizes and bytes; default 7
`;

function readSeed(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new RangeError("--seed must be a whole number of at most nine digits.");
  return Number(text);
}

async function describeRclone(program: string): Promise<string> {
  const { stdout } = await execa(program, ["version"], { extendEnv: false });
  return (stdout.split("\n")[0] ?? "rclone").replace(" v", " ");
}

async function main(stage: Stage, seed: number): Promise<readonly StepResult[]> {
  const startedAt = performance.now();
  requireBundle();
  stage.print(stage.style("bold", "s3-sync: a mirror that is whole, and a guard that holds"));
  stage.note("About a minute. Nothing leaves this machine, nothing stays on it.");
  await using directory = await testDirectory("s3-sync-demo");
  const program = await stage.follow("rclone", () => rclone({ version: "newest" }));
  stage.mark(true, await describeRclone(program));
  await using world = await stage.task(
    "two S3 servers (SeaweedFS) on 127.0.0.1, each with keys of its own",
    startWorld,
  );
  const planned = planTree({ seed, count: cast.small, large: cast.large });
  const { bytes, multipart } = measureTree(planned);
  await stage.task(
    `${formatCount(planned.length)} objects at the source: ${formatBytes(bytes)}, ${multipart} of them uploaded in parts`,
    (update) => putObjects(world.source, planned, (done) => update(formatCount(done))),
  );
  const rehearsal: Rehearsal = {
    world,
    stage,
    rclone: program,
    configDir: directory.path,
    seed,
    tree: new Map(planned.map((object) => [object.key, object])),
    output: [],
  };
  const results: StepResult[] = [];
  for (const [index, step] of steps.entries()) results.push(await rehearse(rehearsal, step, index + 1));
  results.push(await lookBack(rehearsal));
  showTable(stage, results, performance.now() - startedAt);
  return results;
}

const { values } = parseArgs({
  options: { seed: { type: "string", default: "7" }, help: { type: "boolean" } },
});
if (values.help === true) process.stdout.write(HELP);
else {
  const stage = createStage(process.stdout);
  try {
    const results = await main(stage, readSeed(values.seed));
    showPointers(stage, pointers);
    if (!results.every(isAsExpected)) process.exitCode = 1;
  } catch (error) {
    if (
      !(
        error instanceof MissingServerError ||
        error instanceof BundleMissingError ||
        error instanceof RangeError
      )
    )
      throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 2;
  }
}
