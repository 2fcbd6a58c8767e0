// SPDX-License-Identifier: Apache-2.0
import type { TopError, VerifyCounts } from "../outcome/summary.ts";
import type { Plan } from "../plan/plan.ts";
import type { PassReport } from "./pass.ts";

const MAX_WARNINGS = 20;
const TOP_ERRORS = 5;

/** What a job did, gathered while it runs, so that a summary can be written whenever and however it ends. */
export class JobRecord {
  readonly reports: PassReport[] = [];
  readonly warnings: string[] = [];
  plan: Plan | undefined;
  verify: VerifyCounts | undefined;
  rcloneVersion: string | undefined;

  warn(text: string): void {
    if (this.warnings.length < MAX_WARNINGS && !this.warnings.includes(text)) this.warnings.push(text);
  }

  /** Passes that changed the destination, or tried to. */
  get #working(): readonly PassReport[] {
    return this.reports.filter(({ name, isDryRun }) => !isDryRun && name !== "verify");
  }

  #sum(figure: (report: PassReport) => number): number {
    return this.#working.reduce((total, report) => total + figure(report), 0);
  }

  /** Objects compared, once each: rclone counts deletions and repeated attempts too. */
  get checked(): number {
    // A plan that found nothing to copy stands for the pass that it spared.
    const first = this.#working.find(({ name }) => name === "copy" || name === "sync");
    if (first === undefined) return this.plan?.common ?? 0;
    const { stats, attempts } = first.log;
    const deletions = first.name === "sync" ? stats.deletes : 0;
    return Math.floor(Math.max(0, stats.checks - deletions) / attempts);
  }

  get copied(): number {
    return this.#sum(({ log }) => Math.max(log.stats.transfers, log.copied));
  }

  get deleted(): number {
    return this.#sum(({ name, log }) => {
      if (name === "delete") return log.deleted;
      // rclone counts refused deletions as deletions.
      return name === "sync" ? Math.max(log.deleted, log.stats.deletes - log.deletionsFailed) : 0;
    });
  }

  get failed(): number {
    return this.reports.reduce(
      (total, { log, name }) => (name === "verify" ? total : total + log.errors.failedObjects),
      0,
    );
  }

  get bytesCopied(): number {
    return this.#sum(({ log }) => log.stats.bytes);
  }

  get serverSideCopies(): number {
    return this.#sum(({ log }) => log.stats.serverSideCopies);
  }

  get attempts(): number {
    return this.reports.reduce((most, { log }) => Math.max(most, log.attempts), 0);
  }

  get ignoredNames(): number {
    return this.reports.reduce((most, { log }) => Math.max(most, log.ignoredNames), 0);
  }

  get ignoredSample(): string | undefined {
    return this.reports.find(({ log }) => log.ignoredSample !== undefined)?.log.ignoredSample;
  }

  get topErrors(): readonly TopError[] {
    const merged = new Map<string, TopError>();
    for (const error of this.reports.flatMap(({ log }) => log.errors.topErrors)) {
      const known = merged.get(error.code);
      merged.set(error.code, known === undefined ? error : { ...known, count: known.count + error.count });
    }
    return [...merged.values()].sort((a, b) => b.count - a.count).slice(0, TOP_ERRORS);
  }
}
