// SPDX-License-Identifier: MIT
import type { AttemptOutcome } from "../../state/transition.ts";

/** How an attempt would end, in lines for people. */
export function outcomeLines(outcome: AttemptOutcome): readonly string[] {
  switch (outcome.kind) {
    case "applied": {
      const { action, uid, notes = [] } = outcome.applied;
      const nothing = action === "unchanged" ? [`Nothing is sent: v2 says the same of ${uid ?? "it"}.`] : [];
      const adopted =
        action === "adopted" ? [`It is in v2 already, as ${uid ?? "?"}, and would be mapped to it.`] : [];
      return [...nothing, ...adopted, ...notes.map((note) => `Note: ${note}`)];
    }
    case "ignored":
      return [`It is left alone: ${outcome.reason.code}: ${outcome.reason.message}`];
    case "parked":
      return [outcome.reason.message];
    case "retry":
      return [`It would be tried again later: ${outcome.reason.code}: ${outcome.reason.message}`];
    case "held":
      return [`It would be held for an operator: ${outcome.reason.message}`];
    case "dead":
      return [`It cannot be done: ${outcome.reason.code}: ${outcome.reason.message}`];
  }
}

/** In one word: what would be done with v2, or how it would be put off. */
export function outcomeWord(outcome: AttemptOutcome): string {
  return outcome.kind === "applied" ? outcome.applied.action : outcome.kind;
}
