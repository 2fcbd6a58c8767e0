// SPDX-License-Identifier: MIT
import type { Fault } from "@repo/testkit/lfx-v2";
import { formatCount } from "@repo/tools/stage";
import { ownClient } from "../foundation/cast.ts";
import { columnsOf } from "../foundation/columns.ts";
import { pickEditor, slugOf } from "../foundation/seeds.ts";
import {
  type Committee,
  type Editor,
  keyOf,
  type Member,
  type Project,
  type Removal,
  type V1Object,
} from "../foundation/v1-object.ts";
import { deedsOf } from "../instance-log.ts";
import { judge, verdictChecks } from "../oracle/judge.ts";
import { announce, counted, play, put, type Rehearsal, type Row, showRow } from "../rehearsal.ts";

const counts = {
  renamed: 12,
  rewritten: 60,
  hasty: 20,
  bursts: 6,
  moved: 10,
  echoes: 5,
  removed: 8,
} as const;

/** Deletes that this step has carried out in v2. */
export const deletesOfTheDay: number = counts.removed + 1;

/** What people and machines do to a foundation in a day, all at once. */
export async function workADay(rehearsal: Rehearsal, number: number): Promise<Row> {
  const { world, stage } = rehearsal;
  announce(
    rehearsal,
    number,
    "A working day",
    `${counts.renamed} projects get another name and slug, one another parent; ${counts.rewritten} members get another title, ${counts.moved} another committee; ${counts.hasty} committees are edited ${counts.bursts} times in a row; ${deletesOfTheDay} objects go. Four edits meet somebody else's in v2 and are merged. And ${counts.echoes} changes are echoes: v2's own, come back through v1. They must not go round in circles.`,
  );
  const startedAt = performance.now();
  const plan = planDay(rehearsal);
  const changes = plan.objects.length + plan.echoed.length;
  world.v2.faults.next(staleFaults, ({ operation }) => operation === "update-committee");
  const sentBefore = world.v2.record.writeCount;
  const echoesBefore = deedsOf(world.instances).echoes;
  await play(rehearsal, `${formatCount(changes)} changes`, async () => {
    await put(rehearsal, plan.objects);
    await putEchoes(rehearsal, plan.echoed);
  });
  const sent = world.v2.record.writeCount - sentBefore;
  stage.note(
    `They became ${formatCount(sent)} writes: what was overtaken while it waited was never sent.`,
    4,
  );
  const verdict = await judge(rehearsal);
  return showRow(rehearsal, {
    title: "A working day",
    checks: [
      ...verdictChecks(verdict),
      counted("merged", staleFaults.length, staleFaults.length - world.v2.faults.untaken),
      counted("echoes ignored", plan.echoed.length, deedsOf(world.instances).echoes - echoesBefore),
    ],
    durationMs: performance.now() - startedAt,
  });
}

/** Somebody else's change just before ours, in the four ways in which services have said so. */
const staleFaults: readonly Fault[] = (["409", "412", "400", "500"] as const).map((shape) => ({
  kind: "stale",
  shape,
}));

interface Day {
  /** In the order in which v1 makes the changes. */
  readonly objects: readonly V1Object[];
  /** Objects whose change comes back from v2. */
  readonly echoed: readonly V1Object[];
}

/** Decides what happens, and enters it into the book. */
function planDay(rehearsal: Rehearsal): Day {
  const { book, foundation } = rehearsal;
  const { random, root, pilot, trouble } = foundation;
  const special = new Set([root, pilot, trouble.elder].map(({ id }) => id));
  const due = random.shuffle(book.due.filter(({ id }) => !special.has(id)));
  const projects = due.filter((each) => each.kind === "project");
  const committees = due.filter((each) => each.kind === "committee");
  const members = due.filter((each) => each.kind === "member");
  const take = <T>(list: T[], count: number): readonly T[] => list.splice(0, count);
  const renamed = take(projects, counts.renamed);
  const hasty = take(committees, counts.hasty);
  const changes = [
    ...renamed.map((each) => rename(rehearsal, each)),
    ...take(
      projects.filter(({ fields }) => fields.parentId !== root.id),
      1,
    ).map((each) => book.edit(each, editorOf(rehearsal), { parentId: root.id })),
    ...take(members, counts.rewritten).map((each) =>
      book.edit(each, editorOf(rehearsal), { title: `Senior ${each.fields.title}` }),
    ),
    ...take(members, counts.moved).map((each) => moveMember(rehearsal, each, committees)),
  ];
  const bursts = Array.from({ length: counts.bursts }, () =>
    hasty.map((each) => book.edit(each, editorOf(rehearsal))),
  );
  const removed = take(members, counts.removed).map((each, index) =>
    book.remove(each, editorOf(rehearsal), removals[index % removals.length] ?? "marked"),
  );
  return {
    objects: [
      ...random.shuffle(changes),
      ...bursts.flat(),
      ...removed,
      book.remove(pilot, editorOf(rehearsal), "marked"),
    ],
    echoed: take(committees, counts.echoes),
  };
}

const removals: readonly Removal[] = ["marked", "deleted", "marked", "purged"];

function editorOf({ foundation }: Rehearsal): Editor {
  return pickEditor(foundation.random, foundation.cast);
}

function rename(rehearsal: Rehearsal, project: Project): Project {
  const name = `New ${project.fields.name}`;
  return rehearsal.book.edit(project, editorOf(rehearsal), { name, slug: slugOf(name) });
}

/** Into a committee where the person does not sit yet. */
function moveMember(rehearsal: Rehearsal, member: Member, committees: readonly Committee[]): Member {
  const { book, foundation } = rehearsal;
  const { person, committeeId } = member.fields;
  const taken = new Set(
    book.ids
      .flatMap((id) => book.editions(id))
      .filter((each) => each.kind === "member")
      .filter(({ fields }) => fields.person.id === person.id)
      .map(({ fields }) => fields.committeeId),
  );
  const free = committees.filter(({ id }) => id !== committeeId && !taken.has(id));
  const committee = foundation.random.pick(free);
  return book.edit(member, editorOf(rehearsal), {
    committeeId: committee.id,
    isVoting: committee.fields.isVoting,
  });
}

/** v2's own changes on their way back: the newest value of the key, but nothing that v2 must be told. */
async function putEchoes({ world }: Rehearsal, objects: readonly V1Object[]): Promise<void> {
  const bucket = await world.bucket("v1-objects");
  for (const object of objects) {
    const columns = { ...columnsOf(object, Date.now()), description__c: "An echo." };
    await bucket.put(keyOf(object), JSON.stringify({ ...columns, lastmodifiedbyid: `${ownClient}@clients` }));
  }
}
