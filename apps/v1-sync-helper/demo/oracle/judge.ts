// SPDX-License-Identifier: MIT
import type { Check } from "@repo/tools/stage";
import { counted, type Rehearsal } from "../rehearsal.ts";
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

/** In v2, exactly as the book says; nothing made twice; no other fault in what is there, who was named, and the order. */
export function verdictChecks(verdict: Verdict): readonly Check[] {
  const { due, exact, surplus, wrongAuthors, outOfOrder, twice } = verdict;
  return [
    counted("exact in v2", due, exact),
    counted("twice", 0, twice.length),
    counted("other faults", 0, surplus + wrongAuthors.length + outOfOrder.length),
  ];
}
