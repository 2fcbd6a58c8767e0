// SPDX-License-Identifier: Apache-2.0
import type { JobContext } from "../job/job-context.ts";
import { type PassReport, requireClean, runPass } from "../job/pass.ts";
import { JobError } from "../outcome/job-error.ts";
import type { VerifyCounts } from "../outcome/summary.ts";
import { countOf, objectsThat } from "../outcome/words.ts";
import { type CheckCounts, createCheckCounter } from "./check-counter.ts";

function describeDifferences(counts: VerifyCounts): string {
  return `Verification found ${counts.differing} differing, ${counts.missing_at_destination} missing and ${counts.missing_at_source} surplus objects; run again, and look at both sides if they stay.`;
}

/** @throws {JobError} unless both sides were read and are alike */
function judge(report: PassReport, { failed }: CheckCounts, result: VerifyCounts): void {
  if (report.failureClass === "verification") throw new JobError("verification", describeDifferences(result));
  requireClean(report);
  if (failed === 0) return;
  throw new JobError(
    "verification",
    `Verification could not read ${countOf(failed, "object")}, whose state is not known; run again.`,
  );
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
      combined: true,
      download: mode === "download",
    },
    { onOutputLine: take },
  );
  const { failed: _, ...rest } = counts;
  const result: VerifyCounts = { mode, ...rest, unverifiable: report.log.unverifiableHashes };
  context.record.verify = result;
  if (result.unverifiable > 0) {
    context.record.warn(
      `${objectsThat(result.unverifiable, "has", "have")} no checksum that both sides know, and ${result.unverifiable === 1 ? "was" : "were"} compared by size`,
    );
  }
  judge(report, counts, result);
}
