// SPDX-License-Identifier: MIT
import { randomUUID } from "node:crypto";
import { type Msg, nanos } from "@nats-io/transport-node";
import { retryWaitMs } from "@repo/http-retry";
import type { Logger } from "@repo/logging";
import { type Clock, systemClock } from "../clock.ts";
import type { Change } from "./bucket.ts";
import type { DeliveryPosition } from "./delivery.ts";
import { Feed, heartbeatMs } from "./feed.ts";
import { askApi, isObject } from "./jetstream-api.ts";
import type { NatsLink } from "./nats-link.ts";
import { markerOf } from "./read-newest.ts";

export interface WatchOptions {
  readonly signal: AbortSignal;
  readonly onChange: (change: Change) => void;
  readonly onCaughtUp?: () => void;
  readonly onRestart?: () => void;
  readonly logger?: Logger;
  /** Default: the system's. */
  readonly clock?: Clock;
}

/** Consumers that nobody listens to any more are removed by the server after this. */
const inactiveMs = 30_000;

const backoff = { baseMs: 200, maxWaitMs: 5_000 };

/**
 * An ordered push consumer of the server, made anew after every break from behind the last message that was told.
 *
 * What the library's ordered consumers do not do: a bucket that was deleted and made again, or put back from an older
 * copy, is noticed and told from its beginning.
 */
export function watchBucket(
  link: NatsLink,
  bucket: string,
  filters: readonly string[],
  options: WatchOptions,
): void {
  void new Watch(link, bucket, filters, options).run();
}

class Watch {
  readonly #link: NatsLink;
  readonly #bucket: string;
  readonly #subjects: readonly string[];
  readonly #options: WatchOptions;
  readonly #clock: Clock;
  readonly #prefixLength: number;
  /** Stream sequence of the last message that was told. */
  #told = 0;
  /** When the stream was created, by which one that was made again is known. */
  #created: string | undefined;
  #isCaughtUp = false;
  #failures = 0;

  constructor(link: NatsLink, bucket: string, filters: readonly string[], options: WatchOptions) {
    const prefix = `$KV.${bucket}.`;
    this.#link = link;
    this.#bucket = bucket;
    this.#subjects = filters.map((filter) => prefix + filter);
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#prefixLength = prefix.length;
  }

  async run(): Promise<void> {
    const { signal, logger } = this.#options;
    while (!signal.aborted) {
      try {
        await this.#follow();
      } catch (error) {
        if (signal.aborted) return;
        this.#failures++;
        const waitMs = 50 + retryWaitMs(this.#failures, backoff);
        const text = `The bucket ${this.#bucket} cannot be watched; it is tried again.`;
        // Once a minute or so, while it lasts.
        if (this.#failures % 20 === 1) logger?.warn({ bucket: this.#bucket, error }, text);
        await this.#clock.wait(waitMs, signal).catch(() => {});
      }
    }
  }

  /** One consumer, until it breaks or the watch ends. */
  async #follow(): Promise<void> {
    const { signal } = this.#options;
    const connection = await this.#link.connection(signal);
    await this.#checkStream();
    using feed = new Feed(
      connection,
      (message, position) => this.#tell(message, position),
      () => this.#caughtUp(),
    );
    const onAbort = (): void => feed.end("the watch was stopped");
    signal.addEventListener("abort", onAbort, { once: true });
    using _abort = disposable(() => signal.removeEventListener("abort", onAbort));
    using _status = this.#link.onStatus((_, event) => {
      // What was on its way is lost, and the consumer perhaps too.
      if (event === "disconnected") feed.end("the connection broke");
    });
    const name = `watch-${randomUUID()}`;
    using _consumer = disposable(() => this.#removeConsumer(name));
    const pending = await this.#createConsumer(name, feed.subject);
    if (pending === 0) this.#caughtUp();
    this.#failures = 0;
    const why = await feed.ended;
    if (signal.aborted) return;
    this.#options.logger?.debug({ bucket: this.#bucket, why }, "A watch is resumed.");
    // Should the server refuse every consumer in this way, it is not asked without a pause.
    await this.#clock.wait(50 + retryWaitMs(1, backoff), signal);
  }

  async #checkStream(): Promise<void> {
    const info = await askApi(this.#link, `STREAM.INFO.KV_${this.#bucket}`);
    const created = typeof info["created"] === "string" ? info["created"] : "";
    const state = isObject(info["state"]) ? info["state"] : {};
    const last = typeof state["last_seq"] === "number" ? state["last_seq"] : 0;
    const isOther = this.#created !== undefined && this.#created !== created;
    if (isOther || last < this.#told) {
      this.#told = 0;
      this.#options.logger?.warn({ bucket: this.#bucket }, "A bucket was made again; it is read anew.");
      this.#guarded(() => this.#options.onRestart?.());
    }
    this.#created = created;
  }

  /** The server removes it too, a little later. */
  #removeConsumer(name: string): void {
    if (!this.#link.status().connected) return;
    askApi(this.#link, `CONSUMER.DELETE.KV_${this.#bucket}.${name}`).catch(() => {});
  }

  async #createConsumer(name: string, deliverSubject: string): Promise<number> {
    const subjects = this.#subjects;
    const answer = await askApi(this.#link, `CONSUMER.CREATE.KV_${this.#bucket}.${name}`, {
      stream_name: `KV_${this.#bucket}`,
      action: "create",
      config: {
        name,
        deliver_subject: deliverSubject,
        ...(this.#told === 0
          ? { deliver_policy: "last_per_subject" }
          : { deliver_policy: "by_start_sequence", opt_start_seq: this.#told + 1 }),
        ...(subjects.length === 1 ? { filter_subject: subjects[0] } : { filter_subjects: subjects }),
        ack_policy: "none",
        max_deliver: 1,
        flow_control: true,
        idle_heartbeat: nanos(heartbeatMs),
        inactive_threshold: nanos(inactiveMs),
        mem_storage: true,
        num_replicas: 1,
      },
    });
    const { num_pending: pending, delivered } = answer;
    const sent =
      isObject(delivered) && typeof delivered["consumer_seq"] === "number" ? delivered["consumer_seq"] : 0;
    // What was delivered before this answer was made counts: its last message says itself that nothing is left.
    return (typeof pending === "number" ? pending : 0) + sent;
  }

  #tell(message: Msg, position: DeliveryPosition): void {
    const { data } = message;
    const isRemoved =
      data.length === 0 && message.headers !== undefined && markerOf(message.headers) !== undefined;
    const change = {
      key: message.subject.slice(this.#prefixLength),
      revision: position.streamSequence,
      value: isRemoved ? undefined : data,
    };
    this.#guarded(() => this.#options.onChange(change));
    this.#told = position.streamSequence;
    if (position.pending === 0) this.#caughtUp();
  }

  #caughtUp(): void {
    if (this.#isCaughtUp) return;
    this.#isCaughtUp = true;
    this.#guarded(() => this.#options.onCaughtUp?.());
  }

  /** An exception in here would end up in the client's parser and kill the connection. */
  #guarded(tell: () => void): void {
    try {
      tell();
    } catch (error) {
      this.#options.logger?.error({ bucket: this.#bucket, error }, "A change of a bucket was not taken in.");
    }
  }
}

function disposable(dispose: () => void): Disposable {
  return { [Symbol.dispose]: dispose };
}
