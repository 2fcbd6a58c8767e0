// SPDX-License-Identifier: Apache-2.0
import type { TopError, VerifyCounts } from "../outcome/summary.ts";
import type { Plan } from "../plan/plan.ts";
import type { PassReport } from "./pass.ts";

const MAX_WARNINGS = 20;
const TOP_ERRORS = 5;

/** What a job did, gathered while it runs, so that a summary can be written whenever and however it ends. */
export class JobRecord {
  /** In order; of a pass that was repeated from our side, all attempts. */
  readonly #reports: PassReport[] = [];
  readonly warnings: string[] = [];
  plan: Plan | undefined;
  verify: VerifyCounts | undefined;
  rcloneVersion: string | undefined;

  add(report: PassReport): void {
    this.#reports.push(report);
  }

  /** Each pass by its last attempt: the errors of the ones before are mended, or met again. */
  get #last(): readonly PassReport[] {
    return this.#reports.filter((_, index) => (this.#reports[index + 1]?.attempt ?? 1) === 1);
  }

  warn(text: string): void {
    if (this.warnings.length < MAX_WARNINGS && !this.warnings.includes(text)) this.warnings.push(text);
  }

  /** Passes that changed the destination, or tried to. */
  get #working(): readonly PassReport[] {
    return this.#reports.filter(({ name, isDryRun }) => !isDryRun && name !== "verify");
  }

  #sum(figure: (report: PassReport) => number): number {
    return this.#working.reduce((total, report) => total + figure(report), 0);
  }

  /**
   * Objects compared, once each. rclone sums over its attempts: after a repeated copy the plan tells what is on both
   * sides. A repeated `sync` has no plan, and the share of one attempt is a lower bound.
   */
  get checked(): number {
    // A plan that found nothing to copy stands for the pass that it spared.
    const first = this.#working.find(({ name }) => name === "copy" || name === "sync");
    if (first === undefined) return this.plan?.common ?? 0;
    const { stats, attempts } = first.log;
    if (first.name === "sync") return Math.floor(Math.max(0, stats.checks - stats.deletes) / attempts);
    return attempts === 1 ? stats.checks : Math.min(stats.checks, this.plan?.common ?? 0);
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
    return this.#last.reduce(
      (total, { log, name }) => (name === "verify" ? total : total + log.errors.failedObjects),
      0,
    );
  }

  get bytesCopied(): number {
    return this.#sum(({ log }) => log.stats.bytes);
  }

  get serverSideCopies(): number {
    return this.#sum(({ log }) => Math.max(log.stats.serverSideCopies, log.copiedServerSide));
  }

  get attempts(): number {
    return this.#reports.reduce((most, { log, attempt }) => Math.max(most, log.attempts, attempt), 0);
  }

  get ignoredNames(): number {
    return this.#last.reduce((most, { log }) => Math.max(most, log.ignoredNames), 0);
  }

  get ignoredSample(): string | undefined {
    return this.#last.find(({ log }) => log.ignoredSample !== undefined)?.log.ignoredSample;
  }

  get topErrors(): readonly TopError[] {
    const merged = new Map<string, TopError>();
    for (const error of this.#last.flatMap(({ log }) => log.errors.topErrors)) {
      const known = merged.get(error.code);
      merged.set(error.code, known === undefined ? error : { ...known, count: known.count + error.count });
    }
    return [...merged.values()].sort((a, b) => b.count - a.count).slice(0, TOP_ERRORS);
  }
}
