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
 * Share of the creates after which the busiest instance is killed. By then nearly everybody was looked up in v1: the lock of a
 * look-up outlives its dead holder by 20 s.
 */
const killAt = 0.45;
/** What the victim has in hand at least; between two levels of the tree it may be nothing for a moment. */
const leastClaims = 10;

/** The one missing record arrives, everything follows from it, and in the middle of that a process dies. */
export async function killInTheMiddle(rehearsal: Rehearsal, number: number): Promise<Row> {
  const { stage, foundation, book, world } = rehearsal;
  announce(
    rehearsal,
    number,
    "An avalanche, and kill -9",
    `Now the one missing record arrives, the ${foundation.name} itself. Each object that comes to v2 lets go those below it. In the middle of it the busiest instance is killed. Its claims run out after ${seconds.claim} s, and others take over what it had in hand: whatever it may have sent is looked up in v2 first, and adopted.`,
  );
  const startedAt = performance.now();
  book.enter(foundation.root);
  const due = book.due.length;
  const total = book.ids.length;
  const victim = await stage.task(`the first half of ${formatCount(due)} objects`, async (update) => {
    await put(rehearsal, [foundation.root]);
    return reachMiddle(rehearsal, killAt * due, update);
  });
  const claims = await stage.task(`kill -9 for instance ${victim.name}`, async () => {
    victim.process.kill("SIGKILL");
    await victim.process.waitForExit();
    return claimsLeft(rehearsal, victim);
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

/** The instance that has most in hand, as soon as so much is done. */
function reachMiddle(rehearsal: Rehearsal, writes: number, update: Update): Promise<Instance> {
  const { world, status } = rehearsal;
  const { v2, signal, instances } = world;
  const busiest = (): Instance | undefined => {
    const { latest } = status;
    if (latest === undefined) return undefined;
    showProgress(rehearsal, latest, update);
    const claimsOf = ({ owner }: Instance): number => latest.claims.get(owner) ?? 0;
    const [first] = instances.toSorted((a, b) => claimsOf(b) - claimsOf(a));
    const isMiddle = v2.record.writeCount >= writes && first !== undefined && claimsOf(first) >= leastClaims;
    return isMiddle ? first : undefined;
  };
  return waitFor(busiest, { signal, everyMs: 5, deadlineMs: 60_000, what: "the middle of the avalanche" });
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
