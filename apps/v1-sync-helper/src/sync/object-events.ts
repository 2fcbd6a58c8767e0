// SPDX-License-Identifier: MIT

import type { Reason } from "../reason.ts";
import type { ObjectKey } from "../records/object-key.ts";
import type { ObjectState } from "../state/object-state.ts";
import type { AttemptOutcome } from "../state/transition.ts";
import type { Attempt } from "./attempt.ts";
import type { Finished } from "./claim.ts";
import type { Taken } from "./claims.ts";
import type { ObjectEvent, ObjectFacts } from "./events.ts";
import type { Arrival, Task } from "./process.ts";

/** The event of a message, or a record that was due, that needed no attempt. */
export function skippedEvent(
  { key, arrival }: Task,
  taken: Exclude<Taken, { readonly result: "claimed" }>,
  durationMs: number,
): ObjectEvent {
  const common = {
    key: key.text,
    kind: key.kind,
    sfid: key.id,
    operation: arrival === undefined || arrival.value !== undefined ? "PUT" : "DELETE",
    revision: arrival?.revision ?? 0,
    attempt: 0,
    durationMs,
  } as const;
  switch (taken.result) {
    case "superseded":
    case "handed over":
      return { ...common, outcome: taken.result };
    case "crashed": {
      const { reason, revision } = taken.state;
      return { ...common, revision, outcome: "dead", ...(reason !== undefined && { reason }) };
    }
    case "recorded":
    case "not due":
      return { ...common, outcome: "recorded" };
  }
}

/** The event of a message whose place a newer one took before anything was done. */
export function supersededEvent(key: ObjectKey, arrival: Arrival): ObjectEvent {
  return skippedEvent({ key, arrival }, { result: "superseded", by: arrival.revision }, 0);
}

/** The event of a message under whose key nothing can be kept in step. */
export function refusedKeyEvent(key: ObjectKey, arrival: Arrival, reason: Reason): ObjectEvent {
  return { ...supersededEvent(key, arrival), outcome: "dead", reason };
}

export interface Attempted {
  readonly attempt: Attempt;
  /** When the attempt began. */
  readonly before: ObjectState;
  readonly outcome: AttemptOutcome;
  readonly finished: Finished;
  readonly timing: { readonly durationMs: number; readonly lagMs?: number };
}

export function outcomeEvent(ended: Attempted): ObjectEvent {
  const { attempt, before, outcome, finished, timing } = ended;
  const { key } = attempt;
  const state = finished.result === "lost" ? undefined : finished.state;
  return {
    ...factsOf(attempt, outcome),
    key: key.text,
    kind: key.kind,
    sfid: key.id,
    operation: attempt.content?.kind === "deleted" ? "DELETE" : "PUT",
    revision: attempt.claim.state.revision,
    attempt: before.attempts + 1,
    // Enough failures make a retry a dead letter.
    outcome: finished.result === "lost" ? "lost" : state?.status === "dead" ? "dead" : outcome.kind,
    ...(outcome.kind === "applied"
      ? {
          action: outcome.applied.action,
          ...(outcome.applied.notes !== undefined && { notes: outcome.applied.notes }),
        }
      : { reason: outcome.reason }),
    ...timing,
  };
}

function factsOf(attempt: Attempt, outcome: AttemptOutcome): ObjectFacts {
  const uid = outcome.kind === "applied" ? outcome.applied.uid : attempt.claim.state.applied?.uid;
  const named =
    uid === undefined
      ? {}
      : { project: { projectUid: uid }, committee: { committeeUid: uid }, member: { memberUid: uid } }[
          attempt.key.kind
        ];
  return { ...slugOf(attempt), ...attempt.facts, ...named };
}

function slugOf({ key, content }: Attempt): ObjectFacts {
  if (key.kind !== "project" || content === undefined || content.kind === "unusable") return {};
  const slug = content.record?.read(["slug__c"])?.value;
  // People search by it; anything might stand there.
  return typeof slug === "string" && /^[\w.-]{1,200}$/.test(slug) ? { slug } : {};
}
