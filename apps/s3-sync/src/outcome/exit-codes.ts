// SPDX-License-Identifier: Apache-2.0

/** Why a job did not end well; each class has one exit code that `podFailurePolicy` can rely on. */
export type FailureClass =
  | "failed_objects"
  | "config"
  | "not_found"
  | "temporary"
  | "guard"
  | "time_budget"
  | "auth"
  | "verification"
  | "empty_source"
  | "rclone_missing"
  | "interrupted"
  | "internal";

export type StopSignal = "SIGTERM" | "SIGINT" | "SIGHUP";

const exitCodes = {
  failed_objects: 1,
  internal: 1,
  config: 2,
  not_found: 3,
  temporary: 5,
  guard: 7,
  time_budget: 10,
  auth: 11,
  verification: 12,
  empty_source: 13,
  rclone_missing: 127,
  interrupted: 143,
} as const satisfies Record<FailureClass, number>;

const signalExitCodes = {
  SIGHUP: 129,
  SIGINT: 130,
  SIGTERM: 143,
} as const satisfies Record<StopSignal, number>;

/** The exit code of a class, or 0 when nothing failed. An interrupted job ends as its signal says. */
export function toExitCode(failureClass: FailureClass | undefined, signal: StopSignal = "SIGTERM"): number {
  if (failureClass === undefined) return 0;
  return failureClass === "interrupted" ? signalExitCodes[signal] : exitCodes[failureClass];
}
