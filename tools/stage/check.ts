// SPDX-License-Identifier: Apache-2.0

/** One thing that a step of a demo promises, said beforehand and compared afterwards: `exit`, `7`, `7`. */
export interface Check {
  readonly what: string;
  readonly expected: string;
  readonly actual: string;
}

export function holds(check: Check): boolean {
  return check.expected === check.actual;
}

/** Whether each holds, and there is one. */
export function allHold(checks: readonly Check[]): boolean {
  return checks.length > 0 && checks.every(holds);
}

/** `exit 7, copied 0, destination untouched`. */
export function describeChecks(checks: readonly Check[], side: "expected" | "actual"): string {
  return checks.map((check) => `${check.what} ${check[side]}`).join(", ");
}
