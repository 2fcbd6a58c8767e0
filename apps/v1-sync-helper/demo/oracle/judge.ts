// SPDX-License-Identifier: MIT
import { type Check, formatCount } from "@repo/tools/stage";
import { counted, type Rehearsal, told } from "../rehearsal.ts";
import { type Comparison, compare } from "./compare.ts";
import { type Judgement, judgeWrites } from "./judge-writes.ts";
import { lookAround } from "./sight.ts";

export interface Verdict extends Comparison, Judgement {}

/** Compares v2 with the book, without the program under demonstration; says what is wrong, a few of it. */
export async function judge({ stage, world, book }: Rehearsal): Promise<Verdict> {
  const verdict = await stage.follow("comparing both sides, object by object", async () => {
    const sight = await lookAround(world);
    return { ...compare(book, sight), ...judgeWrites(book, sight) };
  });
  const { problems, wrongAuthors, outOfOrder, twice } = verdict;
  for (const problem of [...problems, ...wrongAuthors, ...outOfOrder, ...twice].slice(0, 5))
    stage.mark(false, problem);
  return verdict;
}

/** In v2, exactly as the book says, and nothing else; nothing made twice; in whose name, and in which order. */
export function verdictChecks(verdict: Verdict): readonly Check[] {
  const { due, exact, surplus, wrongAuthors, outOfOrder, twice } = verdict;
  const more = surplus === 0 ? "" : ` and ${formatCount(surplus)} surplus`;
  const faults = wrongAuthors.length + outOfOrder.length;
  return [
    told("exact in v2", formatCount(due), `${formatCount(exact)}${more}`),
    counted("twice", 0, twice.length),
    told("authors and order", "right", faults === 0 ? "right" : `${formatCount(faults)} wrong`),
  ];
}
