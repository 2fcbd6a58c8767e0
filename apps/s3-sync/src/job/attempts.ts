// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from "node:timers/promises";
import type { FailureClass } from "../outcome/exit-codes.ts";
import type { JobContext } from "./job-context.ts";
import { deeds, type PassReport } from "./pass.ts";

/** What another attempt cannot mend. */
const final: ReadonlySet<FailureClass> = new Set([
  "interrupted",
  "time_budget",
  "rclone_missing",
  "internal",
  "config",
  "guard",
]);

interface Attempted {
  readonly report: PassReport;
}

/** Whether the pause fits into the time budget; what would begin after it could do nothing. */
function hasTime({ budget, settings }: JobContext): boolean {
  const { remainingMs } = budget;
  return remainingMs === undefined || remainingMs > settings.retriesSleepMs;
}

async function pause({ signal, settings }: JobContext): Promise<void> {
  await sleep(settings.retriesSleepMs, undefined, { signal }).catch(() => {});
  signal.throwIfAborted();
}

/**
 * Makes a pass of one attempt up to `RETRIES` times, `RETRIES_SLEEP` apart, until it ends clean.
 *
 * rclone repeats by itself too, but sums its counters and its log over the attempts. Where a list or a limit rests
 * on them, each attempt must be a process of its own.
 *
 * @param attempt runs one attempt, numbered from 1, with nothing kept of the ones before it
 * @returns the last attempt; not one that ran into `--max-delete` when another error came before it
 * @throws the signal's reason when it was aborted between two attempts
 */
export async function runAttempts<T extends Attempted>(
  context: JobContext,
  attempt: (number: number) => Promise<T>,
): Promise<T> {
  const { retries } = context.settings;
  let last = await attempt(1);
  for (let number = 2; number <= retries; number += 1) {
    const { failureClass, name } = last.report;
    if (failureClass === undefined || final.has(failureClass) || !hasTime(context)) break;
    const fields = {
      event: "retry",
      pass: name,
      attempt: number,
      attempts: retries,
      failure_class: failureClass,
    };
    context.logger.warn(fields, `${deeds[name]} failed and is tried again`);
    await pause(context);
    const next = await attempt(number);
    if (next.report.failureClass === "guard") break;
    last = next;
  }
  return last;
}
