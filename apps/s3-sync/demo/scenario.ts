// SPDX-License-Identifier: Apache-2.0

import { formatCount, type Update } from "@repo/tools/stage";
import { deleteObjects, putObjects } from "../test/support/bucket.ts";
import { type PlannedObject, planTree, rewritten } from "../test/support/object-tree.ts";
import type { Rehearsal, Step } from "./rehearsal.ts";

/** How many objects the story is about. */
export const cast = { small: 2_400, large: 6, added: 150, rewritten: 60, removed: 90, late: 20 } as const;

const atFirst = cast.small + cast.large;
const afterChanges = atFirst + cast.added - cast.removed;
/** Left at the destination alone when every second object is back at the source. */
const surplus = Math.floor(afterChanges / 2);
const limit = 1000;

/** So many small objects from all over the tree; `even` and `odd` share none. */
function someOf(tree: Rehearsal["tree"], wanted: number, parity: "even" | "odd"): readonly PlannedObject[] {
  const small = [...tree.values()].filter((object) => !object.key.startsWith("backups/"));
  const half = small.filter((_, index) => index % 2 === (parity === "even" ? 0 : 1));
  const stride = Math.floor(half.length / wanted);
  return half.filter((_, index) => index % stride === 0).slice(0, wanted);
}

async function store({ world, tree }: Rehearsal, objects: readonly PlannedObject[], update: Update) {
  for (const object of objects) tree.set(object.key, object);
  const total = formatCount(objects.length);
  await putObjects(world.source, objects, (done) => update(`${formatCount(done)} of ${total}`));
}

async function changeSource(rehearsal: Rehearsal, update: Update): Promise<void> {
  const { world, tree, seed } = rehearsal;
  const changed = someOf(tree, cast.rewritten, "even").map((object, index) =>
    rewritten(object, (index % 2) * 37),
  );
  const removed = someOf(tree, cast.removed, "odd").map(({ key }) => key);
  const added = planTree({ seed: seed + 1, count: cast.added, from: 50_000 });
  await store(rehearsal, [...changed, ...added], update);
  for (const key of removed) tree.delete(key);
  await deleteObjects(world.source, removed);
}

/** One object gets other bytes at the destination, of the same size and under the same date. */
async function spoilOne({ world, tree }: Rehearsal): Promise<void> {
  const [victim] = someOf(tree, 1, "even");
  if (victim === undefined) throw new Error("There is no object to spoil.");
  await putObjects(world.destination, [{ ...victim, version: -1 }]);
}

/** The demo in order. Every count follows from {@link cast}. */
export const steps: readonly Step[] = [
  {
    title: "A first mirror",
    story: `The destination is empty. Everything is copied: odd names, headers, and ${cast.large} objects that were uploaded in parts.`,
    expects: { exit: 0, copied: atFirst, deleted: 0, destination: "equal" },
  },
  {
    title: "Nothing changed",
    story: "The next tick of the CronJob finds both sides equal and leaves them alone.",
    expects: { exit: 0, copied: 0, deleted: 0, destination: "untouched" },
  },
  {
    title: "A plan of changes",
    story: "A dry run tells what would be copied, replaced and deleted, and does none of it.",
    prepare: {
      title: `${cast.added} objects added, ${cast.rewritten} rewritten (half of them in the same size), ${cast.removed} deleted`,
      work: changeSource,
    },
    settings: { DRY_RUN: "true" },
    expects: {
      exit: 0,
      plannedCopies: cast.added + cast.rewritten,
      plannedDeletes: cast.removed,
      destination: "untouched",
    },
  },
  {
    title: "The changes",
    story: "The same for real.",
    expects: { exit: 0, copied: cast.added + cast.rewritten, deleted: cast.removed, destination: "equal" },
  },
  {
    title: "Accident: the source is emptied",
    story: "Bare rclone would now empty the destination too, and exit 0.",
    prepare: {
      title: `all ${formatCount(afterChanges)} objects of the source deleted`,
      work: ({ world, tree }) => deleteObjects(world.source, [...tree.keys()]),
    },
    expects: { exit: 13, deleted: 0, destination: "untouched" },
  },
  {
    title: "Accident: half of it comes back",
    story: `Of ${formatCount(surplus)} surplus objects, bare rclone --max-delete ${limit} would delete ${formatCount(limit)} now; its next run deletes the other ${surplus - limit} and exits 0.`,
    prepare: {
      title: "every second object restored",
      work: (rehearsal, update) =>
        store(
          rehearsal,
          [...rehearsal.tree.values()].filter((_, index) => index % 2 === 0),
          update,
        ),
    },
    settings: { MAX_DELETE: String(limit) },
    expects: { exit: 7, copied: 0, deleted: 0, destination: "untouched" },
  },
  {
    title: "The source is whole again",
    story: "Nothing was lost, so nothing has to be copied twice; work has gone on meanwhile.",
    prepare: {
      title: `the other half restored, ${cast.late} new objects`,
      work: (rehearsal, update) => {
        const late = planTree({ seed: rehearsal.seed + 2, count: cast.late, from: 60_000 });
        const missing = [...rehearsal.tree.values()].filter((_, index) => index % 2 === 1);
        return store(rehearsal, [...missing, ...late], update);
      },
    },
    expects: { exit: 0, copied: cast.late, deleted: 0, destination: "equal" },
  },
  {
    title: "A wrong key",
    story: "One sentence at once, where bare rclone repeats the request many times and exits 1.",
    settings: { SOURCE_SECRET_KEY: "not-the-secret-of-this-key" },
    hidden: ["SOURCE_SECRET_KEY"],
    expects: { exit: 11, copied: 0, deleted: 0, destination: "untouched" },
  },
  {
    title: "Bit rot at the destination",
    story:
      "One object has other bytes, but its size and date are right: comparing times cannot see it. Verification does.",
    prepare: { title: "one object of the destination spoiled", work: spoilOne },
    settings: { VERIFY: "check" },
    expects: { exit: 12, copied: 0, deleted: 0, differing: 1 },
  },
  {
    title: "Repaired and read back",
    story: "Comparing checksums finds and replaces it; afterwards every byte of both sides is read.",
    settings: { COMPARE: "checksum", VERIFY: "download" },
    expects: { exit: 0, copied: 1, deleted: 0, differing: 0, destination: "equal" },
  },
];
