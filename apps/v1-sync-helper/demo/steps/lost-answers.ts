// SPDX-License-Identifier: MIT
import { formatCount } from "@repo/tools/stage";
import { projectFields } from "../foundation/seeds.ts";
import type { Committee, Member, V1Object } from "../foundation/v1-object.ts";
import { committeeKinds } from "../foundation/words.ts";
import { deedsOf } from "../instance-log.ts";
import { judge, verdictChecks } from "../oracle/judge.ts";
import { announce, counted, play, put, type Rehearsal, type Row, showRow } from "../rehearsal.ts";
import { seconds } from "../world.ts";

/** Answers that are lost: so many creates are carried out, and nobody is told. */
const lostCount = 24;
const membersEach = 8;

/** The committee service takes creates, carries them out, and does not answer. */
export async function loseAnswers(rehearsal: Rehearsal, number: number): Promise<Row> {
  const { book, world } = rehearsal;
  announce(
    rehearsal,
    number,
    "Lost answers",
    `A new project comes with ${committeeKinds.length} committees and their members. The committee service carries out the next ${lostCount} creates and answers none of them. Who simply tries again makes two of each; who gives up has none. Here each is looked up after its time-out of ${seconds.timeout} s, found, and adopted.`,
  );
  const startedAt = performance.now();
  const newcomers = newProject(rehearsal);
  book.enter(...newcomers);
  const lost = loseNext(rehearsal);
  await play(rehearsal, `${formatCount(newcomers.length)} new records, children first`, () =>
    put(rehearsal, newcomers.toReversed()),
  );
  world.v2.faults.choose = undefined;
  const { adopted } = deedsOf(world.instances);
  const made = world.v2.record.writes.filter(({ request }) => lost.has(request)).map(({ uid }) => uid);
  const verdict = await judge(rehearsal);
  return showRow(rehearsal, {
    title: "Lost answers",
    checks: [
      counted("unanswered", lostCount, made.length),
      counted("adopted", lostCount, made.filter((uid) => adopted.has(uid)).length),
      ...verdictChecks(verdict),
    ],
    durationMs: performance.now() - startedAt,
  });
}

function newProject({ foundation }: Rehearsal): readonly V1Object[] {
  const { seeds, random, root } = foundation;
  const project = seeds.project(projectFields(random, "Second Wind", root.id));
  const groups: readonly (Committee | Member)[] = committeeKinds.flatMap((kind) =>
    seeds.committeeOf(project, kind, membersEach),
  );
  return [project, ...groups];
}

/** Loses the answers of creates; gives the requests. */
function loseNext({ world }: Rehearsal): ReadonlySet<number> {
  const lost = new Set<number>();
  world.v2.faults.choose = ({ sequence, service, method }) => {
    if (service !== "committee" || method !== "POST" || lost.size >= lostCount) return undefined;
    lost.add(sequence);
    return { kind: "lost" };
  };
  return lost;
}
