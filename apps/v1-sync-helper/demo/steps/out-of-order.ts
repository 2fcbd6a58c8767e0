// SPDX-License-Identifier: MIT
import { formatCount } from "@repo/tools/stage";
import type { Project, V1Object } from "../foundation/v1-object.ts";
import { keyOf } from "../foundation/v1-object.ts";
import {
  announce,
  counted,
  play,
  put,
  type Rehearsal,
  type Row,
  showCommand,
  showRow,
  told,
} from "../rehearsal.ts";

/** Everything but the foundation itself arrives, children first: nothing can be done, and nothing may be lost. */
export async function arriveOutOfOrder(rehearsal: Rehearsal, number: number): Promise<Row> {
  const { foundation, book, world } = rehearsal;
  announce(
    rehearsal,
    number,
    "Children first",
    `The ${foundation.name} is loaded in the worst order: members, then committees, then projects from the leaves up, half JSON, half MessagePack. The foundation itself, above them all, is not there yet. v2 refuses whatever has no parent, so all must wait. Four records are broken.`,
  );
  const startedAt = performance.now();
  const children = foundation.objects.slice(1).toReversed();
  book.enter(...children);
  const standing = await play(
    rehearsal,
    `${formatCount(children.length)} records written to the bucket and looked at`,
    () => put(rehearsal, inWorstOrder(children)),
  );
  const { model } = world.v2;
  const inV2 = model.list("committee").length + model.list("committee-member").length;
  return showRow(rehearsal, {
    title: "Children first",
    checks: [
      counted("parked", book.waiting.length, standing.parked),
      counted("dead", book.failed.length, standing.dead),
      counted("sent to v2", 0, inV2 + model.list("project").length - 1),
    ],
    durationMs: performance.now() - startedAt,
  });
}

function inWorstOrder(objects: readonly V1Object[]): readonly V1Object[] {
  const order = ["member", "committee", "project"];
  return objects.toSorted((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
}

/** Why is it not in v2? Before its parents are there. */
export async function explainWaiting(rehearsal: Rehearsal, number: number, object: V1Object): Promise<Row> {
  announce(
    rehearsal,
    number,
    "Why is it not there?",
    "What somebody on call types: one committee, and what became of it.",
  );
  const startedAt = performance.now();
  const { exit, stdout } = await showCommand(rehearsal, ["explain", object.id]);
  const missing = `${keyOf(rehearsal.foundation.root)}: not in v2; v1 has no such record`;
  return showRow(rehearsal, {
    title: "Why is it not there?",
    checks: [
      counted("exit", 0, Number(exit)),
      told("state", "parked", stateIn(stdout)),
      told("missing parent", "named", stdout.includes(missing) ? "named" : "not named"),
    ],
    durationMs: performance.now() - startedAt,
  });
}

/** The same question, once all is done. */
export async function explainDone(rehearsal: Rehearsal, number: number, object: V1Object): Promise<Row> {
  announce(rehearsal, number, "Asked again", "The committee of step 2 once more, and how everything stands.");
  const startedAt = performance.now();
  const { exit, stdout } = await showCommand(rehearsal, ["explain", object.id]);
  const { principal } = rehearsal.book.current(object.id).editor;
  rehearsal.stage.print();
  const status = await showCommand(rehearsal, ["status"]);
  return showRow(rehearsal, {
    title: "Asked again",
    checks: [
      counted("exit", 0, Number(exit) + Number(status.exit)),
      told("state", "done", stateIn(stdout)),
      told("author", principal, /in the name of (\S+);/.exec(stdout)?.[1] ?? "nobody"),
      told("left to do", "nothing", status.stdout.includes("nothing is left") ? "nothing" : "something"),
    ],
    durationMs: performance.now() - startedAt,
  });
}

function stateIn(explanation: string): string {
  return /^State\n {2}(.*)$/m.exec(explanation)?.[1] ?? "unknown";
}

/** A committee as deep in the tree as there is one. */
export function deepestCommittee({ foundation, book }: Rehearsal): V1Object {
  const depthOf = (project: Project): number => {
    const above = foundation.objects.find(({ id }) => id === project.fields.parentId);
    return above?.kind === "project" ? 1 + depthOf(above) : 1;
  };
  const depths = new Map(
    foundation.objects.flatMap((each) =>
      each.kind === "project" ? [[each.id, depthOf(each)] as const] : [],
    ),
  );
  const waiting = book.waiting.filter((each) => each.kind === "committee");
  const [deepest] = waiting.toSorted(
    (a, b) => (depths.get(b.fields.projectId) ?? 0) - (depths.get(a.fields.projectId) ?? 0),
  );
  if (deepest === undefined) throw new Error("No committee waits.");
  return deepest;
}
