// SPDX-License-Identifier: Apache-2.0
import { allHold, type Check } from "@repo/tools/stage";

export interface StepResult {
  readonly title: string;
  readonly checks: readonly Check[];
  /** Of the job alone, without our own looking. */
  readonly jobMs: number;
}

export function isAsExpected({ checks }: StepResult): boolean {
  return allHold(checks);
}
