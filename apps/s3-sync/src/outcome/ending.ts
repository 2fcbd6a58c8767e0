// SPDX-License-Identifier: Apache-2.0
import { type FailureClass, type StopSignal, toExitCode } from "./exit-codes.ts";
import type { Status } from "./summary.ts";

/** Why a job ended, before it is put into words. */
export interface EndingFacts {
  /** `undefined` when the job did all it was to do. */
  readonly failure:
    | { readonly failureClass: FailureClass; readonly reason: string; readonly isRefusal: boolean }
    | undefined;
  /** What stopped it from outside or by its time budget, if anything did. */
  readonly stop:
    | { readonly kind: "signal"; readonly signal: StopSignal }
    | { readonly kind: "budget" }
    | undefined;
  readonly isDryRun: boolean;
  /** Whether anything was copied or deleted. */
  readonly hasChanged: boolean;
}

export interface Ending {
  readonly status: Status;
  readonly exitCode: number;
  readonly failureClass: FailureClass | undefined;
  readonly reason: string;
}

const stopReasons = {
  signal: (signal: StopSignal) =>
    `The job was stopped by ${signal}; run it again, what was copied is not copied twice.`,
  budget:
    "MAX_DURATION had passed and rclone did not end, so it was stopped; run again, what was copied is not copied twice.",
} as const;

function statusOf(failureClass: FailureClass, isRefusal: boolean, hasChanged: boolean): Status {
  if (isRefusal) return "refused";
  if (failureClass === "interrupted" || failureClass === "time_budget") return "interrupted";
  return hasChanged ? "partial" : "failed";
}

/**
 * Decides how a job ended; total over its facts.
 *
 * A stop explains any failure that comes with it, except a refusal: that was decided before the stop could matter.
 * A job that finished its work has succeeded even if a signal came in its last moment.
 */
export function decideEnding({ failure, stop, isDryRun, hasChanged }: EndingFacts): Ending {
  if (failure === undefined) {
    const reason = isDryRun ? "The plan was made." : "The synchronisation is complete.";
    return { status: isDryRun ? "dry_run" : "success", exitCode: 0, failureClass: undefined, reason };
  }
  if (stop !== undefined && !failure.isRefusal) {
    const failureClass = stop.kind === "budget" ? "time_budget" : "interrupted";
    const signal = stop.kind === "signal" ? stop.signal : "SIGTERM";
    const reason = stop.kind === "budget" ? stopReasons.budget : stopReasons.signal(signal);
    return { status: "interrupted", exitCode: toExitCode(failureClass, signal), failureClass, reason };
  }
  const { failureClass, reason, isRefusal } = failure;
  const status = statusOf(failureClass, isRefusal, hasChanged);
  return { status, exitCode: toExitCode(failureClass), failureClass, reason };
}
