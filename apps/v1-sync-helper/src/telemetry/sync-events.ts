// SPDX-License-Identifier: MIT
import type { Logger } from "@repo/logging";
import type { Reason } from "../reason.ts";
import type { ObjectEvent, SyncEvents } from "../sync/events.ts";
import type { SyncMetrics } from "./instruments.ts";

type Level = "debug" | "info" | "warn" | "error";

/** What the engine tells, as log lines and metrics. */
export function createSyncEvents(logger: Logger, metrics: SyncMetrics): SyncEvents {
  return {
    object: (event) => {
      record(event, metrics);
      const level = levelOf(event);
      if (logger.isLevelEnabled(level)) logger[level](fieldsOf(event, logger), sentenceOf(event));
    },
    defect: (error, { key, doing }) =>
      logger.error({ error, ...(key !== undefined && { key }), doing }, "a defect of this program"),
    leftovers: (key, uids) =>
      logger.error(
        { key, leftovers: uids, error: "objects of v2 have no record in v1" },
        "a late create left objects over in v2: delete them there",
      ),
    trouble: (message) => logger.warn({ error: message }, message),
  };
}

function record(event: ObjectEvent, metrics: SyncMetrics): void {
  const { kind: type, outcome, action, reason, durationMs, lagMs, attempt } = event;
  // Messages that needed no attempt: another instance has the object, or it stands on record.
  if (outcome === "recorded" || outcome === "handed over" || outcome === "lost") return;
  const word = outcome === "applied" ? (action ?? "unchanged") : outcome;
  metrics.outcomes.add(1, { type, outcome: word });
  if (attempt > 0) metrics.duration.record(durationMs, { type });
  if (outcome === "applied" && lagMs !== undefined) metrics.lag.record(lagMs / 1000, { type });
  if (reason === undefined) return;
  if (outcome === "retry") metrics.retries.add(1, { reason: reason.code });
  if (outcome === "dead") metrics.dead.add(1, { reason: reason.code });
}

function levelOf({ outcome, action, attempt }: ObjectEvent): Level {
  switch (outcome) {
    case "applied":
      return action === "unchanged" ? "debug" : "info";
    case "ignored":
    case "parked":
      return "info";
    case "retry":
      // Once is nothing: a service that restarts, a revision that was overtaken.
      return attempt > 1 ? "warn" : "info";
    case "held":
    case "lost":
      return "warn";
    case "dead":
      return "error";
    case "superseded":
    case "recorded":
    case "handed over":
      return "debug";
  }
}

/** The names are those of the program before this one, and this one's own. */
function fieldsOf(event: ObjectEvent, logger: Logger): object {
  const { key, sfid, operation, revision, attempt, outcome, action, notes, durationMs, lagMs } = event;
  const { slug, projectUid, committeeUid, memberUid, username } = event;
  return {
    key,
    operation,
    sfid,
    ...(slug !== undefined && { slug }),
    ...(projectUid !== undefined && { project_uid: projectUid }),
    ...(committeeUid !== undefined && { committee_uid: committeeUid }),
    ...(memberUid !== undefined && { member_uid: memberUid }),
    ...(username !== undefined && logger.isLevelEnabled("debug") && { username }),
    revision,
    attempt,
    outcome,
    ...(action !== undefined && { action }),
    ...reasonFields(event.reason, outcome),
    ...(notes !== undefined && notes.length > 0 && { notes }),
    duration_ms: Math.round(durationMs),
    ...(lagMs !== undefined && { lag_ms: Math.round(lagMs) }),
  };
}

/** What needs somebody's eye stands under `error`, as everywhere; what is only an explanation does not. */
function reasonFields(reason: Reason | undefined, outcome: ObjectEvent["outcome"]): object {
  if (reason === undefined) return {};
  const { code, message, status, call } = reason;
  const isFailure = outcome === "retry" || outcome === "dead" || outcome === "held";
  return {
    reason: code,
    ...(isFailure ? { error: message } : { detail: message }),
    ...(status !== undefined && { status }),
    ...(call !== undefined && { call }),
  };
}

const words = {
  created: "created",
  adopted: "found in v2 and adopted",
  updated: "updated",
  unchanged: "says the same in v2",
  deleted: "deleted",
  ignored: "ignored",
  superseded: "superseded by a newer revision",
  parked: "parked until its parent is there",
  retry: "will be tried again",
  held: "held back for an operator",
  dead: "could not be carried through",
  recorded: "is on record already",
  "handed over": "is being worked on by another instance",
  lost: "was taken over by another instance",
} as const;

function sentenceOf({ kind, outcome, action }: ObjectEvent): string {
  return `${kind} ${words[outcome === "applied" ? (action ?? "unchanged") : outcome]}`;
}
