// SPDX-License-Identifier: MIT
import type { Mapping } from "../mappings/mapping-key.ts";
import type { Author } from "../objects/author.ts";
import type { Plan, WriteCall } from "../objects/plan.ts";
import { parseTimestamp } from "../records/timestamp.ts";
import type { V1Record } from "../records/v1-record.ts";
import type { WriteAnswer } from "../services/answer.ts";
import type { Deletion, ObjectState } from "../state/object-state.ts";
import type { AttemptOutcome } from "../state/transition.ts";
import { type Attempt, dead, outcomeOfPlan, retryAnswer } from "./attempt.ts";
import { authorOf } from "./author-of.ts";
import { mapTo } from "./create-object.ts";
import { type Settled, waitForSettling } from "./intents.ts";
import { maxStale, staleTooOften, waitAfterStale } from "./update-object.ts";

export type DeletePlan = Extract<Plan, { readonly action: "delete" }>;

/** Deletes in v2 what v1 deleted. @throws {ClaimLostError} @throws {UnavailableError} */
export async function deleteObject(
  attempt: Attempt,
  before: Mapping,
  settled: Settled,
  record: V1Record | undefined,
): Promise<AttemptOutcome> {
  const mapping = await adoptFound(attempt, before, settled);
  if ("kind" in mapping) return mapping;
  // Nothing is final while a create may still be carried out: it would leave an object that nobody knows.
  if (attempt.intents.length > 0) return waitForSettling(attempt, attempt.intents);
  if (mapping.state === "deleted") return { kind: "applied", applied: { action: "deleted" } };
  if (attempt.rules.deletePolicy === "ignore") {
    return { kind: "ignored", reason: { code: "deletes_ignored", message: "DELETE_POLICY is ignore." } };
  }
  if (mapping.state === "absent") {
    const message = "v1 deleted the record before it was in v2.";
    return { kind: "ignored", reason: { code: "never_in_v2", message } };
  }
  return await deleteMapped(attempt, mapping, record);
}

/** What an unanswered create made is mapped first, so that it is known whatever follows. */
export async function adoptFound(
  attempt: Attempt,
  mapping: Mapping,
  { found }: Settled,
): Promise<Mapping | AttemptOutcome> {
  if (found === undefined || mapping.state === "mapped") return mapping;
  const { uid, naturalKey } = found;
  const step = await mapTo(attempt, uid, { naturalKey });
  if (step?.step === "ended") return step.outcome;
  if (step?.step === "mapped") return step.mapping;
  return {
    state: "mapped",
    uid,
    ...(naturalKey.kind === "member" && { committeeUid: naturalKey.committeeUid }),
  };
}

async function deleteMapped(
  attempt: Attempt,
  mapping: Extract<Mapping, { readonly state: "mapped" }>,
  record: V1Record | undefined,
): Promise<AttemptOutcome> {
  const { key, ports } = attempt;
  for (let stale = 0; stale < maxStale; stale += 1) {
    const plan = await ports.types[key.kind].planDelete(attempt.subject(mapping), ports.world, record);
    if (plan.action !== "delete") return outcomeOfPlan(plan) ?? dead(unexpected(plan.action));
    const author = await deleteAuthor(attempt, record);
    const sent = await sendDelete(attempt, plan, author);
    if (sent === "stale") {
      await waitAfterStale(attempt, stale);
      continue;
    }
    if (sent !== "gone") return sent;
    await ports.mappings.tombstone(key.kind, key.id, mapping.uid);
    return {
      kind: "applied",
      applied: {
        action: "deleted",
        uid: mapping.uid,
        ...(plan.call !== undefined && { principal: author.principal }),
        ...(attempt.notes.length > 0 && { notes: attempt.notes }),
      },
    };
  }
  return staleTooOften();
}

function unexpected(action: string) {
  return {
    code: "internal",
    message: `A plan to delete came out as ${action}: a defect of this program.`,
  } as const;
}

/** `gone`: v2 does not have the object (any more). */
async function sendDelete(
  attempt: Attempt,
  plan: DeletePlan,
  author: Author,
): Promise<"gone" | "stale" | AttemptOutcome> {
  if (plan.call === undefined) return "gone";
  if (!(await isAllowed(attempt))) {
    return {
      kind: "held",
      reason: {
        code: "deletes_guarded",
        message: `More deletes within an hour than MAX_DELETES_PER_HOUR allows: \`dlq retry ${attempt.key.text}\` lets this one go.`,
      },
    };
  }
  const answer = await sendNoted(attempt, plan, plan.call, author);
  switch (answer.result) {
    case "done":
    case "gone":
      return "gone";
    case "stale":
      return "stale";
    case "taken":
    case "refused":
      return dead(answer.reason);
    case "unavailable":
    case "unknown":
      return retryAnswer(answer);
  }
}

/**
 * Notes down what is to be deleted before it is sent: if the answer is lost and v1 has the object again by then, only
 * this tells why v2 does not have it.
 */
async function sendNoted(
  attempt: Attempt,
  { uid, next }: DeletePlan,
  call: WriteCall,
  author: Author,
): Promise<WriteAnswer> {
  const { deleting } = attempt.claim.state;
  attempt.claim.amend((state) => ({ ...state, deleting: { uid, next } }));
  let answer: WriteAnswer | undefined;
  try {
    await attempt.claim.save();
    answer = await attempt.send(call, author);
    return answer;
  } finally {
    const isPerhapsDone =
      answer?.result === "done" || answer?.result === "gone" || answer?.result === "unknown";
    if (!isPerhapsDone) attempt.claim.amend((state) => withDeletion(state, deleting));
  }
}

function withDeletion(
  { deleting: _deleting, ...state }: ObjectState,
  before: Deletion | undefined,
): ObjectState {
  return before === undefined ? state : { ...state, deleting: before };
}

/**
 * What an unanswered delete of ours did to an object that v2 does not have any more: it is put on record as if the
 * answer had come.
 *
 * @returns the mapping now; `undefined` when no delete of ours explains it
 */
export async function recordDeletion(attempt: Attempt, mapping: Mapping): Promise<Mapping | undefined> {
  const { claim, key, ports } = attempt;
  const { deleting } = claim.state;
  if (deleting === undefined || mapping.state !== "mapped" || mapping.uid !== deleting.uid) return undefined;
  const isMove = deleting.next === "create";
  if (isMove) await ports.mappings.forget(key.kind, key.id, mapping.uid);
  else await ports.mappings.tombstone(key.kind, key.id, mapping.uid);
  claim.amend(({ unsettled: _unsettled, deleting: _deleting, ...state }) => state);
  return { state: isMove ? "absent" : "deleted" };
}

/** Counts a delete once, however often it has to be tried. */
async function isAllowed(attempt: Attempt): Promise<boolean> {
  const { claim, ports } = attempt;
  if (claim.state.override === "delete") return true;
  if (!(await ports.deleteWindow.take())) return false;
  claim.amend((state) => ({ ...state, override: "delete" }));
  return true;
}

const sameChangeMs = 1000;

/** The last editor, if deleting the record was their last change; otherwise nobody knows who deleted it. */
async function deleteAuthor(attempt: Attempt, record: V1Record | undefined): Promise<Author> {
  const { fallback } = attempt.ports.authors;
  if (record === undefined) return fallback;
  const [deletedMs, modifiedMs] = ["_sdc_deleted_at", "lastmodifieddate"].map((column) => {
    const value = record.read([column])?.value;
    return typeof value === "string" ? parseTimestamp(value) : undefined;
  });
  if (deletedMs === undefined || modifiedMs === undefined) return fallback;
  return Math.abs(deletedMs - modifiedMs) <= sameChangeMs ? await authorOf(attempt, record) : fallback;
}

/**
 * Takes a member out of the committee that it left, so that it can be created in the other one. The mapping goes
 * without a tombstone.
 *
 * @returns `gone` when it may be created now
 */
export async function leaveOldPlace(
  attempt: Attempt,
  plan: DeletePlan,
  author: Author,
): Promise<"gone" | "stale" | AttemptOutcome> {
  const { key, ports } = attempt;
  if (plan.call !== undefined) {
    const answer = await sendNoted(attempt, plan, plan.call, author);
    switch (answer.result) {
      case "done":
      case "gone":
        break;
      case "stale":
        return "stale";
      case "taken":
      case "refused":
        return dead(answer.reason);
      case "unavailable":
      case "unknown":
        return retryAnswer(answer);
    }
  }
  await ports.mappings.forget(key.kind, key.id, plan.uid);
  // There is nothing left that a late call could change.
  attempt.claim.amend(({ unsettled: _unsettled, deleting: _deleting, ...state }) => state);
  return "gone";
}
