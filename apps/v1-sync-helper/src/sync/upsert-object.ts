// SPDX-License-Identifier: MIT
import type { Mapping } from "../mappings/mapping-key.ts";
import type { Author } from "../objects/author.ts";
import type { Plan } from "../objects/plan.ts";
import type { V1Record } from "../records/v1-record.ts";
import type { AttemptOutcome } from "../state/transition.ts";
import { type Attempt, dead, outcomeOfPlan, retry } from "./attempt.ts";
import { authorOf } from "./author-of.ts";
import { createObject, mapTo } from "./create-object.ts";
import { leaveOldPlace } from "./delete-object.ts";
import { type Settled, waitForSettling } from "./intents.ts";
import { maxStale, staleTooOften, updateObject, waitAfterStale } from "./update-object.ts";

/** Every turn ends the attempt or learns something that cannot be learned often. */
const maxTurns = 10;

/** Where an attempt stands while it goes from plan to plan. */
interface Course {
  mapping: Mapping;
  /** Pending creates. */
  readonly settled: Settled;
  wasAdopted: boolean;
  stale: number;
}

/** Makes v2 say what a record says that is alive in v1. @throws {ClaimLostError} @throws {UnavailableError} */
export async function upsertObject(
  attempt: Attempt,
  before: Mapping,
  settled: Settled,
  record: V1Record,
): Promise<AttemptOutcome> {
  const course: Course = { mapping: before, settled, wasAdopted: false, stale: 0 };
  if (settled.found !== undefined && before.state !== "mapped") {
    const outcome = await adopt(attempt, course, settled.found.uid, record);
    if (outcome !== undefined) return outcome;
  }
  for (let turn = 0; turn < maxTurns; turn += 1) {
    const outcome = await takeTurn(attempt, course, record);
    if (outcome !== undefined) return outcome;
  }
  return retry({ code: "stale_revision", message: "v2 changed faster than it could be followed." });
}

/** Plans once and does what the plan says. @returns `undefined` when it is to be planned again */
async function takeTurn(
  attempt: Attempt,
  course: Course,
  record: V1Record,
): Promise<AttemptOutcome | undefined> {
  const refusal = refuseMapping(attempt, course);
  if (refusal !== undefined) return refusal;
  const plan = await planFor(attempt, course.mapping, record);
  // Nothing is final while a create may still be carried out: it would leave an object that nobody knows.
  if (plan.action !== "create" && attempt.intents.length > 0)
    return waitForSettling(attempt, attempt.intents);
  switch (plan.action) {
    case "create":
      return await create(attempt, course, plan, record);
    case "update":
      return await update(attempt, course, plan, await authorOf(attempt, record));
    case "delete":
      return await move(attempt, course, plan, record);
    case "unchanged":
      if (attempt.mustWrite) throw new TypeError(`the plan for ${attempt.key.text} does not write, and must`);
      return applied(attempt, course, plan, undefined);
    default:
      return outcomeOfPlan(plan);
  }
}

function refuseMapping(attempt: Attempt, { mapping }: Course): AttemptOutcome | undefined {
  if (mapping.state !== "deleted" || attempt.claim.state.override === "recreate") return undefined;
  if (attempt.intents.length > 0) return waitForSettling(attempt, attempt.intents);
  return {
    kind: "ignored",
    reason: {
      code: "deleted_in_v2",
      message: `The object was deleted in v2 after v1; \`resync ${attempt.key.id}\` creates it again.`,
    },
  };
}

async function planFor(attempt: Attempt, mapping: Mapping, record: V1Record): Promise<Plan> {
  const { types, world } = attempt.ports;
  // A tombstone that gets here is to be overridden.
  const known: Mapping = mapping.state === "deleted" ? { state: "absent" } : mapping;
  return await types[attempt.key.kind].plan(attempt.subject(known), record, world);
}

async function create(
  attempt: Attempt,
  course: Course,
  plan: Extract<Plan, { readonly action: "create" }>,
  record: V1Record,
): Promise<AttemptOutcome | undefined> {
  const step = await createObject(attempt, plan, await authorOf(attempt, record));
  if (step.step === "ended") return step.outcome;
  if (step.step === "mapped") {
    course.mapping = step.mapping;
    return undefined;
  }
  return await adopt(attempt, course, step.uid, record, plan);
}

/**
 * Makes an object that v2 has already, and nobody else, this record's. @returns `undefined` when it is
 */
async function adopt(
  attempt: Attempt,
  course: Course,
  uid: string,
  record: V1Record,
  known?: Extract<Plan, { readonly action: "create" }>,
): Promise<AttemptOutcome | undefined> {
  const asNew = known ?? (await planFor(attempt, { state: "absent" }, record));
  // Where it was made, which need not be where it belongs by now.
  const naturalKey = known?.naturalKey ?? course.settled.found?.naturalKey;
  const mapping: Mapping = {
    state: "mapped",
    uid,
    ...(naturalKey?.kind === "member" && { committeeUid: naturalKey.committeeUid }),
  };
  const asOld = await planFor(attempt, mapping, record);
  if (asOld.action === "refuse" && asOld.reason.code === "missing_in_v2") {
    attempt.intents = [];
    return dead({
      code: "taken",
      message: "v2 holds the name for an object that it does not have: it has to be repaired there.",
    });
  }
  const ids = asNew.action === "create" && asNew.ids !== undefined ? { ids: asNew.ids } : {};
  const step = await mapTo(attempt, uid, { naturalKey, ...ids });
  if (step?.step === "ended") return step.outcome;
  course.mapping = step?.step === "mapped" ? step.mapping : mapping;
  course.wasAdopted = true;
  return undefined;
}

async function update(
  attempt: Attempt,
  course: Course,
  plan: Extract<Plan, { readonly action: "update" }>,
  author: Author,
): Promise<AttemptOutcome | undefined> {
  const result = await updateObject(attempt, plan, author);
  if (result === "written") return applied(attempt, course, plan, author);
  return result === "stale" ? await again(attempt, course) : result;
}

async function move(
  attempt: Attempt,
  course: Course,
  plan: Extract<Plan, { readonly action: "delete" }>,
  record: V1Record,
): Promise<AttemptOutcome | undefined> {
  if (plan.next !== "create") throw new TypeError(`the plan for ${attempt.key.text} deletes what is alive`);
  const result = await leaveOldPlace(attempt, plan, await authorOf(attempt, record));
  if (result === "stale") return await again(attempt, course);
  if (result !== "gone") return result;
  course.mapping = { state: "absent" };
  return undefined;
}

async function again(attempt: Attempt, course: Course): Promise<AttemptOutcome | undefined> {
  course.stale += 1;
  if (course.stale >= maxStale) return staleTooOften();
  await waitAfterStale(attempt, course.stale);
  return undefined;
}

function applied(
  attempt: Attempt,
  course: Course,
  plan: Extract<Plan, { readonly action: "update" | "unchanged" }>,
  author: Author | undefined,
): AttemptOutcome {
  const action = course.wasAdopted ? "adopted" : author === undefined ? "unchanged" : "updated";
  return {
    kind: "applied",
    applied: {
      action,
      uid: plan.uid,
      sent: plan.sent,
      notes: [...plan.notes, ...attempt.notes],
      ...(author !== undefined && { principal: author.principal }),
    },
  };
}
