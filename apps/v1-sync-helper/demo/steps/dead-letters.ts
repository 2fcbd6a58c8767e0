// SPDX-License-Identifier: MIT
import { formatCount } from "@repo/tools/stage";
import { pickEditor, slugOf } from "../foundation/seeds.ts";
import { keyOf } from "../foundation/v1-object.ts";
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

/** What could not be done is listed, mended, tried again, or given up. */
export async function repairDeadLetters(rehearsal: Rehearsal, number: number): Promise<Row> {
  const { foundation, book, status } = rehearsal;
  const { trouble } = foundation;
  announce(
    rehearsal,
    number,
    "Dead letters",
    "What v2 would refuse again and again is set aside, with its reason, for a person to look at. This is what that person sees and does.",
  );
  const startedAt = performance.now();
  const dead = book.failed.length;
  const list = await showCommand(rehearsal, ["dlq", "list"]);
  await mendInV1(rehearsal);
  const retried = await retryTwin(rehearsal);
  rehearsal.stage.note("A mailing list sits in a committee as if it were a person. Nobody misses it in v2.");
  await showCommand(rehearsal, ["dlq", "drop", keyOf(trouble.nameless)]);
  await showCommand(rehearsal, ["dlq", "list"]);
  const left = await play(rehearsal, "all that waited for them", async () => {});
  const verdict = await judge(rehearsal);
  return showRow(rehearsal, {
    title: "Dead letters",
    checks: [
      counted("listed", dead, Number(/^(\d+) in all/m.exec(list.stdout)?.[1] ?? 0)),
      counted("exit", 0, Number(retried)),
      counted("left dead", 0, status.latest?.dead ?? left.dead),
      ...verdictChecks(verdict),
    ],
    durationMs: performance.now() - startedAt,
  });
}

/** A change in v1 needs no command: it comes like any other. */
async function mendInV1(rehearsal: Rehearsal): Promise<void> {
  const { foundation, book, stage } = rehearsal;
  const { misnamed, empty, cut } = foundation.trouble;
  const waiting = book.waiting.length;
  stage.note(
    `Three are mended in v1: a slug, a value without bytes, and one that was cut off. Such a change comes by itself, and so do the ${formatCount(waiting)} records that waited for them.`,
  );
  const mended = [misnamed, empty, cut].map((each) =>
    book.edit(each, pickEditor(foundation.random, foundation.cast)),
  );
  await play(rehearsal, "three records mended in v1", () => put(rehearsal, mended));
}

/** The cause was not in the record that failed: somebody has to say that it is gone. */
async function retryTwin(rehearsal: Rehearsal): Promise<number | string> {
  const { foundation, book, stage } = rehearsal;
  const { elder, twin } = foundation.trouble;
  stage.note(
    `${twin.fields.name} has the slug of its own parent. In v1 the parent gets another one. Nothing changes in the record that failed, so somebody has to say when to try it again.`,
  );
  const name = "Echo Canyon";
  const renamed = book.edit(elder, pickEditor(foundation.random, foundation.cast), {
    name,
    slug: slugOf(name),
  });
  await play(rehearsal, "its parent renamed in v1", () => put(rehearsal, [renamed]));
  book.clear(twin);
  const { exit } = await showCommand(rehearsal, ["dlq", "retry", keyOf(twin)]);
  return exit;
}
