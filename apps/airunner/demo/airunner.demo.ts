// SPDX-License-Identifier: Apache-2.0
// `npm run demo -- airunner`: jobs through a real server and two real workers, one of which is killed.
import { parseArgs } from "node:util";
import { testDirectory } from "@repo/testkit";
import { createStage, type Stage, showPointers } from "@repo/tools/stage";
import { BundleMissingError, requireBundle } from "../test/support/airunner.ts";
import { lookForTraces, pointers, showPages, showTable } from "./closing.ts";
import { cancelJob } from "./jobs/cancelled-job.ts";
import { finishOrphan } from "./jobs/orphaned-job.ts";
import { runCommandJob, runFailingJob, runRepositoryJob } from "./jobs/plain-jobs.ts";
import { replay, watchLive } from "./jobs/watched-job.ts";
import { isAsExpected, type Rehearsal, type Row } from "./rehearsal.ts";
import { awaitIdleWorkers, startWorld } from "./world.ts";

const HELP = `The demo of airunner: a server, two workers and a git server on 127.0.0.1, and jobs of every fate.
`;

async function main(stage: Stage, signal: AbortSignal): Promise<readonly Row[]> {
  const startedAt = performance.now();
  for (const name of ["airunner-server", "airunner-cli"] as const) requireBundle(name);
  stage.print(stage.style("bold", "airunner: jobs on machines of your own, watched by everyone"));
  stage.note("About half a minute. Nothing leaves this machine, nothing stays on it.");
  await using directory = await testDirectory("airunner-demo");
  await using world = await stage.task(
    "a pair of keys, a server with TLS and a certificate of its own, a token for its developer and one for its workers",
    () => startWorld(directory.path, signal),
  );
  await stage.task(
    `two workers, each a process with folders of its own, connected to ${world.url}`,
    async () => {
      await Promise.all(["worker-1", "worker-2"].map((name) => world.startWorker(name)));
      await awaitIdleWorkers(world, 2);
    },
  );
  const rehearsal: Rehearsal = { stage, world };
  const rows = [
    await runCommandJob(rehearsal, 1),
    await runRepositoryJob(rehearsal, 2),
    await runFailingJob(rehearsal, 3),
  ];
  const watched = await watchLive(rehearsal, 4);
  rows.push(watched.row, ...(await replay(rehearsal, 5, watched)));
  rows.push(await cancelJob(rehearsal, 6));
  const orphan = await finishOrphan(rehearsal, 7);
  rows.push(orphan.row);
  await showPages(rehearsal, 8, orphan.jobId);
  rows.push(await lookForTraces(rehearsal, 9));
  showTable(stage, rows, performance.now() - startedAt);
  return rows;
}

const { values } = parseArgs({ options: { help: { type: "boolean" } } });
if (values.help === true) process.stdout.write(HELP);
else {
  const stage = createStage(process.stdout);
  const interrupted = new AbortController();
  // Ends what runs by itself, so that nothing is left behind. The listener has to stay: execa ends a process that has none.
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => interrupted.abort(new Error(`The demo was ended by ${signal}.`)));
  }
  try {
    const rows = await main(stage, interrupted.signal);
    showPointers(stage, pointers);
    if (!rows.every(isAsExpected)) process.exitCode = 1;
  } catch (error) {
    if (!(error instanceof BundleMissingError || interrupted.signal.aborted)) throw error;
    const reason: unknown = interrupted.signal.aborted ? interrupted.signal.reason : error;
    process.stderr.write(`${Error.isError(reason) ? reason.message : String(reason)}\n`);
    process.exitCode = interrupted.signal.aborted ? 130 : 2;
  }
}
