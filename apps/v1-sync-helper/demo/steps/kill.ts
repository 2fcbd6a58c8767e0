// SPDX-License-Identifier: MIT
import { waitFor } from "@repo/testkit";
import { formatCount, type Update } from "@repo/tools/stage";
import { deedsOf } from "../instance-log.ts";
import { judge, verdictChecks } from "../oracle/judge.ts";
import { describeStanding } from "../progress.ts";
import {
  announce,
  counted,
  put,
  type Rehearsal,
  type Row,
  settle,
  showProgress,
  showRow,
  told,
} from "../rehearsal.ts";
import { type Instance, seconds } from "../world.ts";

/**
 * Share of the creates after which an instance is killed. By then nearly everybody was looked up in v1: the lock of a
 * look-up outlives its dead holder by 20 s.
 */
const killAt = 0.5;

/** The one missing record arrives, everything follows from it, and in the middle of that a process dies. */
export async function killInTheMiddle(rehearsal: Rehearsal, number: number, victim: Instance): Promise<Row> {
  const { stage, foundation, book, world } = rehearsal;
  announce(
    rehearsal,
    number,
    "An avalanche, and kill -9",
    `Now the one missing record arrives, the ${foundation.name} itself. Each object that comes to v2 lets go those below it. In the middle of it instance ${victim.name} is killed; its claims run out after ${seconds.claim} s, and others take over what it had in hand: whatever it may have sent is looked up in v2 first, and adopted.`,
  );
  const startedAt = performance.now();
  book.enter(foundation.root);
  const due = book.due.length;
  const total = book.ids.length;
  let claims = 0;
  await stage.task(
    `the first ${formatCount(Math.round(killAt * due))} of ${formatCount(due)} objects`,
    async (update) => {
      await put(rehearsal, [foundation.root]);
      await reach(rehearsal, killAt * due, update);
    },
  );
  await stage.task(`kill -9 for instance ${victim.name}`, async () => {
    victim.process.kill("SIGKILL");
    await victim.process.waitForExit();
    claims = await claimsLeft(rehearsal, victim);
  });
  stage.note(`It was at work on ${formatCount(claims)} objects.`, 4);
  await stage.task("instance three started in its place", () => world.startInstance("three"));
  await stage.task("the rest, and what was left behind", (update) => settle(rehearsal, update));
  const settled = rehearsal.status.latest;
  if (settled !== undefined) stage.note(`${describeStanding(settled, total)}.`, 4);
  const adopted = deedsOf(world.instances).adopted.size;
  if (adopted > 0)
    stage.note(
      `${formatCount(adopted)} creates had reached v2 and nobody had noted it: found there, and adopted.`,
      4,
    );
  const verdict = await judge(rehearsal);
  return showRow(rehearsal, {
    title: "An avalanche, and kill -9",
    checks: [
      ...verdictChecks(verdict),
      told("killed", "at work", claims > 0 ? "at work" : "idle"),
      counted("left over", 0, settled?.claims.get(victim.owner) ?? 0),
    ],
    durationMs: performance.now() - startedAt,
  });
}

async function reach(rehearsal: Rehearsal, writes: number, update: Update): Promise<void> {
  const { world, status } = rehearsal;
  const { v2, signal } = world;
  await waitFor(
    () => {
      if (status.latest !== undefined) showProgress(rehearsal, status.latest, update);
      return v2.record.writeCount >= writes;
    },
    { signal, everyMs: 5, deadlineMs: 60_000, what: `${writes} objects in v2` },
  );
}

/** What a dead instance had in hand: it stands in the records until others take over. */
async function claimsLeft({ world, status }: Rehearsal, { owner }: Instance): Promise<number> {
  const before = status.latest;
  const { signal } = world;
  const look = await waitFor(() => (status.latest === before ? undefined : status.latest), {
    signal,
    what: "another look at the status",
  });
  return look.claims.get(owner) ?? 0;
}
