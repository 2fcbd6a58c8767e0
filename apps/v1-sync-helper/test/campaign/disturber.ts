// SPDX-License-Identifier: MIT
import { setTimeout as sleep } from "node:timers/promises";
import { waitFor } from "@repo/testkit";
import type { LfxV1Endpoint, LfxV1Fault } from "@repo/testkit/lfx-v1";
import type { Fault, FaultRequest } from "@repo/testkit/lfx-v2";
import type { Instance } from "./instance.ts";
import { claimSeconds, type Platform, settleSeconds } from "./platform.ts";
import { Chance } from "./random.ts";

export interface DisturberOptions {
  readonly platform: Platform;
  readonly instances: readonly Instance[];
  readonly seed: number;
  readonly meanGapMs: number;
  /** The longest time that NATS is away; milliseconds. */
  readonly longestOutageMs: number;
  readonly onFault: (name: string, detail: string) => void;
}

/** When v1 could not be asked for people. */
export interface Window {
  readonly fromMs: number;
  readonly toMs: number;
}

type Disturbance = (busy: Set<unknown>) => Promise<void> | undefined;

const v1Faults: readonly LfxV1Fault[] = [
  { kind: "status", status: 503 },
  { kind: "status", status: 429, headers: { "retry-after": "1" } },
  { kind: "status", status: 500 },
  { kind: "reset" },
  { kind: "hang" },
  { kind: "html" },
  { kind: "malformed" },
  { kind: "delay", ms: 900 },
];

/** Kills, freezes and cuts instances, takes NATS and services away: every kind as often as every other. */
export class Disturber {
  /** Faults of v1, Unix milliseconds. */
  readonly lookupFaults: Window[] = [];
  /** Instances that did not end in order on SIGTERM. */
  readonly disorders: string[] = [];
  readonly #options: DisturberOptions;
  readonly #chance: Chance;
  readonly #servicesAway = new Set<string>();
  readonly #busy = new Set<unknown>();
  readonly #running = new Set<Promise<void>>();
  /** At the end everything is cut short. */
  readonly #over = new AbortController();

  constructor(options: DisturberOptions) {
    this.#options = options;
    this.#chance = new Chance(options.seed ^ 0x5f356495);
  }

  /** The fault that a request meets, if any, beside those that come by themselves. */
  faultOf(request: FaultRequest): Fault | undefined {
    return this.#servicesAway.has(request.service)
      ? { kind: "status", status: 503, body: "html" }
      : undefined;
  }

  /** Disturbs until the monotonic time `endsMs`; resolves when everything is whole again. */
  async run(endsMs: number): Promise<void> {
    const kinds = this.#kinds();
    let deck: Disturbance[] = [];
    while (performance.now() < endsMs) {
      await sleep(-Math.log(1 - this.#chance.next()) * this.#options.meanGapMs);
      if (performance.now() >= endsMs) break;
      if (deck.length === 0) deck = this.#chance.shuffled(kinds);
      const work = deck.pop()?.(this.#busy);
      if (work === undefined) continue;
      this.#running.add(work);
      void work.finally(() => this.#running.delete(work));
    }
    this.#over.abort();
    await Promise.all(this.#running);
  }

  #kinds(): readonly Disturbance[] {
    const { platform, instances } = this.#options;
    const one =
      (act: (instance: Instance) => Promise<void>): Disturbance =>
      (busy) => {
        const free = instances.filter((each) => !busy.has(each));
        return free.length === 0 ? undefined : this.#with(this.#chance.pick(free), act);
      };
    const only =
      (thing: unknown, act: () => Promise<void>): Disturbance =>
      (busy) =>
        busy.has(thing) ? undefined : this.#with(thing, act);
    return [
      one((instance) => this.#kill(instance)),
      one((instance) => this.#kill(instance)),
      one((instance) => this.#freeze(instance)),
      one((instance) => this.#restart(instance)),
      one((instance) => this.#network(instance)),
      one((instance) => this.#strand(instance)),
      only(platform.nats, () => this.#natsOutage("crash")),
      only(platform.nats, () => this.#natsOutage("in-order")),
      only("project", () => this.#serviceOutage("project")),
      only("committee", () => this.#serviceOutage("committee")),
      only("latency", () => this.#slowness()),
      only("responders", () => this.#lookups()),
      only("user", () => this.#v1Fault("user")),
      only("organization", () => this.#v1Fault("organization")),
      only("token", () => this.#v1Fault("token")),
      only("jwks", () => this.#v1Fault("jwks")),
    ];
  }

  async #with<T>(thing: T, act: (thing: T) => Promise<void>): Promise<void> {
    this.#busy.add(thing);
    try {
      await act(thing);
    } finally {
      this.#busy.delete(thing);
    }
  }

  /** Ends early when the campaign does. */
  async #last(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#over.signal }).catch(() => {});
  }

  async #kill(instance: Instance): Promise<void> {
    const downMs = this.#chance.between(0, 1500);
    this.#options.onFault("kill -9", `${instance.name}, away for ${Math.round(downMs)} ms`);
    await instance.end("SIGKILL");
    await this.#last(downMs);
    await instance.run();
  }

  async #restart(instance: Instance): Promise<void> {
    this.#options.onFault("restart", instance.name);
    if (!(await instance.end("SIGTERM")))
      this.disorders.push(`${instance.name} did not end in order on SIGTERM`);
    await instance.run();
  }

  /** Longer than a claim holds, and not so long that a create that was on its way may come after a second one. */
  async #freeze(instance: Instance): Promise<void> {
    const ms = this.#chance.between(claimSeconds * 1.1, claimSeconds + settleSeconds * 0.7) * 1000;
    this.#options.onFault("freeze", `${instance.name} for ${Math.round(ms)} ms`);
    instance.freeze();
    await this.#last(ms);
    instance.thaw();
  }

  async #network(instance: Instance): Promise<void> {
    const kind = this.#chance.pick(["cut", "blackhole", "slow", "deaf"] as const);
    const ms = this.#chance.between(500, 7000);
    this.#options.onFault(
      `network ${kind}`,
      `${instance.name}${kind === "cut" ? "" : ` for ${Math.round(ms)} ms`}`,
    );
    if (kind === "cut") return instance.cut();
    if (kind === "blackhole") instance.setFaults({ kind: "blackhole" });
    if (kind === "slow") instance.setFaults({ kind: "delay", ms: 150 });
    // What it says arrives, and it does not hear the answers.
    if (kind === "deaf") instance.setFaults({ kind: "blackhole", direction: "down" });
    await this.#last(ms);
    instance.setFaults();
  }

  /**
   * Frozen while its objects wait for look-ups, with their ETags read: whoever then sends without a look at the claim
   * writes over what another instance has done since.
   */
  async #strand(instance: Instance): Promise<void> {
    const { v1 } = this.#options.platform;
    const fromMs = Date.now();
    v1.faults.set("user", { kind: "delay", ms: 900 });
    await this.#last(this.#chance.between(800, 1600));
    await this.#freeze(instance);
    v1.faults.set("user");
    this.lookupFaults.push({ fromMs, toMs: Date.now() });
  }

  async #natsOutage(how: "crash" | "in-order"): Promise<void> {
    const { platform, instances, longestOutageMs } = this.#options;
    const { nats, v2 } = platform;
    const ms = this.#chance.between(100, longestOutageMs);
    // The services have their records in NATS; where theirs is another one, they go on.
    const isServicesToo = this.#chance.hits(0.5);
    this.#options.onFault(`NATS ${how}`, `${Math.round(ms)} ms${isServicesToo ? ", the services' too" : ""}`);
    if (isServicesToo) v2.faults.nats = "away";
    for (const instance of instances) instance.setNatsAway(true);
    await nats.stop(how);
    await this.#last(ms);
    await nats.start();
    // The buckets of the services are theirs: what a client reads there is never behind what it was told.
    await waitFor(() => v2.settled().then(() => true), { deadlineMs: 60_000, what: "the services' buckets" });
    v2.faults.nats = "up";
    v2.faults.restartCommitteeService();
    for (const instance of instances) instance.setNatsAway(false);
  }

  async #serviceOutage(service: "project" | "committee"): Promise<void> {
    const ms = this.#chance.between(500, 3500);
    this.#options.onFault("service away", `${service}, ${Math.round(ms)} ms`);
    this.#servicesAway.add(service);
    await this.#last(ms);
    this.#servicesAway.delete(service);
  }

  async #slowness(): Promise<void> {
    const ms = this.#chance.between(1000, 4000);
    this.#options.onFault("services slow", `${Math.round(ms)} ms`);
    const { faults } = this.#options.platform.v2;
    const before = faults.latency;
    faults.latency = () => 300 + this.#chance.below(800);
    await this.#last(ms);
    faults.latency = before;
  }

  async #lookups(): Promise<void> {
    const state = this.#chance.pick(["silent", "absent"] as const);
    this.#options.onFault("look-ups away", state);
    const { faults } = this.#options.platform.v2;
    faults.responders = state;
    await this.#last(this.#chance.between(300, 1400));
    faults.responders = "up";
  }

  async #v1Fault(endpoint: LfxV1Endpoint): Promise<void> {
    const { v1 } = this.#options.platform;
    const fault = this.#chance.pick(v1Faults);
    const ms = this.#chance.between(1000, 6000);
    this.#options.onFault(`v1 ${endpoint}`, `${fault.kind} for ${Math.round(ms)} ms`);
    const fromMs = Date.now();
    if (endpoint === "token") v1.withdrawTokens();
    v1.faults.set(endpoint, fault);
    await this.#last(ms);
    v1.faults.set(endpoint);
    this.lookupFaults.push({ fromMs, toMs: Date.now() });
  }
}
