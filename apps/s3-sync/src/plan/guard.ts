// SPDX-License-Identifier: Apache-2.0
import { JobError } from "../outcome/job-error.ts";
import { countOf } from "../outcome/words.ts";
import { destinationObjects, type Plan, sourceObjects } from "./plan.ts";

export interface GuardLimits {
  /** Objects; -1 is no limit. */
  readonly maxDelete: number;
  /** Of the destination's objects. */
  readonly maxDeletePercent: number | undefined;
  readonly allowsEmptySource: boolean;
}

const keeps = "nothing was copied or deleted";

export function refuseEmptySource(): never {
  throw new JobError(
    "empty_source",
    `The source lists no objects and the destination is not empty, so ${keeps}; check the source's bucket and prefix, or set ALLOW_EMPTY_SOURCE=true if it is meant to be empty.`,
    { isRefusal: true },
  );
}

function refuse(surplus: number, limit: string): never {
  throw new JobError(
    "guard",
    `${countOf(surplus, "object")} would be deleted, more than ${limit} allows, so ${keeps}; check the source, or raise the limit for one run.`,
    { isRefusal: true },
  );
}

/**
 * Lets a plan pass, or refuses it before anything is done.
 *
 * @throws {JobError} `empty_source` or `guard`
 */
export function guardPlan(plan: Plan, limits: GuardLimits): void {
  const { maxDelete, maxDeletePercent, allowsEmptySource } = limits;
  if (!allowsEmptySource && plan.surplus > 0 && sourceObjects(plan) === 0) refuseEmptySource();
  if (maxDelete >= 0 && plan.surplus > maxDelete) refuse(plan.surplus, `MAX_DELETE=${maxDelete}`);
  if (maxDeletePercent === undefined || plan.surplus === 0) return;
  if (plan.surplus * 100 > maxDeletePercent * destinationObjects(plan)) {
    refuse(
      plan.surplus,
      `MAX_DELETE_PERCENT=${maxDeletePercent} of the destination's ${countOf(destinationObjects(plan), "object")}`,
    );
  }
}
