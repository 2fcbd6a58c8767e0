// SPDX-License-Identifier: Apache-2.0
import type { JobContext } from "../job/job-context.ts";
import { requireClean, runPass } from "../job/pass.ts";
import { JobError } from "../outcome/job-error.ts";
import type { VerifyCounts } from "../outcome/summary.ts";

/** First character of a line of rclone's `check --combined -`. */
const signs = {
  "=": "matched",
  "*": "differing",
  "+": "missing_at_destination",
  "-": "missing_at_source",
  "!": "failed",
} as const;

type Sign = keyof typeof signs;
type Counts = Record<(typeof signs)[Sign], number>;

function isSign(character: string | undefined): character is Sign {
  return character !== undefined && Object.hasOwn(signs, character);
}

/** Counts the report of `rclone check`, one object a line: `= photos/a.jpg`. */
export function createCheckCounter(): { readonly counts: Counts; readonly take: (line: string) => void } {
  const counts: Counts = {
    matched: 0,
    differing: 0,
    missing_at_destination: 0,
    missing_at_source: 0,
    failed: 0,
  };
  return {
    counts,
    take(line) {
      const sign = line[0];
      if (isSign(sign) && line[1] === " ") counts[signs[sign]] += 1;
    },
  };
}

function describeDifferences(counts: VerifyCounts): string {
  return `Verification found ${counts.differing} differing, ${counts.missing_at_destination} missing and ${counts.missing_at_source} surplus objects; run again, and look at both sides if they stay.`;
}

/**
 * Compares both sides anew: by the checksums they list, or by reading every byte.
 *
 * @throws {JobError} `verification` when they differ; another class when it could not be carried out
 */
export async function runVerifyStep(context: JobContext): Promise<void> {
  const { verify: mode } = context.settings;
  if (mode === "none") return;
  const { counts, take } = createCheckCounter();
  const report = await runPass(
    context,
    "verify",
    {
      command: "check",
      compare: "modtime",
      leastLogLevel: "notice",
      extra: ["--combined=-", ...(mode === "download" ? ["--download"] : [])],
    },
    { onOutputLine: take },
  );
  const { failed, ...rest } = counts;
  const result: VerifyCounts = { mode, ...rest, unverifiable: report.log.unverifiableHashes };
  context.record.verify = result;
  if (result.unverifiable > 0) {
    context.record.warn(
      `${result.unverifiable} objects have no checksum that both sides know; they were compared by size`,
    );
  }
  if (report.failureClass === "verification") throw new JobError("verification", describeDifferences(result));
  requireClean(report);
  if (failed > 0)
    throw new JobError(
      "verification",
      `Verification could not read ${failed} objects; their state is not known.`,
    );
}
