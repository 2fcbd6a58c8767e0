// SPDX-License-Identifier: MIT
import type { Mapping } from "../mappings/mapping-key.ts";
import type { V1Ids } from "../mappings/mappings.ts";
import type { Author } from "../objects/author.ts";
import type { NaturalKey, Plan } from "../objects/plan.ts";
import type { Reason } from "../reason.ts";
import type { AttemptOutcome } from "../state/transition.ts";
import { type Attempt, dead, retry, retryAnswer } from "./attempt.ts";
import { unownedUid, waitForSettling } from "./intents.ts";

export type CreatePlan = Extract<Plan, { readonly action: "create" }>;

/** What a create led to. */
export type CreateStep =
  | { readonly step: "ended"; readonly outcome: AttemptOutcome }
  /** v2 has the object already, and it is nobody's: it is to be adopted. */
  | { readonly step: "found"; readonly uid: string }
  /** The object is mapped to another uid than that which was made. */
  | { readonly step: "mapped"; readonly mapping: Mapping };

const slugBusyMs = 1000;

/**
 * Creates an object in v2 so that it is created once: the intent is on record before the call goes out, and stays
 * there until it is known what the call did.
 *
 * @throws {ClaimLostError} @throws {UnavailableError}
 */
export async function createObject(attempt: Attempt, plan: CreatePlan, author: Author): Promise<CreateStep> {
  const { naturalKey } = plan;
  const before = attempt.intents;
  // Also where v2 reserves names: the first one would still be carried out once the second one's object is renamed,
  // moved or deleted.
  if (before.length > 0) return ended(waitForSettling(attempt, before));
  if (naturalKey.kind === "project" && !(await lockSlug(attempt, naturalKey.slug))) {
    const message = `Another record is creating a project with the slug ${naturalKey.slug}.`;
    return ended(retry({ code: "slug_busy", message }, { waitMs: slugBusyMs, countsAsAttempt: false }));
  }
  await writeIntent(attempt, naturalKey);
  const answer = await attempt.send(plan.call, author);
  switch (answer.result) {
    case "done":
      return answer.uid === undefined
        ? unknown(attempt, naturalKey, { code: "outcome_unknown", message: "The answer names no uid." })
        : made(attempt, plan, answer.uid, author);
    case "unknown":
      markSent(attempt, naturalKey);
      return ended(retryAnswer(answer));
    case "taken":
      return taken(attempt, naturalKey, answer.reason);
    default:
      // Certainly not carried out.
      attempt.intents = [];
      return ended(negative(answer));
  }
}

function negative(
  answer:
    | { readonly result: "refused" | "gone"; readonly reason: Reason }
    | { readonly result: "unavailable"; readonly reason: Reason; readonly retryAfterMs?: number }
    | { readonly result: "stale" },
): AttemptOutcome {
  switch (answer.result) {
    case "refused":
      return dead(answer.reason);
    case "unavailable":
      return retryAnswer(answer);
    case "gone":
      // Its parent is not there (yet).
      return retry(answer.reason);
    case "stale":
      return retry({ code: "stale_revision", message: "The service called a create out of date." });
  }
}

async function lockSlug(attempt: Attempt, slug: string): Promise<boolean> {
  if (!(await attempt.ports.slugLocks.acquire(slug, attempt.key.text))) return false;
  attempt.lockedSlug = slug;
  return true;
}

async function writeIntent(attempt: Attempt, naturalKey: NaturalKey): Promise<void> {
  markSent(attempt, naturalKey);
  try {
    await attempt.claim.save();
  } catch (error) {
    // Nothing was sent.
    attempt.intents = [];
    throw error;
  }
}

/** It was sent before now, and not after. */
function markSent(attempt: Attempt, naturalKey: NaturalKey): void {
  attempt.intents = [{ naturalKey, at: new Date(attempt.ports.clock.epochMs()).toISOString() }];
}

function unknown(attempt: Attempt, naturalKey: NaturalKey, reason: Reason): CreateStep {
  markSent(attempt, naturalKey);
  return ended(retry(reason));
}

/** v2 made an object. Whether it is the one of its slug has to be asked: v2 does not reserve slugs. */
async function made(attempt: Attempt, plan: CreatePlan, uid: string, author: Author): Promise<CreateStep> {
  const { naturalKey } = plan;
  const kept = naturalKey.kind === "project" ? await namedBySlug(attempt, naturalKey, uid) : uid;
  if (kept !== uid) {
    // It stays in v2: to delete it there would take the slug away from the one that is kept.
    attempt.leaveOver(uid);
    attempt.intents = [];
    return kept === undefined ? ended(takenBy(naturalKey)) : { step: "found", uid: kept };
  }
  const mapped = await mapTo(attempt, uid, { naturalKey, ...(plan.ids !== undefined && { ids: plan.ids }) });
  if (mapped !== undefined) {
    if (mapped.step === "mapped") attempt.leaveOver(uid);
    return mapped;
  }
  const { sent, notes } = plan;
  return ended({
    kind: "applied",
    applied: {
      action: "created",
      uid,
      principal: author.principal,
      sent,
      notes: [...notes, ...attempt.notes],
    },
  });
}

/** The uid to keep: `made`, or an earlier create's that came late; `undefined` when the slug is another record's. */
async function namedBySlug(
  attempt: Attempt,
  naturalKey: Extract<NaturalKey, { readonly kind: "project" }>,
  madeUid: string,
): Promise<string | undefined> {
  const named = await attempt.ports.services.uidOfSlug(naturalKey.slug);
  if (named === undefined || named === madeUid) return madeUid;
  return await unownedUid(attempt, naturalKey);
}

/**
 * Maps the object to a uid; the intent is answered for then.
 *
 * @returns `undefined` when it is mapped to it now; otherwise what stands against it
 */
export async function mapTo(
  attempt: Attempt,
  uid: string,
  { naturalKey, ids = {} }: { readonly naturalKey: NaturalKey | undefined; readonly ids?: V1Ids },
): Promise<CreateStep | undefined> {
  const { key, claim } = attempt;
  const created = await attempt.ports.mappings.create(key.kind, key.id, uid, {
    ...ids,
    ...(naturalKey?.kind === "member" && { committeeUid: naturalKey.committeeUid }),
    replaceTombstone: claim.state.override === "recreate",
  });
  attempt.intents = [];
  switch (created.result) {
    case "mapped":
      return undefined;
    case "exists":
      return { step: "mapped", mapping: created.mapping };
    case "owned":
      return ended(takenBy(naturalKey, created.by));
  }
}

async function taken(attempt: Attempt, naturalKey: NaturalKey, reason: Reason): Promise<CreateStep> {
  const uid = await attempt.ports.world.find(naturalKey);
  if (uid === undefined) {
    attempt.intents = [];
    return ended(retry(reason));
  }
  const owner = await attempt.ports.world.ownerOf(naturalKey.kind, uid);
  if (owner === undefined || owner === attempt.key.text) return { step: "found", uid };
  attempt.intents = [];
  return ended(takenBy(naturalKey, owner));
}

/** Two records of v1 want to be the same object of v2. */
function takenBy(naturalKey: NaturalKey | undefined, owner?: string): AttemptOutcome {
  const what = naturalKey === undefined ? "object" : nameOf(naturalKey);
  const whose = owner === undefined ? "another record" : owner;
  return dead({
    code: "taken",
    message: `The ${what} in v2 belongs to ${whose} already: change one of the two in v1.`,
  });
}

/** Without an e-mail address. */
function nameOf(naturalKey: NaturalKey): string {
  if (naturalKey.kind === "project") return `project ${naturalKey.slug}`;
  if (naturalKey.kind === "committee") return `committee ${JSON.stringify(naturalKey.name)}`;
  return `member of the committee ${naturalKey.committeeUid} with this e-mail address`;
}

function ended(outcome: AttemptOutcome): CreateStep {
  return { step: "ended", outcome };
}
