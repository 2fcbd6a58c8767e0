// SPDX-License-Identifier: Apache-2.0

/** What a plan pass found; objects and bytes. */
export interface Plan {
  /** To be copied, whether new or replaced. With a quick plan: by size alone, so a lower bound. */
  readonly copies: number;
  /** Of `copies`, those that stand at the destination already; `undefined` where that was not looked at. */
  readonly replacements: number | undefined;
  readonly copyBytes: number;
  /** At the destination and not, by its listing, at the source. */
  readonly surplus: number;
  /** On both sides. */
  readonly common: number;
}

/** Objects that the source listed. */
export function sourceObjects(plan: Plan): number {
  return plan.common + newObjects(plan);
}

/** Objects that the destination listed. */
export function destinationObjects(plan: Plan): number {
  return plan.common + plan.surplus;
}

/** A quick plan cannot tell new from replaced; for "is there anything at all" either will do. */
function newObjects(plan: Plan): number {
  return plan.copies - (plan.replacements ?? 0);
}
