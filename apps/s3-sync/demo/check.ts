// SPDX-License-Identifier: Apache-2.0

/** One thing that a step promises, said beforehand and compared afterwards: `exit`, `7`, `7`. */
export interface Check {
  readonly what: string;
  readonly expected: string;
  readonly actual: string;
}

export interface StepResult {
  readonly title: string;
  readonly checks: readonly Check[];
  /** Of the job alone, without our own looking. */
  readonly jobMs: number;
}

export function holds(check: Check): boolean {
  return check.expected === check.actual;
}

export function isAsExpected(step: StepResult): boolean {
  return step.checks.length > 0 && step.checks.every(holds);
}

/** `exit 7, copied 0, destination untouched`. */
export function describeChecks(checks: readonly Check[], side: "expected" | "actual"): string {
  return checks.map((check) => `${check.what} ${check[side]}`).join(", ");
}
