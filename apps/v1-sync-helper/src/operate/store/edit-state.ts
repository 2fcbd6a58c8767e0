// SPDX-License-Identifier: MIT
import { RevisionConflictError } from "../../nats/bucket.ts";
import type { ObjectState } from "../../state/object-state.ts";
import type { ObjectStates } from "../../state/object-states.ts";

/** Others write one record a few times a second at most. */
const maxTries = 20;

/**
 * Changes one record by compare-and-set, again from the start when somebody else wrote meanwhile. `change` gives
 * `undefined`, or the very state it got, to leave it.
 *
 * @returns the state that is there afterwards, and whether it was written here
 * @throws {UnavailableError} @throws {UnreadableStateError}
 */
export async function editState(
  states: ObjectStates,
  key: string,
  change: (state: ObjectState | undefined) => ObjectState | undefined,
): Promise<{ readonly state: ObjectState | undefined; readonly isWritten: boolean }> {
  for (let tries = 1; ; tries += 1) {
    const { state, version } = await states.read(key);
    const next = change(state);
    if (next === undefined || next === state) return { state, isWritten: false };
    try {
      await states.write(key, next, version);
      return { state: next, isWritten: true };
    } catch (error) {
      if (!(error instanceof RevisionConflictError) || tries >= maxTries) throw error;
    }
  }
}
