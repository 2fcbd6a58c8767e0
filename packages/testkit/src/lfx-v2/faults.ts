// SPDX-License-Identifier: Apache-2.0
import type { Fault, FaultChooser, FaultRequest, StaleShape } from "./fault.ts";
import type { Timers } from "./timers.ts";

export type Latency = number | ((request: FaultRequest) => number);

/** A write that waits to be carried out late. */
export interface LateCommit {
  readonly request: FaultRequest;
  /** Carries it out now. */
  readonly commit: () => void;
}

/** What goes wrong; every member may be changed while the stand-in runs. */
export class Faults {
  /** Milliseconds between the checks of a request and its effect; 0 at first. */
  latency: Latency = 0;
  /** Asked for each request that `next` has no fault for. */
  choose: FaultChooser | undefined;
  /** The directory of users behind e-mail addresses. */
  directory: "up" | "down" = "up";
  /** Who answers `X-Sync: true`. */
  indexer: "up" | "absent" = "up";
  /** How every stale revision is answered, where no fault of the request says otherwise. */
  staleShape: StaleShape = "native";
  /** How long the project service waits for a NATS that is away; milliseconds. */
  outageMs = 5_000;
  readonly #timers: Timers;
  readonly #script: { readonly fault: Fault; readonly where: (request: FaultRequest) => boolean }[] = [];
  readonly #late = new Set<LateCommit>();
  /** Called when `responders` changes. */
  onResponders: () => void = () => undefined;
  #nats: "up" | "away" = "up";
  #responders: "up" | "silent" | "absent" = "up";
  #committeeIsBroken = false;
  #whenSpeaking: (() => void)[] = [];

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** NATS as the services see it. After an outage the committee service stays broken until it is restarted. */
  get nats(): "up" | "away" {
    return this.#nats;
  }

  set nats(state: "up" | "away") {
    this.#nats = state;
    if (state === "away") this.#committeeIsBroken = true;
  }

  /**
   * The services' NATS look-ups, for clients and for each other: `silent` takes requests and never answers (so creates and
   * updates of committees hang until it is up again), `absent` has NATS say at once that nobody is there.
   */
  get responders(): "up" | "silent" | "absent" {
    return this.#responders;
  }

  set responders(state: "up" | "silent" | "absent") {
    this.#responders = state;
    this.onResponders();
    if (state === "up") for (const resume of this.#whenSpeaking.splice(0)) resume();
  }

  get committeeIsBroken(): boolean {
    return this.#committeeIsBroken;
  }

  restartCommitteeService(): void {
    this.#committeeIsBroken = this.#nats === "away";
  }

  /** Gives these faults to the next requests that fit, one each, in this order. */
  next(faults: Fault | readonly Fault[], where: (request: FaultRequest) => boolean = () => true): void {
    const list: readonly Fault[] = "kind" in faults ? [faults] : faults;
    this.#script.push(...list.map((fault) => ({ fault, where })));
  }

  /** Faults given by `next` that no request has taken yet. */
  get untaken(): number {
    return this.#script.length;
  }

  /** The writes that wait to be carried out late. */
  get late(): readonly LateCommit[] {
    return [...this.#late];
  }

  /** Carries out what waits, oldest first: `count` of them, default all. */
  commitLate(count = Number.POSITIVE_INFINITY): void {
    for (const each of this.late.slice(0, count)) each.commit();
  }

  faultOf(request: FaultRequest): Fault | undefined {
    const index = this.#script.findIndex(({ where }) => where(request));
    if (index !== -1) return this.#script.splice(index, 1)[0]?.fault;
    return this.choose?.(request);
  }

  latencyOf(request: FaultRequest): number {
    return typeof this.latency === "number" ? this.latency : this.latency(request);
  }

  /** Waits for the moment of a late commit. */
  untilCommit(request: FaultRequest, commitAfterMs: number | "told"): Promise<void> {
    return new Promise((resolve) => {
      const waiting: LateCommit = {
        request,
        commit: () => {
          this.#late.delete(waiting);
          resolve();
        },
      };
      this.#late.add(waiting);
      if (commitAfterMs !== "told") this.#timers.after(commitAfterMs, waiting.commit);
    });
  }

  /** Waits for the end of the responders' silence. */
  untilSpeaking(): Promise<void> {
    return new Promise((resolve) => this.#whenSpeaking.push(resolve));
  }
}
