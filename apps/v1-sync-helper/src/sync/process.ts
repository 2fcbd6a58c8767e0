// SPDX-License-Identifier: MIT
import type { ObjectKey } from "../records/object-key.ts";
import type { ObjectState } from "../state/object-state.ts";
import { UnreadableStateError } from "../state/object-states.ts";
import { type AttemptOutcome, continued, transition } from "../state/transition.ts";
import { UnavailableError } from "../unavailable-error.ts";
import { Attempt, dead, retry } from "./attempt.ts";
import { type Claim, ClaimLostError, type Finished } from "./claim.ts";
import type { Claims, Taken } from "./claims.ts";
import { outcomeEvent, skippedEvent } from "./object-events.ts";
import type { Ports, Rules } from "./ports.ts";
import { runAttempt } from "./run-attempt.ts";
import type { StoredRevision } from "./source.ts";

/** A message of `v1-objects` that was delivered to this instance and not yet settled. */
export interface Arrival extends StoredRevision {
  /** How often it was delivered, this time included. */
  readonly deliveries: number;
  /** When it was written; Unix milliseconds. */
  readonly writtenMs: number;
  readonly ack: () => void;
  /** Offers it to another instance at once; the next delivery counts. */
  readonly giveBack: () => void;
  /** Says nothing: the server offers it again when its patience is over. */
  readonly letGo: () => void;
}

/** Something to do about an object: a revision that arrived, a version of its record that is due, or both. */
export interface Task {
  readonly key: ObjectKey;
  readonly arrival?: Arrival;
  readonly dueVersion?: number;
}

export interface ProcessorOptions {
  readonly ports: Ports;
  readonly rules: Rules;
  /** This instance, in this life of it. */
  readonly owner: string;
  readonly claims: Claims;
  /** Told of what this instance put on record. */
  readonly onWritten: (key: string, version: number, state: ObjectState) => void;
  /** Aborts when the instance is to end: what waits for NATS gives up. */
  readonly signal: AbortSignal;
}

const firstPatienceMs = 250;
const longestPatienceMs = 5000;

/** Works on one object until what it did is on record; never throws. A message is acknowledged after that only. */
export function createProcessor(options: ProcessorOptions): (task: Task) => Promise<void> {
  const { ports, rules, owner, claims, onWritten, signal } = options;
  const { clock, random, events } = ports;

  async function run(task: Task): Promise<void> {
    const startedMs = clock.monotonicMs();
    try {
      const taken = await take(task);
      if (taken.result === "claimed") await work(task, taken.claim, startedMs);
      else skip(task, taken, startedMs);
    } catch (error) {
      failed(task, error);
    }
  }

  /** Claims the object; while NATS does not answer it tries on, for nothing else could be done meanwhile. */
  async function take(task: Task): Promise<Taken> {
    const { key, arrival, dueVersion } = task;
    const wish = {
      key: key.text,
      ...(arrival !== undefined && { revision: arrival.revision, writtenMs: arrival.writtenMs }),
      ...(dueVersion !== undefined && { dueVersion }),
    };
    for (let waitMs = firstPatienceMs; ; waitMs = Math.min(2 * waitMs, longestPatienceMs)) {
      try {
        return await claims.take(wish);
      } catch (error) {
        if (!(error instanceof UnavailableError) || signal.aborted) throw error;
        await clock.wait(waitMs * (0.5 + random() / 2), signal);
      }
    }
  }

  function skip(task: Task, taken: Exclude<Taken, { readonly result: "claimed" }>, startedMs: number): void {
    const { arrival } = task;
    if (arrival !== undefined || taken.result === "crashed") {
      events.object(skippedEvent(task, taken, clock.monotonicMs() - startedMs));
    }
    arrival?.ack();
  }

  async function work(task: Task, claim: Claim, startedMs: number): Promise<void> {
    let fromMessage = task.arrival;
    let fromMs = startedMs;
    let isLost = false;
    try {
      for (;;) {
        const attempt = new Attempt(task.key, claim, ports, rules);
        const before = claim.state;
        const outcome = await attemptAt(attempt, fromMessage);
        const finished = await claim.finish((state) => transition(state, outcome, context()));
        settle(attempt, finished);
        const nowMs = clock.monotonicMs();
        const lagMs = fromMessage === undefined ? {} : { lagMs: clock.epochMs() - fromMessage.writtenMs };
        const timing = { durationMs: nowMs - fromMs, ...lagMs };
        events.object(outcomeEvent({ attempt, before, outcome, finished, timing }));
        isLost = finished.result === "lost";
        if (finished.result !== "go on") break;
        fromMessage = undefined;
        fromMs = nowMs;
      }
      // Somebody else's record may know of it or not: the next delivery tells.
      if (isLost) task.arrival?.giveBack();
      else task.arrival?.ack();
    } finally {
      claims.release(claim);
    }
  }

  function context() {
    return { nowMs: clock.epochMs(), random };
  }

  /** One attempt at the revision of the message, or at the newest there is when work comes from a record. */
  async function attemptAt(attempt: Attempt, arrival: Arrival | undefined): Promise<AttemptOutcome> {
    const { claim } = attempt;
    try {
      const stored = arrival?.revision === claim.state.revision ? arrival : await newest(attempt);
      if ("kind" in stored) return stored;
      // A newer one than was wanted begins its own count of attempts.
      claim.amend((state) =>
        stored.revision === state.revision
          ? state
          : continued(state, stored.revision, { owner, ...context() }),
      );
      return await runAttempt(attempt, stored);
    } catch (error) {
      if (!(error instanceof ClaimLostError)) throw error;
      // If it is lost this is not written; if only NATS was slow, it is.
      const message = "NATS did not answer in time to keep hold of the object.";
      return retry({ code: "service_unavailable", message });
    }
  }

  async function newest({ key, claim }: Attempt): Promise<StoredRevision | AttemptOutcome> {
    let stored: StoredRevision | undefined;
    try {
      stored = await ports.source.newest(key.text);
    } catch (error) {
      if (error instanceof UnavailableError) return retry(error.reason);
      throw error;
    }
    if (stored === undefined) {
      const message = `${key.text} is gone from v1-objects without a delete mark: write it again from v1, or drop it.`;
      return dead({ code: "vanished", message });
    }
    if (stored.revision >= claim.state.revision) return stored;
    const message = `v1-objects answered with revision ${stored.revision} of ${key.text}, older than ${claim.state.revision}.`;
    return retry({ code: "service_unavailable", message });
  }

  function settle(attempt: Attempt, finished: Finished): void {
    const { key, leftovers, lockedSlug } = attempt;
    if (leftovers.length > 0) events.leftovers(key.text, leftovers);
    if (finished.result === "written") onWritten(key.text, finished.version, finished.state);
    const isSettled = finished.result !== "lost" && (finished.state.intents ?? []).length === 0;
    if (lockedSlug === undefined || !isSettled) return;
    // Nobody waits for that: a lock that stays is taken over by whoever wants the slug next.
    void ports.slugLocks.release(lockedSlug, key.text).catch(() => {});
  }

  /** The message stays unacknowledged: it comes again, and what is on record is taken up again as well. */
  function failed({ key, arrival }: Task, error: unknown): void {
    if (signal.aborted) arrival?.giveBack();
    else arrival?.letGo();
    if (signal.aborted) return;
    if (error instanceof UnavailableError) {
      events.trouble(`The state of ${key.text} could not be written: ${error.message}`);
    } else {
      const doing = error instanceof UnreadableStateError ? "reading its record" : "working on it";
      events.defect(error, { key: key.text, doing });
    }
  }

  return run;
}
