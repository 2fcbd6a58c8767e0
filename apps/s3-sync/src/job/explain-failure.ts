// SPDX-License-Identifier: Apache-2.0
import type { FailureClass, StopSignal } from "../outcome/exit-codes.ts";
import { JobError } from "../outcome/job-error.ts";
import { PreflightError } from "../preflight/index.ts";
import { ConfigDirectoryError } from "../rclone/config-directory.ts";
import { BudgetSpent } from "./budget.ts";

export interface Explained {
  readonly failureClass: FailureClass;
  readonly reason: string;
  readonly isRefusal: boolean;
}

/** Puts whatever ended a job into the words of its summary. */
export function explainFailure(error: unknown): Explained {
  if (error instanceof JobError) {
    return { failureClass: error.failureClass, reason: error.message, isRefusal: error.isRefusal };
  }
  if (error instanceof PreflightError) {
    return { failureClass: error.failureClass, reason: error.message, isRefusal: false };
  }
  if (error instanceof ConfigDirectoryError) {
    return { failureClass: "config", reason: `${error.message}.`, isRefusal: false };
  }
  const message = Error.isError(error) ? error.message : String(error);
  return { failureClass: "internal", reason: `s3-sync itself failed: ${message}`, isRefusal: false };
}

function isStopSignal(value: unknown): value is StopSignal {
  return value === "SIGTERM" || value === "SIGINT" || value === "SIGHUP";
}

/** What aborted a job, if anything did. */
export function explainStop(
  signal: AbortSignal,
): { readonly kind: "signal"; readonly signal: StopSignal } | { readonly kind: "budget" } | undefined {
  if (!signal.aborted) return undefined;
  const reason: unknown = signal.reason;
  if (reason instanceof BudgetSpent) return { kind: "budget" };
  const name = Error.isError(reason) && "signal" in reason ? reason.signal : undefined;
  return { kind: "signal", signal: isStopSignal(name) ? name : "SIGTERM" };
}
