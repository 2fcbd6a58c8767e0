// SPDX-License-Identifier: MIT

import type { Reason } from "../reason.ts";
import type { Applied, Intent, ObjectState } from "./object-state.ts";
import type { Outcome } from "./outcome.ts";

/** Failed attempts until a person is asked; the program then still tries by itself, slowly. */
export const maxAttempts = 12;
/** Claims in a row that ended with their process until the object is set aside. */
export const maxCrashes = 3;

const firstRetryMs = 1000;
const longestRetryMs = 5 * 60_000;
const longestAskedWaitMs = 60 * 60_000;
/** Mappings release what is parked; this is for the release that went unseen, so it may become ever rarer. */
const parkedRecheckMs = { least: 10 * 60_000, most: 6 * 60 * 60_000 };
const deadRetryMs = 30 * 60_000;

/** What comes from outside of a step. */
export interface StepContext {
  /** Unix milliseconds. */
  readonly nowMs: number;
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
}

/** An attempt that was made; what was superseded before it began changes nothing. */
export type AttemptOutcome = Exclude<Outcome, { readonly kind: "superseded" }>;

function rfc3339(ms: number): string {
  return new Date(ms).toISOString();
}

/** What outlives every step: nothing here is forgotten before something answers for it. */
type Memory = Pick<ObjectState, "intents" | "unsettled" | "deleting" | "override" | "applied" | "leftovers">;

function memoryOf(state: ObjectState | undefined): Memory {
  if (state === undefined) return {};
  return {
    ...(state.intents !== undefined && state.intents.length > 0 && { intents: state.intents }),
    ...(state.unsettled === true && { unsettled: true }),
    ...(state.deleting !== undefined && { deleting: state.deleting }),
    ...(state.override !== undefined && { override: state.override }),
    ...(state.applied !== undefined && { applied: state.applied }),
    ...(state.leftovers !== undefined && state.leftovers.length > 0 && { leftovers: state.leftovers }),
  };
}

/** An operator's word on a delete is about the revision that they saw. */
function memoryForRevision(state: ObjectState | undefined, isNewer: boolean): Memory {
  const { override, ...memory } = memoryOf(state);
  return override === undefined || (isNewer && override === "delete") ? memory : { ...memory, override };
}

/**
 * The object, claimed by `owner` for `revision` or what was wanted already. `hasCrashed`: another instance's claim
 * ran out; `isUnsure`: nobody knows what the last holder of the claim still sent.
 */
export function claimed(
  state: ObjectState | undefined,
  claim: {
    readonly revision: number;
    readonly owner: string;
    readonly nowMs: number;
    readonly isUnsure?: boolean;
    readonly hasCrashed?: boolean;
  },
): ObjectState {
  const { owner, nowMs, isUnsure = false, hasCrashed = false } = claim;
  const isNewer = state === undefined || claim.revision > state.revision;
  const at = rfc3339(nowMs);
  const crashes = (state?.crashes ?? 0) + (hasCrashed ? 1 : 0);
  const memory = memoryForRevision(state, isNewer);
  return {
    status: "claimed",
    revision: Math.max(claim.revision, state?.revision ?? 0),
    owner,
    attempts: isNewer ? 0 : state.attempts,
    since: isNewer ? at : state.since,
    lastAt: at,
    ...(crashes > 0 && { crashes }),
    ...(!isNewer && state.reason !== undefined && { reason: state.reason }),
    ...memory,
    ...(isUnsure && { unsettled: true }),
    // It may have been sent until the claim ran out, whenever it was written down.
    ...(isUnsure && memory.intents !== undefined && { intents: sentAt(memory.intents, at) }),
  };
}

function sentAt(intents: readonly Intent[], at: string): readonly Intent[] {
  return intents.map((intent) => (Date.parse(intent.at) < Date.parse(at) ? { ...intent, at } : intent));
}

/** A newer revision is there while somebody works on the object: the holder does it too. */
export function wanted(state: ObjectState, revision: number, nowMs: number): ObjectState {
  if (revision <= state.revision) return state;
  const { reason: _reason, override: _override, ...kept } = state;
  return { ...kept, ...memoryForRevision(state, true), revision, attempts: 0, since: rfc3339(nowMs) };
}

/** The revisions on record are of a bucket that was deleted: those of the new one begin at 1 again. */
export function restarted(state: ObjectState): ObjectState {
  const { applied } = state;
  return { ...state, revision: 0, ...(applied !== undefined && { applied: { ...applied, revision: 0 } }) };
}

/** A revision that no instance has in hand: it is due at once. */
export function undelivered(
  state: ObjectState | undefined,
  revision: number,
  context: { readonly nowMs: number; readonly reason: Reason },
): ObjectState {
  const at = rfc3339(context.nowMs);
  if (state !== undefined && revision <= state.revision) return state;
  if (state?.status === "claimed") return wanted(state, revision, context.nowMs);
  return {
    status: "retry",
    revision,
    attempts: 0,
    since: at,
    lastAt: at,
    nextAt: at,
    reason: context.reason,
    ...(state?.crashes !== undefined && { crashes: state.crashes }),
    ...memoryForRevision(state, true),
  };
}

/**
 * An operator wants the object tried again at once, whatever became of it.
 *
 * @returns `undefined` while an instance works on it: ask again when it has ended
 */
export function requested(
  state: ObjectState,
  context: { readonly nowMs: number; readonly reason: Reason; readonly override?: ObjectState["override"] },
): ObjectState | undefined {
  const at = rfc3339(context.nowMs);
  const override = context.override === undefined ? {} : { override: context.override };
  if (state.status === "claimed") return undefined;
  return {
    status: "retry",
    revision: state.revision,
    attempts: 0,
    since: state.since,
    lastAt: state.lastAt,
    nextAt: at,
    reason: context.reason,
    ...memoryOf(state),
    ...override,
  };
}

/** An operator gives the object up until v1 changes it again. */
export function dropped(state: ObjectState, nowMs: number): ObjectState {
  return ended(state, rfc3339(nowMs), {
    reason: {
      code: "dropped",
      message: "An operator dropped this revision; a newer one is handled as usual.",
    },
  });
}

/** The state after an attempt. `state` is the claimed one, with all that the attempt found out in it. */
export function transition(state: ObjectState, outcome: AttemptOutcome, context: StepContext): ObjectState {
  const at = rfc3339(context.nowMs);
  switch (outcome.kind) {
    case "applied":
      return applied(state, outcome.applied, at);
    case "ignored":
      return ended(state, at, { reason: outcome.reason });
    case "parked":
      return {
        ...open(state, "parked", at, outcome.reason),
        waitsFor: outcome.waitsFor,
        nextAt: rfc3339(context.nowMs + parkedForMs(state, context) * (1 + context.random() / 10)),
      };
    case "held":
      return open(state, "held", at, outcome.reason);
    case "dead":
      return dead(state, outcome, context);
    case "retry":
      return retried(state, outcome, context);
  }
}

/** As long as it has waited already. */
function parkedForMs({ since }: ObjectState, { nowMs }: StepContext): number {
  const { least, most } = parkedRecheckMs;
  return Math.min(Math.max(nowMs - Date.parse(since), least), most);
}

function applied(state: ObjectState, result: Omit<Applied, "revision" | "at">, at: string): ObjectState {
  const { intents: _intents, override: _override, unsettled, deleting, ...memory } = memoryOf(state);
  return {
    status: "done",
    revision: state.revision,
    attempts: state.attempts + 1,
    since: state.since,
    lastAt: at,
    ...memory,
    // Only a write that was answered tells that no earlier one comes after it.
    ...(unsettled === true && result.action === "unchanged" && { unsettled }),
    ...(deleting !== undefined && result.action === "unchanged" && { deleting }),
    applied: { ...result, revision: state.revision, at },
  };
}

/** Done without v2: what v2 says stays as it was remembered. */
function ended(state: ObjectState, at: string, { reason }: { readonly reason: Reason }): ObjectState {
  const { override: _override, ...memory } = memoryOf(state);
  const { notes: _notes, ...before } = state.applied ?? {};
  return {
    status: "done",
    revision: state.revision,
    attempts: state.attempts + 1,
    since: state.since,
    lastAt: at,
    reason,
    ...memory,
    applied: { ...before, revision: state.revision, at, action: "ignored" },
  };
}

function open(
  state: ObjectState,
  status: "retry" | "parked" | "held" | "dead",
  at: string,
  reason: Reason,
): ObjectState {
  return {
    status,
    revision: state.revision,
    attempts: state.attempts,
    since: state.since,
    lastAt: at,
    reason,
    ...memoryOf(state),
  };
}

function dead(
  state: ObjectState,
  { reason, transient }: { readonly reason: Reason; readonly transient: boolean },
  { nowMs, random }: StepContext,
): ObjectState {
  return {
    ...open(state, "dead", rfc3339(nowMs), reason),
    attempts: state.attempts + 1,
    ...(transient && { nextAt: rfc3339(nowMs + deadRetryMs * (1 + random() / 10)) }),
  };
}

function retried(
  state: ObjectState,
  { reason, waitMs, countsAsAttempt }: Extract<Outcome, { readonly kind: "retry" }>,
  context: StepContext,
): ObjectState {
  const attempts = state.attempts + (countsAsAttempt ? 1 : 0);
  if (countsAsAttempt && attempts >= maxAttempts) return dead(state, { reason, transient: true }, context);
  const { nowMs, random } = context;
  const afterMs =
    waitMs === undefined
      ? random() * Math.min(longestRetryMs, firstRetryMs * 2 ** Math.max(attempts - 1, 0))
      : Math.min(waitMs, longestAskedWaitMs) * (1 + random() / 10);
  return { ...open(state, "retry", rfc3339(nowMs), reason), attempts, nextAt: rfc3339(nowMs + afterMs) };
}

/** Set aside because its claims keep ending with their process; tried again, one crash at a time. */
export function crashed(state: ObjectState, context: StepContext): ObjectState {
  const crashes = (state.crashes ?? 0) + 1;
  const message = `The process ended ${crashes} times in a row while it worked on this object; see its last log lines.`;
  const unsure = claimed(state, {
    revision: state.revision,
    owner: "",
    nowMs: context.nowMs,
    isUnsure: true,
    hasCrashed: true,
  });
  return { ...dead(unsure, { reason: { code: "crashed", message }, transient: true }, context), crashes };
}

/** The holder has done one revision and goes on with a newer one that came meanwhile, still holding the claim. */
export function continued(
  state: ObjectState,
  wantedRevision: number,
  { owner, nowMs }: { readonly owner: string; readonly nowMs: number },
): ObjectState {
  return claimed(state, { revision: wantedRevision, owner, nowMs });
}
