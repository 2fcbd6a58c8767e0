// SPDX-License-Identifier: MIT
import type { Author } from "../objects/author.ts";
import type { Plan, WriteCall } from "../objects/plan.ts";
import type { Reason } from "../reason.ts";
import type { AttemptOutcome } from "../state/transition.ts";
import { type Attempt, dead, retry, retryAnswer } from "./attempt.ts";

export type UpdatePlan = Extract<Plan, { readonly action: "update" }>;

/** How often a plan is made again because v2 changed under it. */
export const maxStale = 5;
const staleWaitMs = 25;

/** Sends the calls of an update in order. `stale`: v2 changed since the plan was made. @throws {ClaimLostError} */
export async function updateObject(
  attempt: Attempt,
  plan: UpdatePlan,
  author: Author,
): Promise<"written" | "stale" | AttemptOutcome> {
  for (const call of plan.calls) {
    const answer = await attempt.send(call, author);
    switch (answer.result) {
      case "done":
        break;
      case "stale":
        return "stale";
      case "gone":
        return dead(missing(call));
      case "taken":
      case "refused":
        return dead(answer.reason);
      case "unavailable":
      case "unknown":
        return retryAnswer(answer);
    }
  }
  // Every resource was written and answered: no earlier call has an ETag any more that would be accepted.
  attempt.claim.amend(({ unsettled: _unsettled, deleting: _deleting, ...state }) => state);
  return "written";
}

function missing(call: WriteCall): Reason {
  return {
    code: "missing_in_v2",
    message: "The object is mapped and v2 does not know it: `resync` creates it again.",
    status: 404,
    call: `${call.method} ${call.path}`,
  };
}

/** Lets whoever else writes to the object go first; a random time, so that two do not keep in step. */
export async function waitAfterStale(attempt: Attempt, times: number): Promise<void> {
  const { clock, random } = attempt.ports;
  await clock.wait(random() * staleWaitMs * 2 ** times);
}

export function staleTooOften(): AttemptOutcome {
  return retry({
    code: "stale_revision",
    message: `The object was changed in v2 ${maxStale} times in a row while it was being written.`,
  });
}
