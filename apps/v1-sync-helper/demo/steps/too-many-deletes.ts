// SPDX-License-Identifier: MIT
import { formatCount } from "@repo/tools/stage";
import { judge, verdictChecks } from "../oracle/judge.ts";
import {
  announce,
  counted,
  play,
  put,
  type Rehearsal,
  type Row,
  showCommand,
  showRow,
} from "../rehearsal.ts";
import { maxDeletesPerHour } from "../world.ts";
import { deletesOfTheDay } from "./working-day.ts";

const surge = 40;
const reason = "deletes_guarded";

/** A faulty load deletes far too much; most of that is held until somebody has looked. */
export async function holdDeletes(rehearsal: Rehearsal, number: number): Promise<Row> {
  const { book, foundation, status, stage, world } = rehearsal;
  const isLeft = maxDeletesPerHour - deletesOfTheDay;
  announce(
    rehearsal,
    number,
    "Too many deletes",
    `A load marks ${surge} members as deleted. MAX_DELETES_PER_HOUR is ${maxDeletesPerHour} here, for all instances together, and ${deletesOfTheDay} of them are spent: so ${isLeft} go, and the rest is held.`,
  );
  const startedAt = performance.now();
  const importer = foundation.cast.editors.find(({ kind }) => kind === "machine");
  if (importer === undefined) throw new RangeError("There is no machine.");
  const members = book.due.filter((each) => each.kind === "member");
  const before = world.v2.model.list("committee-member").length;
  const removed = foundation.random
    .shuffle(members)
    .slice(0, surge)
    .map((each) => book.remove(each, importer, "marked"));
  const standing = await play(rehearsal, `${formatCount(surge)} members marked as deleted`, () =>
    put(rehearsal, removed),
  );
  const gone = before - world.v2.model.list("committee-member").length;
  await showCommand(rehearsal, ["dlq", "list", "--reason", reason], 7);
  stage.note("Somebody looks, finds that the people did leave, and lets the deletes go.");
  const released = await showCommand(rehearsal, ["dlq", "retry", "--all", "--reason", reason], 4);
  await play(rehearsal, "the deletes that were held", async () => {});
  const verdict = await judge(rehearsal);
  return showRow(rehearsal, {
    title: "Too many deletes",
    checks: [
      counted("deleted", isLeft, gone),
      counted("held", surge - isLeft, standing.held),
      counted("exit", 0, Number(released.exit)),
      counted("then held", 0, status.latest?.held ?? -1),
      ...verdictChecks(verdict),
    ],
    durationMs: performance.now() - startedAt,
  });
}
