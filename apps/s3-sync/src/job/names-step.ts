// SPDX-License-Identifier: Apache-2.0
import { type NameReport, startNameScan } from "../names/index.ts";
import { JobError } from "../outcome/job-error.ts";
import { countOf } from "../outcome/words.ts";
import type { JobContext } from "./job-context.ts";

/** The check of names that goes on beside the passes. */
export interface NamesStep extends AsyncDisposable {
  /**
   * Waits for it and says what it found; call it after the last pass.
   *
   * @throws {JobError} class `failed_objects` where rclone left out an object without a word, except in a dry run
   */
  finish(): Promise<void>;
}

/** Begins to look for names that rclone leaves out without a word; does nothing with `CHECK_NAMES=false`. */
export function startNamesStep(context: JobContext, destinationIsEmpty: boolean): NamesStep {
  const { settings, environment, signal } = context;
  if (!settings.checksNames) {
    return { finish: () => Promise.resolve(), [Symbol.asyncDispose]: () => Promise.resolve() };
  }
  const scan = startNameScan({
    source: settings.source,
    destination: settings.destination,
    destinationIsEmpty,
    looksAgain: !settings.isDryRun,
    timeoutMs: settings.ioTimeoutMs,
    caCert: settings.caCert,
    insecureSkipVerify: settings.skipsCertificateCheck,
    env: environment,
    signal,
  });
  return {
    finish: async () => {
      const report = await scan.report();
      context.onNames(report);
      tell(context, report);
    },
    [Symbol.asyncDispose]: () => scan[Symbol.asyncDispose](),
  };
}

function tell({ record, settings }: JobContext, report: NameReport): void {
  const { problem, sourceMarkers, destinationMarkers } = report;
  if (problem !== undefined)
    record.warn(`not all names could be checked for those that rclone leaves out: ${problem}`);
  if (sourceMarkers.count + destinationMarkers.count > 0) record.warn(describeMarkers(report));
  const faults = describeFaults(report);
  if (faults === "") return;
  if (settings.isDryRun) record.warn(`${faults}; which of them it carries depends on its version`);
  else
    throw new JobError(
      "failed_objects",
      `${faults}; rename what is named so, or copy or delete it by another tool.`,
    );
}

function describeMarkers({ sourceMarkers, destinationMarkers, fullMarkers }: NameReport): string {
  const sample = JSON.stringify(sourceMarkers.sample ?? destinationMarkers.sample);
  const full = fullMarkers === 0 ? "" : ` (${fullMarkers} with content)`;
  return `folder markers such as ${sample} are not mirrored: ${sourceMarkers.count} at the source${full}, ${destinationMarkers.count} at the destination`;
}

function describeFaults({ leftOut, surplus }: NameReport): string {
  const parts = [
    ...(leftOut.count === 0
      ? []
      : [
          `leaves out ${countOf(leftOut.count, "object", "objects")} of the source, such as ${JSON.stringify(leftOut.sample)}`,
        ]),
    ...(surplus.count === 0
      ? []
      : [
          `does not delete ${countOf(surplus.count, "surplus object", "surplus objects")}, such as ${JSON.stringify(surplus.sample)}`,
        ]),
  ];
  return parts.length === 0
    ? ""
    : `rclone cannot carry some names and says nothing of it: it ${parts.join(" and ")}`;
}
