// SPDX-License-Identifier: MIT
import type { Mapping } from "../mappings/mapping-key.ts";
import type { AttemptOutcome } from "../state/transition.ts";
import { UnavailableError } from "../unavailable-error.ts";
import { type Attempt, dead, reasonOf, retry, retryUnavailable } from "./attempt.ts";
import { ClaimLostError } from "./claim.ts";
import { type Content, readContent } from "./content.ts";
import { adoptFound, deleteObject, recordDeletion } from "./delete-object.ts";
import { settleIntents, waitForSettling } from "./intents.ts";
import type { StoredRevision } from "./source.ts";
import { upsertObject } from "./upsert-object.ts";

/**
 * Makes v2 say what a revision says of its object, or says why not. Whatever goes wrong is an outcome.
 *
 * @throws {ClaimLostError} and nothing else: the object is another instance's
 */
export async function runAttempt(attempt: Attempt, stored: StoredRevision): Promise<AttemptOutcome> {
  try {
    attempt.content = readContent(stored);
    return await work(attempt, attempt.content);
  } catch (error) {
    if (error instanceof ClaimLostError) throw error;
    if (error instanceof UnavailableError) {
      return retryUnavailable(error.reason, error.retryAfterMs);
    }
    attempt.ports.events.defect(error, { key: attempt.key.text, doing: "an attempt" });
    return retry(reasonOf(error));
  }
}

async function work(attempt: Attempt, content: Content): Promise<AttemptOutcome> {
  if (isOwnChange(attempt, content)) {
    return {
      kind: "ignored",
      reason: { code: "own_change", message: "The record was last changed by this program's own client." },
    };
  }
  const mapping = await readMapping(attempt, attempt.intents.length > 0 || attempt.mustWrite);
  const outcome = await workOn(attempt, content, mapping);
  if (outcome.kind !== "dead" || outcome.reason.code !== "missing_in_v2") return outcome;
  // What is in memory may be a moment behind: another instance may have deleted the object.
  const fresh = await readMapping(attempt, true);
  if (!isSame(mapping, fresh)) return await workOn(attempt, content, fresh);
  const after = await recordDeletion(attempt, fresh);
  return after === undefined ? outcome : await workOn(attempt, content, after);
}

/** A doubtful call has to be answered for, whoever made the change. */
function isOwnChange(attempt: Attempt, content: Content): boolean {
  return (
    content.kind === "alive" &&
    content.record.lastModifiedBy === attempt.rules.ownEditor &&
    attempt.intents.length === 0 &&
    !attempt.mustWrite
  );
}

async function readMapping({ ports, key }: Attempt, fresh: boolean): Promise<Mapping> {
  return await ports.mappings.read(key.kind, key.id, { fresh });
}

async function workOn(attempt: Attempt, content: Content, mapping: Mapping): Promise<AttemptOutcome> {
  const settled = await settleIntents(attempt, mapping);
  // What was found stays in mind until it is mapped.
  attempt.intents = attempt.intents.filter(
    (intent) => settled.pending.includes(intent) || intent.naturalKey === settled.found?.naturalKey,
  );
  switch (content.kind) {
    case "alive":
      return await upsertObject(attempt, mapping, settled, content.record);
    case "deleted":
      return await deleteObject(attempt, mapping, settled, content.record);
    case "unusable": {
      const known = await adoptFound(attempt, mapping, settled);
      if ("kind" in known) return known;
      return attempt.intents.length > 0 ? waitForSettling(attempt, attempt.intents) : dead(content.reason);
    }
  }
}

function isSame(a: Mapping, b: Mapping): boolean {
  return a.state === b.state && (a.state !== "mapped" || b.state !== "mapped" || a.uid === b.uid);
}
