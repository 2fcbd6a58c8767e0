// SPDX-License-Identifier: MIT

import type { Mapping } from "../mappings/mapping-key.ts";
import type { Author } from "../objects/author.ts";
import type { Plan, WriteCall } from "../objects/plan.ts";
import type { Subject } from "../objects/world.ts";
import type { Reason } from "../reason.ts";
import type { ObjectKey } from "../records/object-key.ts";
import type { WriteAnswer } from "../services/answer.ts";
import type { Intent, ObjectState } from "../state/object-state.ts";
import type { AttemptOutcome } from "../state/transition.ts";
import { UnavailableError } from "../unavailable-error.ts";
import type { Content } from "./content.ts";
import type { ObjectFacts } from "./events.ts";
import type { Ports, Rules } from "./ports.ts";

/** Spare time between the last moment a call may end and the end of the claim. */
const claimMarginMs = 500;

/** The hold on the object while it is worked on. */
export interface Hold {
  readonly state: ObjectState;
  readonly amend: (change: (state: ObjectState) => ObjectState) => void;
  /** Puts the state on record. @throws {ClaimLostError} @throws {UnavailableError} */
  readonly save: () => Promise<void>;
  /** Makes sure that the hold lasts for so long. @throws {ClaimLostError} @throws {UnavailableError} */
  readonly ensure: (needMs: number) => Promise<void>;
}

/** One attempt at one revision of one object, and what it found out. */
export class Attempt {
  readonly key: ObjectKey;
  readonly claim: Hold;
  readonly ports: Ports;
  readonly rules: Rules;
  /** Objects of v2 that this attempt found beside the one that is kept. */
  readonly leftovers: string[] = [];
  readonly notes: string[] = [];
  /** What the revision says, once it was read. */
  content: Content | undefined;
  facts: ObjectFacts = {};
  /** Slug that this attempt has locked. */
  lockedSlug: string | undefined;

  constructor(key: ObjectKey, claim: Hold, ports: Ports, rules: Rules) {
    this.key = key;
    this.claim = claim;
    this.ports = ports;
    this.rules = rules;
  }

  get intents(): readonly Intent[] {
    return this.claim.state.intents ?? [];
  }

  set intents(intents: readonly Intent[]) {
    this.claim.amend((state) => ({ ...state, intents }));
  }

  get mustWrite(): boolean {
    return this.claim.state.unsettled === true;
  }

  subject(mapping: Mapping): Subject {
    const { key, mustWrite } = this;
    return { key, mapping, mustWrite, applied: this.claim.state.applied };
  }

  /** An object of v2 that should not be there; it is not forgotten, however the attempt ends. */
  leaveOver(uid: string): void {
    this.leftovers.push(uid);
    this.claim.amend((state) => ({ ...state, leftovers: [...new Set([...(state.leftovers ?? []), uid])] }));
  }

  know(facts: ObjectFacts): void {
    this.facts = { ...this.facts, ...facts };
  }

  /**
   * Sends a call that changes v2, while the claim certainly holds. What cannot be told counts as perhaps carried out.
   *
   * @throws {ClaimLostError} before anything was sent
   */
  async send(call: WriteCall, author: Author): Promise<WriteAnswer> {
    const { services } = this.ports;
    await this.claim.ensure(leastClaimMs(services));
    if (author.kind === "person") this.know({ username: author.principal });
    let answer: WriteAnswer;
    try {
      answer = await services.send(call, author);
    } catch (error) {
      if (!(error instanceof UnavailableError)) {
        this.ports.events.defect(error, { key: this.key.text, doing: `${call.method} ${call.path}` });
      }
      answer = { result: "unknown", reason: reasonOf(error) };
    }
    if (answer.result === "unknown" && call.method !== "POST") {
      this.claim.amend((state) => ({ ...state, unsettled: true }));
    }
    return answer;
  }
}

/** The part of a claim's time that a call needs, so that a claim can ever cover one. */
export function leastClaimMs({ longestSendMs }: Pick<Ports["services"], "longestSendMs">): number {
  return longestSendMs + claimMarginMs;
}

export function reasonOf(error: unknown): Reason {
  if (error instanceof UnavailableError) return error.reason;
  const what = error instanceof Error ? error.name : "an unknown value";
  return {
    code: "internal",
    message: `A defect of this program (${what}) ended the attempt: its log line of level error has the stack.`,
  };
}

export function retry(
  reason: Reason,
  { waitMs, countsAsAttempt = true }: { readonly waitMs?: number; readonly countsAsAttempt?: boolean } = {},
): AttemptOutcome {
  return { kind: "retry", reason, countsAsAttempt, ...(waitMs !== undefined && { waitMs }) };
}

export function dead(reason: Reason): AttemptOutcome {
  return { kind: "dead", reason, transient: false };
}

/** How long an object steps back for others when a service takes no more. */
const busyWaitMs = 3000;

/** Something did not answer, or not yet. */
export function retryUnavailable(reason: Reason, retryAfterMs: number | undefined): AttemptOutcome {
  // To wait for one's turn is no failure.
  if (reason.code === "service_busy") {
    return retry(reason, { waitMs: Math.max(retryAfterMs ?? 0, busyWaitMs), countsAsAttempt: false });
  }
  return retry(reason, retryAfterMs === undefined ? {} : { waitMs: retryAfterMs });
}

/** A call that was certainly not carried out, or of which nobody knows. */
export function retryAnswer(
  answer: Extract<WriteAnswer, { readonly result: "unavailable" | "unknown" }>,
): AttemptOutcome {
  const { reason, retryAfterMs } = answer;
  if (answer.result === "unavailable" || reason.code === "internal") {
    return retryUnavailable(reason, retryAfterMs);
  }
  return retryUnavailable({ ...reason, code: "outcome_unknown" }, retryAfterMs);
}

/** A plan that needs no call, as an outcome; `undefined` for the others. */
export function outcomeOfPlan(plan: Plan): AttemptOutcome | undefined {
  switch (plan.action) {
    case "park":
      return { kind: "parked", waitsFor: plan.waitsFor, reason: plan.reason };
    case "refuse":
      return dead(plan.reason);
    case "ignore":
      return { kind: "ignored", reason: plan.reason };
    default:
      return undefined;
  }
}
