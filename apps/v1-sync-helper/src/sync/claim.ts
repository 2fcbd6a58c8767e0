// SPDX-License-Identifier: MIT
import type { Clock } from "../clock.ts";
import { RevisionConflictError } from "../nats/bucket.ts";
import type { ObjectState } from "../state/object-state.ts";
import type { ObjectStates } from "../state/object-states.ts";
import { continued } from "../state/transition.ts";
import { UnavailableError } from "../unavailable-error.ts";

/** The object is another instance's now: nothing more may be sent for it. */
export class ClaimLostError extends Error {
  override readonly name = "ClaimLostError";
}

export interface ClaimOptions {
  readonly states: ObjectStates;
  readonly clock: Clock;
  readonly claimMs: number;
  readonly owner: string;
  readonly key: string;
  readonly state: ObjectState;
  readonly version: number;
  /** Monotonic time just before the write that claimed it. */
  readonly startedMs: number;
}

/** How an attempt was put on record. */
export type Finished =
  | { readonly result: "written"; readonly version: number; readonly state: ObjectState }
  /** A newer revision came meanwhile: its work goes on under the same claim. */
  | { readonly result: "go on"; readonly state: ObjectState }
  /** Another instance took the object over; whatever is on record is theirs. */
  | { readonly result: "lost" };

const patienceMs = 250;

/** This instance's hold on one object, and all that is known of the object meanwhile. */
export class Claim {
  readonly key: string;
  readonly #states: ObjectStates;
  readonly #clock: Clock;
  readonly #claimMs: number;
  readonly #owner: string;
  #state: ObjectState;
  #version: number;
  /** The newest revision that others put on record while this instance works; at least the one worked on. */
  #wantedRevision: number;
  /** Others count from when they see a write, which is never before this. */
  #renewedMs: number;
  #isLost = false;
  #isEnding = false;
  #writing: Promise<unknown> | undefined;

  constructor(options: ClaimOptions) {
    this.key = options.key;
    this.#states = options.states;
    this.#clock = options.clock;
    this.#claimMs = options.claimMs;
    this.#owner = options.owner;
    this.#state = options.state;
    this.#version = options.version;
    this.#wantedRevision = options.state.revision;
    this.#renewedMs = options.startedMs;
  }

  /** With what was {@link amend}ed. */
  get state(): ObjectState {
    return this.#state;
  }

  /** Milliseconds for which nobody else can hold the object. */
  get leftMs(): number {
    return this.#isLost ? 0 : this.#renewedMs + this.#claimMs - this.#clock.monotonicMs();
  }

  /** Notes something down; it is put on record with the next write. */
  amend(change: (state: ObjectState) => ObjectState): void {
    this.#state = change(this.#state);
  }

  /** Puts what was amended on record, which renews the claim. @throws {ClaimLostError} @throws {UnavailableError} */
  save(): Promise<void> {
    return this.#alone(() => this.#renew());
  }

  /** Makes sure that the claim holds for so long. @throws {ClaimLostError} @throws {UnavailableError} */
  async ensure(needMs: number): Promise<void> {
    if (this.leftMs >= needMs) return;
    await this.save();
    if (this.leftMs < needMs)
      throw new ClaimLostError(`the claim on ${this.key} could not be renewed in time`);
  }

  renewIfOlder(ageMs: number): void {
    const isYoung = this.#clock.monotonicMs() - this.#renewedMs < ageMs;
    if (isYoung || this.#isLost || this.#isEnding || this.#writing !== undefined) return;
    // A failure shows where the claim is needed.
    this.save().catch(() => {});
  }

  /**
   * Puts the end of an attempt on record, and lets go of the object. While NATS does not answer it tries again until
   * the claim is over: then another instance takes it from there.
   */
  finish(toState: (state: ObjectState) => ObjectState): Promise<Finished> {
    this.#isEnding = true;
    return this.#alone(() => this.#finish(toState));
  }

  async #finish(toState: (state: ObjectState) => ObjectState): Promise<Finished> {
    const done = this.#state.revision;
    const final = toState(this.#state);
    const giveUpMs = this.#clock.monotonicMs() + this.#claimMs;
    for (;;) {
      const isWantedAgain = this.#wantedRevision > done;
      const context = { owner: this.#owner, nowMs: this.#clock.epochMs() };
      const next = isWantedAgain ? continued(final, this.#wantedRevision, context) : final;
      const startedMs = this.#clock.monotonicMs();
      try {
        this.#version = await this.#states.write(this.key, next, this.#version);
        if (!isWantedAgain) return { result: "written", version: this.#version, state: final };
        this.#state = next;
        this.#renewedMs = startedMs;
        this.#isEnding = false;
        return { result: "go on", state: final };
      } catch (error) {
        if (!isAmbiguous(error)) throw error;
        // Silence is given up in the end; a conflict says that there is something to see, however late it comes.
        if (error instanceof UnavailableError && this.#clock.monotonicMs() > giveUpMs) throw error;
      }
      const found = await this.#look(giveUpMs);
      if (found.state === undefined || this.#isOurs(found.state)) {
        this.#goOnFrom(found.state, found.version);
      } else if (isSame(found.state, final)) {
        return { result: "written", version: found.version, state: final };
      } else {
        this.#isLost = true;
        return { result: "lost" };
      }
    }
  }

  /** What is on record, asked for until NATS answers. */
  async #look(giveUpMs: number): Promise<{ readonly state?: ObjectState; readonly version: number }> {
    for (;;) {
      try {
        return await this.#states.read(this.key);
      } catch (error) {
        if (!(error instanceof UnavailableError) || this.#clock.monotonicMs() > giveUpMs) throw error;
        await this.#clock.wait(patienceMs);
      }
    }
  }

  async #renew(): Promise<void> {
    for (;;) {
      if (this.#isLost) throw new ClaimLostError(`another instance works on ${this.key} now`);
      const startedMs = this.#clock.monotonicMs();
      const lastAt = new Date(this.#clock.epochMs()).toISOString();
      // What others want stays on record: their messages are acknowledged.
      const revision = Math.max(this.#state.revision, this.#wantedRevision);
      const next = { ...this.#state, revision, lastAt };
      try {
        this.#version = await this.#states.write(this.key, next, this.#version);
        this.#renewedMs = startedMs;
        return;
      } catch (error) {
        if (!isAmbiguous(error)) throw error;
      }
      await this.#readAgain();
    }
  }

  /** After a conflict or a lost answer: goes on from what is on record, if the claim still stands there. */
  async #readAgain(): Promise<void> {
    const { state, version } = await this.#states.read(this.key);
    if (state === undefined || this.#isOurs(state)) this.#goOnFrom(state, version);
    else this.#isLost = true;
  }

  #isOurs({ status, owner }: ObjectState): boolean {
    return status === "claimed" && owner === this.#owner;
  }

  /**
   * Where the record is gone, with its whole bucket perhaps, it is written again: whoever is quicker has the object, and
   * nothing else knows of the calls that went out.
   */
  #goOnFrom(state: ObjectState | undefined, version: number): void {
    this.#version = version;
    this.#wantedRevision = Math.max(this.#wantedRevision, state?.revision ?? 0);
  }

  /** One write at a time: two would conflict with each other. */
  async #alone<T>(work: () => Promise<T>): Promise<T> {
    while (this.#writing !== undefined) await this.#writing;
    const result = work();
    this.#writing = result
      .catch(() => {})
      .finally(() => {
        this.#writing = undefined;
      });
    return await result;
  }
}

function isAmbiguous(error: unknown): boolean {
  return error instanceof RevisionConflictError || error instanceof UnavailableError;
}

/** Whether the final write whose answer was lost is what stands there. */
function isSame(found: ObjectState | undefined, final: ObjectState): boolean {
  return (
    found !== undefined &&
    found.status === final.status &&
    found.revision === final.revision &&
    found.lastAt === final.lastAt &&
    found.attempts === final.attempts
  );
}
