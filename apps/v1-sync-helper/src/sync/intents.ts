// SPDX-License-Identifier: MIT
import type { Mapping } from "../mappings/mapping-key.ts";
import type { NaturalKey } from "../objects/plan.ts";
import type { Intent } from "../state/object-state.ts";
import type { AttemptOutcome } from "../state/transition.ts";
import { type Attempt, retry } from "./attempt.ts";

/** What became of the creates whose outcome was unknown. */
export interface Settled {
  /** May still be carried out. */
  readonly pending: readonly Intent[];
  /** An object that one of them made, as it seems: nobody else's, and not mapped yet. */
  readonly found?: { readonly uid: string; readonly naturalKey: NaturalKey };
}

/**
 * Looks for what earlier creates made. One that left no trace is over when it can no longer be carried out, that is
 * when the look-up began after its settling time.
 *
 * @throws {UnavailableError}
 */
export async function settleIntents(attempt: Attempt, mapping: Mapping): Promise<Settled> {
  const pending: Intent[] = [];
  let found: Settled["found"];
  for (const intent of attempt.intents) {
    const isOver = settlesInMs(attempt, [intent]) <= 0;
    const uid = await unownedUid(attempt, intent.naturalKey);
    if (uid === undefined) {
      if (!isOver && mapping.state !== "mapped") pending.push(intent);
    } else if (mapping.state === "mapped" || found !== undefined) {
      const isOther = uid !== (mapping.state === "mapped" ? mapping.uid : found?.uid);
      if (isOther) attempt.leaveOver(uid);
    } else {
      found = { uid, naturalKey: intent.naturalKey };
    }
  }
  return { pending, ...(found !== undefined && { found }) };
}

/** The uid that v2 has under a natural key, unless it belongs to another record of v1. */
export async function unownedUid(attempt: Attempt, naturalKey: NaturalKey): Promise<string | undefined> {
  const { world } = attempt.ports;
  const uid = await world.find(naturalKey);
  if (uid === undefined) return undefined;
  const owner = await world.ownerOf(naturalKey.kind, uid);
  return owner === undefined || owner === attempt.key.text ? uid : undefined;
}

/** Milliseconds until none of these creates can be carried out any more; 0 or less when that is certain. */
function settlesInMs(attempt: Attempt, intents: readonly Intent[]): number {
  const nowMs = attempt.ports.clock.epochMs();
  const latestMs = Math.max(...intents.map(({ at }) => Date.parse(at)));
  return latestMs + attempt.rules.createSettleMs - nowMs;
}

const firstLookMs = 1000;

/** Looks again after as long as it was since the create: most that come late come soon. */
export function waitForSettling(attempt: Attempt, pending: readonly Intent[]): AttemptOutcome {
  const leftMs = settlesInMs(attempt, pending);
  const sinceMs = attempt.rules.createSettleMs - leftMs;
  return retry(
    {
      code: "create_settling",
      message: `An earlier create may still be carried out for ${Math.max(Math.ceil(leftMs / 1000), 0)} s; until then nothing else is done.`,
    },
    { waitMs: Math.min(Math.max(leftMs, 0), Math.max(sinceMs, firstLookMs)), countsAsAttempt: false },
  );
}
