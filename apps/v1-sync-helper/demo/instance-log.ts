// SPDX-License-Identifier: MIT
import { z } from "zod";
import type { Instance } from "./world.ts";

const attempt = z.object({ action: z.string().optional(), reason: z.string().optional() });

/** How often what was done, by what the instances say themselves: `created` → 812. */
export function outcomesOf(instances: readonly Instance[]): {
  readonly adopted: number;
  readonly ownChanges: number;
} {
  let adopted = 0;
  let ownChanges = 0;
  for (const { action, reason } of instances.flatMap(({ process }) =>
    process.stdout.lines.flatMap(readAttempt),
  )) {
    if (action === "adopted") adopted += 1;
    if (reason === "own_change") ownChanges += 1;
  }
  return { adopted, ownChanges };
}

function readAttempt(line: string): readonly z.infer<typeof attempt>[] {
  if (!line.includes('"outcome"')) return [];
  return [attempt.parse(JSON.parse(line))];
}
