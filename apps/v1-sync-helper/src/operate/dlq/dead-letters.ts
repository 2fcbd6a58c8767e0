// SPDX-License-Identifier: MIT
import { parseObjectKey } from "../../records/object-key.ts";
import type { ObjectState } from "../../state/object-state.ts";
import type { SelectFlags } from "../commands/dlq.ts";
import { collectStates, type Found } from "../store/collect-states.ts";
import type { Store } from "../store/open-store.ts";

/** Whether a person has to look at it. */
export function isDeadLetter({ status }: ObjectState): boolean {
  return status === "dead" || status === "held";
}

/** Those that the flags choose; records that cannot be read are among them unless a reason is asked for. */
export async function findDeadLetters(
  store: Store,
  { reason, type }: SelectFlags,
  signal: AbortSignal,
): Promise<readonly Found[]> {
  const found = await collectStates(
    store.states,
    signal,
    (state) => isDeadLetter(state) && (reason === undefined || state.reason?.code === reason),
  );
  return found.filter(
    (entry) =>
      (type === undefined || parseObjectKey(entry.key)?.kind === type) &&
      (reason === undefined || !("problem" in entry)),
  );
}
