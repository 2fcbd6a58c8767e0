// SPDX-License-Identifier: MIT
import {
  allHold,
  type Check,
  describeChecks,
  formatDuration,
  holds,
  type Stage,
  type Update,
} from "@repo/tools/stage";
import { foldLine } from "./fold-line.ts";
import type { Book } from "./foundation/book.ts";
import { encodeObject } from "./foundation/columns.ts";
import type { Foundation } from "./foundation/plant.ts";
import { keyOf, type V1Object } from "./foundation/v1-object.ts";
import { progressText } from "./progress.ts";
import type { Standing, StatusFeed } from "./status-feed.ts";
import type { Ran, World } from "./world.ts";

/** What the steps of the demo share. */
export interface Rehearsal {
  readonly stage: Stage;
  readonly world: World;
  readonly status: StatusFeed;
  readonly foundation: Foundation;
  readonly book: Book;
}

/** One line of the closing table. */
export interface Row {
  readonly title: string;
  readonly checks: readonly Check[];
  readonly durationMs: number;
}

export function isAsExpected({ checks }: Row): boolean {
  return allHold(checks);
}

/** A heading, and what is going to happen and why. */
export function announce({ stage }: Rehearsal, number: number, title: string, story: string): void {
  stage.print();
  stage.print(stage.style("bold", `${number}  ${title}`));
  stage.note(story);
}

export function showRow({ stage }: Rehearsal, row: Row): Row {
  const good = row.checks.filter(holds);
  if (good.length > 0) stage.mark(true, describeChecks(good, "actual"), formatDuration(row.durationMs));
  const bad = row.checks.filter((check) => !holds(check));
  if (bad.length > 0)
    stage.mark(false, `${describeChecks(bad, "actual")}, not ${describeChecks(bad, "expected")}`);
  return row;
}

/** Runs a command and shows what a user sees; of more than `atMost` lines the first ones, and the last. */
export async function showCommand(
  { stage, world }: Rehearsal,
  args: readonly string[],
  atMost = Number.POSITIVE_INFINITY,
): Promise<Ran> {
  stage.print(`  ${stage.style("cyan", `$ v1-sync-helper ${args.join(" ")}`)}`);
  const ran = await stage.follow("v1-sync-helper", () => world.run(args));
  const lines = `${ran.stdout}${ran.stderr}`.trimEnd().split("\n");
  for (const line of shorten(lines, atMost)) {
    for (const part of foldLine(line, stage.width - 4))
      stage.print(part === "" ? "" : `    ${stage.style("dim", part)}`);
  }
  return ran;
}

function shorten(lines: readonly string[], atMost: number): readonly string[] {
  const left = lines.length - atMost;
  if (left <= 1) return lines;
  return [...lines.slice(0, atMost - 1), `… ${left} more lines`, ...lines.slice(-1)];
}

/** Writes records into the bucket in this order, as extraction does. */
export async function put({ world }: Rehearsal, objects: readonly V1Object[]): Promise<void> {
  const bucket = await world.bucket("v1-objects");
  await inBatches(objects, async (object) => {
    if (object.removal === "deleted") return bucket.delete(keyOf(object));
    if (object.removal === "purged") return bucket.purge(keyOf(object));
    return bucket.put(keyOf(object), encodeObject(object, Date.now()));
  });
}

const batchSize = 50;

/** One connection keeps the order in which it is told, answered or not. */
async function inBatches<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  for (let at = 0; at < items.length; at += batchSize)
    await Promise.all(items.slice(at, at + batchSize).map(work));
}

/** Waits until all that can be done is done, by what the book says. */
export function settle(rehearsal: Rehearsal, update: Update): Promise<Standing> {
  const { status, book } = rehearsal;
  return status.settle({
    parked: book.waiting.length,
    onLook: (standing) => showProgress(rehearsal, standing, update),
  });
}

export function showProgress({ stage, book }: Rehearsal, standing: Standing, update: Update): void {
  update(progressText(standing, book.ids.length, { hasBar: stage.isTerminal }));
}

/** Does something, and shows the status live until all is settled; leaves a line behind. */
export function play(
  rehearsal: Rehearsal,
  title: string,
  work: (update: Update) => Promise<unknown>,
): Promise<Standing> {
  return rehearsal.stage.task(title, async (update) => {
    await work(update);
    return await settle(rehearsal, update);
  });
}

/** Something counted. */
export function counted(what: string, expected: number, actual: number): Check {
  const text = (count: number): string => count.toLocaleString("en-US");
  return { what, expected: text(expected), actual: text(actual) };
}

export function told(what: string, expected: string, actual: string): Check {
  return { what, expected, actual };
}
