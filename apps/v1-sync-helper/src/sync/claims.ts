// SPDX-License-Identifier: MIT
import type { Clock } from "../clock.ts";
import { RevisionConflictError } from "../nats/bucket.ts";
import { natsUnavailable } from "../nats/unavailable.ts";
import type { ObjectState } from "../state/object-state.ts";
import type { ObjectStates } from "../state/object-states.ts";
import { claimed, crashed, maxCrashes, restarted, wanted } from "../state/transition.ts";
import { Claim } from "./claim.ts";

export interface ClaimsOptions {
  readonly states: ObjectStates;
  readonly clock: Clock;
  readonly random: () => number;
  /** This instance, in this life of it. */
  readonly owner: string;
  /** How long a claim holds after the last write that renewed it; the same for all instances. */
  readonly claimMs: number;
  /** Whether this version of a claimed record has been the newest for longer than a claim holds. */
  readonly hasExpired: (key: string, version: number) => boolean;
  /** Whether `v1-objects` has not come as far as this revision, so that it was made anew. */
  readonly isBefore: (revision: number) => Promise<boolean>;
  /** The newest revision of a key in `v1-objects`. @throws {UnavailableError} */
  readonly newestRevision: (key: string) => Promise<number | undefined>;
  /** Told of every state that was read and found to be another than the caller thought. */
  readonly onSeen: (key: string, version: number, state: ObjectState | undefined) => void;
}

/** What is to be worked on: a revision that arrived, a version of a record that is due, or both. */
export interface Wish {
  readonly key: string;
  readonly revision?: number;
  /** When that revision was written; Unix milliseconds, by the clock of NATS. */
  readonly writtenMs?: number;
  readonly dueVersion?: number;
}

export type Taken =
  | { readonly result: "claimed"; readonly claim: Claim }
  /** This revision, or a newer one, was carried through. */
  | { readonly result: "superseded"; readonly by: number }
  /** This revision is on record and not due, or its claim is another instance's. */
  | { readonly result: "recorded"; readonly state: ObjectState }
  /** Another instance works on the object and does this revision too. */
  | { readonly result: "handed over"; readonly to: string }
  /** Too many processes ended over it. */
  | { readonly result: "crashed"; readonly state: ObjectState }
  /** Another instance was quicker. */
  | { readonly result: "not due" };

export interface Claims {
  /** @throws {UnavailableError} @throws {UnreadableStateError} nothing is claimed, or what is claimed may be taken again */
  readonly take: (wish: Wish) => Promise<Taken>;
  /** Renews what was not renewed for a third of its time; never throws. */
  readonly renew: () => void;
  readonly release: (claim: Claim) => void;
}

type Decision =
  | { readonly write: ObjectState; readonly taken: (version: number, startedMs: number) => Taken }
  | { readonly result: Taken };

export function createClaims(options: ClaimsOptions): Claims {
  const { states, clock, owner, claimMs, random, hasExpired, isBefore, newestRevision, onSeen } = options;
  const held = new Set<Claim>();

  function hold(key: string, state: ObjectState, version: number, startedMs: number): Taken {
    const claim = new Claim({ states, clock, claimMs, owner, key, state, version, startedMs });
    held.add(claim);
    return { result: "claimed", claim };
  }

  function claim(
    wish: Wish,
    state: ObjectState | undefined,
    doubt: { readonly isUnsure?: boolean; readonly hasCrashed?: boolean } = {},
  ): Decision {
    const revision = Math.max(wish.revision ?? 0, state?.revision ?? 0);
    const next = claimed(state, { revision, owner, nowMs: clock.epochMs(), ...doubt });
    return { write: next, taken: (version, startedMs) => hold(wish.key, next, version, startedMs) };
  }

  function overClaimed(wish: Wish, state: ObjectState, version: number, isNewer: boolean): Decision {
    // A queue of keys lets one task of a key run: this one is of a task that lost NATS before it could end.
    if (state.owner === owner) return claim(wish, state, { isUnsure: true });
    if (hasExpired(wish.key, version)) {
      if ((state.crashes ?? 0) + 1 < maxCrashes)
        return claim(wish, state, { isUnsure: true, hasCrashed: true });
      const revision = Math.max(wish.revision ?? 0, state.revision);
      const dead = crashed({ ...state, revision }, { nowMs: clock.epochMs(), random });
      return { write: dead, taken: () => ({ result: "crashed", state: dead }) };
    }
    if (!isNewer) return { result: { result: "recorded", state } };
    const next = wanted(state, wish.revision ?? 0, clock.epochMs());
    return { write: next, taken: () => ({ result: "handed over", to: state.owner ?? "" }) };
  }

  function decide(wish: Wish, state: ObjectState | undefined, version: number): Decision {
    const isNewer = wish.revision !== undefined && wish.revision > (state?.revision ?? 0);
    const isDue = wish.dueVersion === version && state !== undefined && state.status !== "done";
    if (state?.status === "claimed" && (isNewer || isDue || state.owner === owner)) {
      return overClaimed(wish, state, version, isNewer);
    }
    if (isNewer || isDue) return claim(wish, state);
    if (wish.revision === undefined || state === undefined) return { result: { result: "not due" } };
    const isDone = state.status === "done" || wish.revision <= (state.applied?.revision ?? 0);
    if (isDone || wish.revision < state.revision) {
      return { result: { result: "superseded", by: Math.max(state.revision, state.applied?.revision ?? 0) } };
    }
    return { result: { result: "recorded", state } };
  }

  /** What is on record, in the revisions of the bucket that there is. */
  async function read(wish: Wish): Promise<{ readonly state?: ObjectState; readonly version: number }> {
    const found = await states.read(wish.key);
    const { state, version } = found;
    if (state === undefined || !(await isOfOtherBucket(wish, state))) return found;
    if (state.status !== "claimed") return { state: restarted(state), version };
    throw natsUnavailable(`${wish.key} is still worked on for a bucket v1-objects that is gone.`);
  }

  /**
   * Whether the record is about a `v1-objects` that was deleted and made again, whose revisions count from 1 anew: loaded
   * in the same order it gives its records the very same ones. A revision is written before anything is on record of it
   * or of a later one, so a message that is younger than the record is suspicious. What decides is the bucket, where it
   * can tell, and not the clocks.
   */
  async function isOfOtherBucket(
    { key, revision, writtenMs = 0 }: Wish,
    state: ObjectState,
  ): Promise<boolean> {
    if (revision === undefined || revision > state.revision) return false;
    const isYounger = writtenMs > Date.parse(state.lastAt);
    // The same revision is done again then: should it be the clocks, that changes nothing.
    if (revision === state.revision) return isYounger && state.status !== "claimed";
    if (await isBefore(state.revision)) return true;
    return isYounger && ((await newestRevision(key)) ?? state.revision) < state.revision;
  }

  async function take(wish: Wish): Promise<Taken> {
    for (;;) {
      const { state, version } = await read(wish);
      const decision = decide(wish, state, version);
      if ("result" in decision) {
        if (wish.dueVersion !== undefined) onSeen(wish.key, version, state);
        return decision.result;
      }
      const startedMs = clock.monotonicMs();
      try {
        return decision.taken(await states.write(wish.key, decision.write, version), startedMs);
      } catch (error) {
        if (!(error instanceof RevisionConflictError)) throw error;
      }
    }
  }

  return {
    take,
    renew: () => {
      for (const each of held) each.renewIfOlder(claimMs / 3);
    },
    release: (each) => {
      held.delete(each);
    },
  };
}
