// SPDX-License-Identifier: MIT

import type { NaturalKey } from "../../objects/plan.ts";
import type { Intent, ObjectState } from "../../state/object-state.ts";
import { moment, roughly } from "../text/times.ts";

/** What became of an object, why, and what comes next; sentences for people. */
export function stateWords(state: ObjectState | undefined, nowMs: number): readonly string[] {
  if (state === undefined)
    return [
      "Nothing is remembered of it: no instance has met it yet. It comes when the consumer reaches it.",
    ];
  return [...happened(state, nowMs), ...why(state), next(state, nowMs), ...open(state, nowMs)];
}

function happened(state: ObjectState, nowMs: number): readonly string[] {
  const { applied, revision, attempts } = state;
  const last =
    applied === undefined
      ? "It was never carried through."
      : `Revision ${applied.revision} was ${doneWords[applied.action]} ${moment(applied.at, nowMs)}${
          applied.principal === undefined ? "" : `, in the name of ${applied.principal}`
        }${applied.uid === undefined ? "" : `; in v2 it is ${applied.uid}`}.`;
  if (state.status === "done") return [last];
  const tries = attempts === 0 ? "not tried yet" : attempts === 1 ? "tried once" : `tried ${attempts} times`;
  return [last, `Revision ${revision} is wanted since ${moment(state.since, nowMs)}: ${tries}.`];
}

const doneWords = {
  created: "created in v2",
  adopted: "found in v2 and mapped to it",
  updated: "brought to v2",
  unchanged: "compared with v2, which said the same,",
  deleted: "deleted in v2",
  ignored: "left as it was",
} as const;

function why({ reason }: ObjectState): readonly string[] {
  if (reason === undefined) return [];
  const { code, message, call, status } = reason;
  const answer = call === undefined ? "" : ` (${call}${status === undefined ? "" : `: ${status}`})`;
  return [`Reason: ${code}: ${message.replace(/\.$/, "")}${answer}.`];
}

function next(state: ObjectState, nowMs: number): string {
  const due = state.nextAt === undefined ? undefined : Date.parse(state.nextAt);
  const when =
    due === undefined ? "" : due <= nowMs ? ", and is due now" : `, ${moment(due, nowMs)} at the latest`;
  switch (state.status) {
    case "done":
      return "Next: nothing, until v1 changes it.";
    case "claimed":
      return `Now: ${state.owner ?? "an instance"} works on it, since ${roughly(nowMs - Date.parse(state.lastAt))} at least; if that one dies, another takes it over.`;
    case "retry":
      return `Next: it is tried again${when}.`;
    case "parked":
      return `Next: it goes on as soon as ${waitsFor(state)} is mapped${due === undefined ? "" : `; looked at again ${moment(due, nowMs)} in any case`}.`;
    case "held":
      return "Next: nothing by itself. `v1-sync-helper dlq retry` lets the delete go, `dlq drop` forgets it.";
    case "dead":
      return due === undefined
        ? "Next: nothing by itself. Mend the cause, then `v1-sync-helper dlq retry`; a change in v1 tries it again too."
        : `Next: it is tried again by itself${when}; \`v1-sync-helper dlq retry\` does it at once.`;
  }
}

function waitsFor({ waitsFor: keys = [] }: ObjectState): string {
  return keys.length === 0 ? "what it waits for" : keys.join(" or ");
}

function open(state: ObjectState, nowMs: number): readonly string[] {
  const { intents = [], unsettled, override, crashes = 0, leftovers = [] } = state;
  return [
    ...intents.map((intent) => intentWords(intent, nowMs)),
    ...(unsettled === true
      ? ["An earlier call may still be carried out: the next attempt writes even if nothing would change."]
      : []),
    ...(override === "delete" ? ["An operator let its delete go in spite of MAX_DELETES_PER_HOUR."] : []),
    ...(override === "recreate" ? ["An operator wants it to be created again although it was deleted."] : []),
    ...(crashes > 0
      ? [`${crashes} ${crashes === 1 ? "process" : "processes in a row"} ended while at it.`]
      : []),
    ...leftovers.map(
      (uid) => `A late create left ${uid} over in v2, which could not be deleted: delete it there.`,
    ),
  ];
}

function intentWords({ naturalKey, at }: Intent, nowMs: number): string {
  return `A create of ${naturalKeyWords(naturalKey)} was sent ${moment(at, nowMs)} and its outcome is unknown: it is looked up before another one.`;
}

/** Without a member's e-mail address: who asks for that sees it in the record. */
function naturalKeyWords(key: NaturalKey): string {
  switch (key.kind) {
    case "project":
      return `the project "${key.slug}"`;
    case "committee":
      return `the committee "${key.name}" of project ${key.projectUid}`;
    case "member":
      return `a member of committee ${key.committeeUid}`;
  }
}
