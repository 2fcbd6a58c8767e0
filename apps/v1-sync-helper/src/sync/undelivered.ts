// SPDX-License-Identifier: MIT
import type { Clock } from "../clock.ts";
import { RevisionConflictError } from "../nats/bucket.ts";
import type { ObjectStates } from "../state/object-states.ts";
import { undelivered } from "../state/transition.ts";
import { keyProblem } from "./key-problem.ts";

/**
 * Puts a revision on record that no instance has in hand, so that it is taken up from there. Nothing changes when it, or
 * a newer one, is on record, nor for a key under which nothing can be.
 *
 * @returns whether it was missing
 * @throws {UnavailableError} @throws {UnreadableStateError}
 */
export async function recordUndelivered(
  { states, clock }: { readonly states: ObjectStates; readonly clock: Clock },
  key: string,
  revision: number,
  message: string,
): Promise<boolean> {
  if (keyProblem(key) !== undefined) return false;
  for (;;) {
    const { state, version } = await states.read(key);
    const reason = { code: "undelivered", message } as const;
    const next = undelivered(state, revision, { nowMs: clock.epochMs(), reason });
    if (next === state) return false;
    try {
      await states.write(key, next, version);
      return true;
    } catch (error) {
      if (!(error instanceof RevisionConflictError)) throw error;
    }
  }
}
