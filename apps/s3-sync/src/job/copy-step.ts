// SPDX-License-Identifier: Apache-2.0
import type { Comparison } from "../outcome/summary.ts";
import { type Comparing, mayCopyServerSide, type PassOptions } from "../rclone/arguments.ts";
import type { JobContext } from "./job-context.ts";
import { requireClean, runPass } from "./pass.ts";

/** Objects from this size on are likely to have been uploaded in parts, so that their ETag is no MD5. */
export const LARGE_SIZE = "5M";
export const LARGE_BYTES = 5 * 1024 * 1024;

/** Comparison of the first pass; `hybrid` looks at modification times of large objects in a second one. */
export function firstComparison(compare: Comparison): Comparing {
  return compare === "hybrid" ? "checksum" : compare;
}

/** Before 1.64 only lines of level INFO tell which copies the server made itself. */
function copyOptions({
  settings,
  argumentContext,
}: JobContext): Pick<PassOptions, "command" | "leastLogLevel"> {
  const mustRead = mayCopyServerSide(settings) && !argumentContext().features.countsServerSideCopies;
  return { command: "copy", ...(mustRead && { leastLogLevel: "info" }) };
}

/**
 * Copies what is new or differs; deletes nothing.
 *
 * @param planned how the plan compared, and how many copies it found; a plan that compared as the first pass would
 *   and found none has done that pass's work
 * @throws {JobError} when a pass did not end clean
 */
export async function runCopyStep(
  context: JobContext,
  planned: { readonly compare: Comparing; readonly copies: number } | undefined,
): Promise<void> {
  const { compare } = context.settings;
  const first = firstComparison(compare);
  if (planned?.compare !== first || planned.copies > 0) {
    requireClean(await runPass(context, "copy", { ...copyOptions(context), compare: first }));
  }
  if (compare === "hybrid") await runLargeCopy(context);
}

/** @throws {JobError} when it did not end clean */
export async function runLargeCopy(context: JobContext): Promise<void> {
  requireClean(
    await runPass(context, "copy_large", {
      ...copyOptions(context),
      compare: "modtime",
      minSize: LARGE_SIZE,
    }),
  );
}
