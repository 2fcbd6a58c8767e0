// SPDX-License-Identifier: MIT
import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import type { MappingKey } from "../mappings/mapping-key.ts";
import type { Ensured } from "../nats/ensure.ts";
import { objectsStream } from "../nats/names.ts";
import type { NatsLink } from "../nats/nats-link.ts";
import { parseObjectKey } from "../records/object-key.ts";
import type { ObjectStates } from "../state/object-states.ts";
import { UnavailableError } from "../unavailable-error.ts";
import { leastClaimMs } from "./attempt.ts";
import { type Backlog, createBacklog, type OpenStatus } from "./backlog/backlog.ts";
import { checkedWorld } from "./checked-world.ts";
import { createClaims } from "./claims.ts";
import { createAdvisoryHandler } from "./consume/advisories.ts";
import { type Arrivals, createArrivals } from "./consume/arrivals.ts";
import type { Delivery } from "./consume/delivery.ts";
import { createPull, type Pull } from "./consume/pull.ts";
import { keyProblem } from "./key-problem.ts";
import { createKeyQueue, type KeyQueue } from "./key-queue.ts";
import { parseMappingKey } from "./mapping-key-parts.ts";
import { refusedKeyEvent, supersededEvent } from "./object-events.ts";
import type { Ports, Rules } from "./ports.ts";
import { createProcessor, type Task } from "./process.ts";
import { createStreamAge } from "./stream-age.ts";
import type { Sweep } from "./sweep.ts";
import { recordUndelivered } from "./undelivered.ts";

/** A pull consumer and how to make sure that it is there. */
export interface ConsumerName {
  readonly stream: string;
  readonly consumer: string;
  readonly prepare: () => Promise<Ensured>;
}

export interface EngineOptions {
  readonly link: NatsLink;
  readonly states: ObjectStates;
  readonly ports: Ports;
  readonly rules: Rules;
  /** The durable consumer of `v1-objects`, shared by all instances. */
  readonly objects: Pick<ConsumerName, "consumer" | "prepare">;
  /** The durable consumer of the stream that keeps `MAX_DELIVERIES` advisories. */
  readonly advisories: ConsumerName;
  /** `undefined`: no sweeps. */
  readonly sweep?: Sweep;
  /** Milliseconds; the same for all instances. */
  readonly claimMs: number;
  /** Objects that are worked on at once. */
  readonly maxInFlight: number;
  /** Deliveries after which JetStream gives a message up; the consumer's `max_deliver`. */
  readonly maxDeliveries: number;
  /** What other instances put on record is reached for so much later here; default 2000. */
  readonly othersDelayMs?: number;
  /** How long ending may take; default 25 000. */
  readonly drainMs?: number;
}

export interface EngineStatus {
  /** Why it does not work at present; empty: it does. */
  readonly problems: readonly string[];
  /** Monotonic time at which the engine's loop last turned. */
  readonly beatMs: number;
  /** Messages in hand, those that are worked on included. */
  readonly inHand: number;
  /** Objects that are worked on. */
  readonly inFlight: number;
  /** Objects of all instances that are not done. */
  readonly open: Readonly<Record<OpenStatus, number>>;
  /** Of all instances: how many objects wait for a parent of each kind. */
  readonly waitingFor: Readonly<Record<"project" | "committee", number>>;
  /** Whether all records were read since the start, so that `open` is complete. */
  readonly isCaughtUp: boolean;
}

export interface Engine {
  /** Works until `signal` aborts, then ends in order: what runs is finished, the rest given back. Once only. */
  readonly run: (signal: AbortSignal) => Promise<void>;
  readonly status: () => EngineStatus;
  /** This instance's name in this life of it; claims bear it. */
  readonly owner: string;
}

const beatEveryMs = 250;
const maxBytesInHand = 64 * 1024 * 1024;
const advisoriesAtOnce = 16;

/** @throws {TypeError} when a claim cannot cover a call */
export function createEngine(options: EngineOptions): Engine {
  const { claimMs, ports } = options;
  const least = leastClaimMs(ports.services);
  if (claimMs < least) {
    throw new TypeError(
      `A claim of ${claimMs} ms cannot cover a call of up to ${least} ms: raise CLAIM_SECONDS.`,
    );
  }
  return new RunningEngine({ ...options, ports: { ...ports, world: checkedWorld(ports.world) } });
}

class RunningEngine implements Engine {
  readonly owner = `${hostname()}.${randomUUID().slice(0, 8)}`;
  readonly #options: EngineOptions;
  readonly #backlog: Backlog;
  readonly #arrivals: Arrivals;
  readonly #queue: KeyQueue<Task>;
  readonly #claims: ReturnType<typeof createClaims>;
  readonly #pull: Pull;
  readonly #advisories: Pull;
  /** Aborts when nothing may be waited for any more. */
  readonly #end = new AbortController();
  #advisoriesInHand = 0;
  #beatMs: number;
  #isCaughtUp = false;

  constructor(options: EngineOptions) {
    this.#options = options;
    const { ports, rules, states, claimMs, maxInFlight, othersDelayMs = 2000 } = options;
    const { clock, random, events } = ports;
    this.#beatMs = clock.monotonicMs();
    this.#backlog = createBacklog({
      clock,
      random,
      claimMs,
      othersDelayMs,
      isMapped: (key) => this.#isMapped(key),
      onUnreadable: (key, error) => events.defect(error, { key, doing: "reading its record" }),
    });
    const age = createStreamAge(options.link);
    this.#claims = createClaims({
      states,
      clock,
      random,
      owner: this.owner,
      claimMs,
      hasExpired: this.#backlog.hasExpired,
      isBefore: age.isBefore,
      newestRevision: async (key) => (await ports.source.newest(key))?.revision,
      onSeen: this.#backlog.noteState,
    });
    this.#queue = createKeyQueue<Task>({
      limit: maxInFlight,
      keyOf: ({ key }) => key.text,
      merge: (waiting, arriving) => this.#merge(waiting, arriving),
      run: createProcessor({
        ports,
        rules,
        owner: this.owner,
        claims: this.#claims,
        onWritten: (key, version, state) => this.#backlog.noteState(key, version, state, "own"),
        signal: this.#end.signal,
      }),
      onFree: () => this.#onFree(),
    });
    // Enough in hand to stay busy while more is asked for, and no more: the rest is for other instances.
    const maxMessages = Math.max(2 * maxInFlight, 8);
    this.#arrivals = createArrivals({ clock, maxMessages, maxBytes: maxBytesInHand });
    this.#pull = createPull({
      ...this.#pullBasics(),
      consumer: options.objects.consumer,
      prepare: () => {
        // Whatever was in the way: it may be another stream by now.
        age.forget();
        return options.objects.prepare();
      },
      stream: objectsStream,
      room: () => this.#arrivals.room(),
      leastBatch: Math.ceil(maxMessages / 4),
      onDelivery: (delivery) => this.#arrived(delivery),
    });
    this.#advisories = this.#createAdvisories();
  }

  #pullBasics() {
    const { link, ports } = this.#options;
    return { link, clock: ports.clock, onTrouble: ports.events.trouble };
  }

  #createAdvisories(): Pull {
    const { link, states, ports, advisories } = this.#options;
    const { clock, events } = ports;
    const handle = createAdvisoryHandler({
      link,
      record: (key, revision, message) => recordUndelivered({ states, clock }, key, revision, message),
      onDefect: events.defect,
    });
    const pull = createPull({
      ...this.#pullBasics(),
      ...advisories,
      room: () => ({ messages: advisoriesAtOnce - this.#advisoriesInHand, bytes: maxBytesInHand }),
      leastBatch: 1,
      onDelivery: (delivery) => {
        this.#advisoriesInHand += 1;
        void handle(delivery).finally(() => {
          this.#advisoriesInHand -= 1;
          pull.more();
        });
      },
    });
    return pull;
  }

  status(): EngineStatus {
    const reason = this.#pull.reason();
    const { connected, reason: offline } = this.#options.link.status();
    const problems = connected
      ? [reason, this.#advisories.reason()].filter((problem) => problem !== undefined)
      : [offline ?? "NATS is not connected"];
    return {
      problems,
      beatMs: this.#beatMs,
      inHand: this.#arrivals.size(),
      inFlight: this.#queue.running(),
      open: this.#backlog.counts(),
      waitingFor: this.#backlog.waitingFor(),
      isCaughtUp: this.#isCaughtUp,
    };
  }

  async run(signal: AbortSignal): Promise<void> {
    const { states, ports, sweep } = this.#options;
    const life = this.#end.signal;
    using _mapped = ports.mappings.onMapped((key) => this.#backlog.mapped(key));
    ports.mappings.watch(life);
    states.watch({
      signal: life,
      onChange: (change) => this.#backlog.note(change),
      onRestart: this.#backlog.clear,
      onCaughtUp: () => {
        this.#isCaughtUp = true;
        this.#backlog.caughtUp();
      },
    });
    const beating = this.#beat(life);
    const intake = [this.#pull.run(signal), this.#advisories.run(signal)];
    if (sweep !== undefined) intake.push(sweep.run(signal));
    try {
      await Promise.all(intake);
    } finally {
      await this.#drain();
      this.#end.abort(new Error("the engine has ended"));
      await beating;
    }
  }

  #arrived(delivery: Delivery): void {
    const task = this.#arrivals.take(delivery);
    if (task === undefined) return;
    const problem = keyProblem(task.key.text);
    if (problem === undefined) return this.#queue.push(task, "arrivals");
    this.#options.ports.events.object(refusedKeyEvent(task.key, task.arrival, problem));
    task.arrival.ack();
  }

  /** Two tasks of one key: the newest revision is the one to do, and it is in the stream as long as it is not done. */
  #merge(waiting: Task, arriving: Task): Task {
    const dueVersion = arriving.dueVersion ?? waiting.dueVersion;
    const due = dueVersion === undefined ? {} : { dueVersion };
    const [one, other] = [waiting.arrival, arriving.arrival];
    if (one === undefined || other === undefined) {
      const arrival = one ?? other;
      return { key: waiting.key, ...due, ...(arrival !== undefined && { arrival }) };
    }
    // Of a message that is delivered again the newer delivery is the one that can be answered.
    const [newer, older] = other.revision >= one.revision ? [other, one] : [one, other];
    if (older.revision < newer.revision) {
      older.ack();
      this.#options.ports.events.object(supersededEvent(waiting.key, older));
    } else {
      // The same message again: to acknowledge either delivery would end it.
      older.letGo();
    }
    return { key: waiting.key, ...due, arrival: newer };
  }

  #onFree(): void {
    this.#feed();
    this.#pull.more();
  }

  /** Gives the queue what is due, as much as it can begin soon. */
  #feed(): void {
    const room = this.#options.maxInFlight - this.#queue.waiting("backlog");
    if (room <= 0 || this.#end.signal.aborted) return;
    for (const { key: text, version } of this.#backlog.takeDue(room)) {
      const key = parseObjectKey(text);
      if (key !== undefined) this.#queue.push({ key, dueVersion: version }, "backlog");
    }
  }

  /** All that goes by time, in one loop: claims, messages in hand, what becomes due, a server that fell silent. */
  async #beat(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options.ports;
    while (!signal.aborted) {
      this.#beatMs = clock.monotonicMs();
      this.#claims.renew();
      this.#arrivals.keep();
      this.#feed();
      this.#pull.beat();
      this.#advisories.beat();
      await clock.wait(beatEveryMs, signal).catch(() => {});
    }
  }

  async #isMapped(key: MappingKey): Promise<boolean> {
    const parts = parseMappingKey(key);
    if (parts === undefined) return false;
    const mapping = await this.#options.ports.mappings.read(parts.kind, parts.id);
    return mapping.state === "mapped";
  }

  async #drain(): Promise<void> {
    const { ports, drainMs = 25_000 } = this.#options;
    const left = this.#queue.stop();
    const late = new AbortController();
    const inTime = ports.clock.wait(drainMs, late.signal).catch(() => {});
    const ended = Promise.all([this.#queue.idle(), ...left.map((task) => this.#handBack(task))]);
    await Promise.race([ended, inTime]);
    late.abort();
  }

  /**
   * Gives back what was not begun. A message that is offered again uses up one of its deliveries, by `nak` just as by
   * silence; so the last but one is put on record instead, which uses up none and lets another instance begin as soon.
   */
  async #handBack({ key, arrival }: Task): Promise<void> {
    if (arrival === undefined) return;
    const { states, ports, maxDeliveries } = this.#options;
    if (arrival.deliveries < maxDeliveries - 1) return arrival.giveBack();
    try {
      const message = "The instance that had the message ended before it came to it.";
      await recordUndelivered({ states, clock: ports.clock }, key.text, arrival.revision, message);
      arrival.ack();
    } catch (error) {
      if (!(error instanceof UnavailableError)) {
        ports.events.defect(error, { key: key.text, doing: "giving its message back" });
      }
      arrival.giveBack();
    }
  }
}
