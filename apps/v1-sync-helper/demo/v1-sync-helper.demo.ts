// SPDX-License-Identifier: MIT
// `npm run demo -- v1-sync-helper`: a foundation goes from v1 to v2 through accidents, with a real nats-server.
import { parseArgs } from "node:util";
import { MissingServerError, testDirectory } from "@repo/testkit";
import { createStage, type Stage, showPointers } from "@repo/tools/stage";
import { BundleMissingError, requireBundle } from "../test/support/bundle.ts";
import { judgeAll, lookForTraces, pointers, showTable } from "./closing.ts";
import { Book } from "./foundation/book.ts";
import { describeFoundation, plantFoundation } from "./foundation/plant.ts";
import { isAsExpected, type Rehearsal, type Row } from "./rehearsal.ts";
import { startStatusFeed } from "./status-feed.ts";
import { repairDeadLetters } from "./steps/dead-letters.ts";
import { killInTheMiddle } from "./steps/kill.ts";
import { loseAnswers } from "./steps/lost-answers.ts";
import { arriveOutOfOrder, deepestCommittee, explainDone, explainWaiting } from "./steps/out-of-order.ts";
import { holdDeletes } from "./steps/too-many-deletes.ts";
import { workADay } from "./steps/working-day.ts";
import { latencyMs, startWorld, workFolder } from "./world.ts";

const HELP = `The demo of v1-sync-helper: a nats-server and stand-ins of v1 and v2 on 127.0.0.1, and a foundation on its way.

  --seed N   another foundation; default 7
`;

function readSeed(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new RangeError("--seed must be a whole number of at most nine digits.");
  return Number(text);
}

async function main(stage: Stage, seed: number, signal: AbortSignal): Promise<readonly Row[]> {
  const startedAt = performance.now();
  requireBundle();
  stage.print(stage.style("bold", "v1-sync-helper: two platforms in step, and no object twice"));
  stage.note("About a minute. Nothing leaves this machine, nothing stays on it.");
  const foundation = plantFoundation(seed);
  stage.mark(true, `the ${foundation.name}, as v1 has it: ${describeFoundation(foundation)}`);
  await using directory = await testDirectory("v1-sync-demo");
  await using world = await stage.task(
    `a nats-server; stand-ins of v1 and v2 that check every token, field and revision, and answer after ${latencyMs} ms`,
    async () => startWorld(await workFolder(directory.path), foundation.cast, signal),
  );
  await stage.task("two instances of v1-sync-helper, which make their buckets themselves", async () => {
    for (const name of ["one", "two"]) await world.startInstance(name);
  });
  const status = await stage.task("`v1-sync-helper status --watch`, which feeds what moves below", () =>
    startStatusFeed(world),
  );
  const rehearsal: Rehearsal = { stage, world, status, foundation, book: new Book() };
  const rows = [await arriveOutOfOrder(rehearsal, 1)];
  const example = deepestCommittee(rehearsal);
  rows.push(
    await explainWaiting(rehearsal, 2, example),
    await killInTheMiddle(rehearsal, 3),
    await loseAnswers(rehearsal, 4),
    await workADay(rehearsal, 5),
    await repairDeadLetters(rehearsal, 6),
    await holdDeletes(rehearsal, 7),
    await explainDone(rehearsal, 8, example),
    await judgeAll(rehearsal, 9),
    await lookForTraces(rehearsal, 10),
  );
  showTable(stage, rows, performance.now() - startedAt);
  return rows;
}

const { values } = parseArgs({
  options: { seed: { type: "string", default: "7" }, help: { type: "boolean" } },
});
if (values.help === true) process.stdout.write(HELP);
else {
  const stage = createStage(process.stdout);
  const interrupted = new AbortController();
  // Ends what runs by itself, so that nothing is left behind. The listener has to stay: a second Ctrl-C must not end it half-way.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => interrupted.abort(new Error(`The demo was ended by ${signal}.`)));
  }
  try {
    const rows = await main(stage, readSeed(values.seed), interrupted.signal);
    showPointers(stage, pointers);
    if (!rows.every(isAsExpected)) process.exitCode = 1;
  } catch (error) {
    const { aborted, reason } = interrupted.signal;
    const isOurs = [BundleMissingError, MissingServerError, RangeError].some((type) => error instanceof type);
    if (!aborted && !isOurs) throw error;
    const why: unknown = aborted ? reason : error;
    process.stderr.write(`${Error.isError(why) ? why.message : String(why)}\n`);
    process.exitCode = aborted ? 130 : 2;
  }
}
