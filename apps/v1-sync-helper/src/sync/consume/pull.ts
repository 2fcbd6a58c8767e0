// SPDX-License-Identifier: MIT
import { createInbox, type Msg, type NatsConnection, type Subscription } from "@nats-io/transport-node";
import type { Clock } from "../../clock.ts";
import type { Ensured } from "../../nats/ensure.ts";
import type { NatsLink } from "../../nats/nats-link.ts";
import { type Delivery, toDelivery } from "./delivery.ts";

export interface PullOptions {
  readonly link: NatsLink;
  readonly clock: Clock;
  readonly stream: string;
  readonly consumer: string;
  /** Makes sure that stream and consumer are there. May throw `UnavailableError`. */
  readonly prepare: () => Promise<Ensured>;
  /** How many more messages may come now, and how many bytes they may have together. */
  readonly room: () => { readonly messages: number; readonly bytes: number };
  /** Fewer are not asked for, so that a busy instance asks in batches. */
  readonly leastBatch: number;
  readonly onDelivery: (delivery: Delivery) => void;
  /** What is in the way, in a sentence. */
  readonly onTrouble: (message: string) => void;
}

/** Receives the messages of a pull consumer, as many as there is room for. */
export interface Pull {
  /** Ends when `signal` aborts; nothing is delivered after that. Never throws. */
  readonly run: (signal: AbortSignal) => Promise<void>;
  /** There may be more room. */
  readonly more: () => void;
  /** Notices a server that fell silent; to be called about every second. */
  readonly beat: () => void;
  /** Why nothing comes at present; `undefined` while all is well. */
  readonly reason: () => string | undefined;
}

const nanos = 1_000_000;
const expiresMs = 30_000;
const heartbeatMs = 5000;
const silenceMs = 3 * heartbeatMs;
/** Room for one message of any size that the bucket takes. */
const leastBytes = 16 * 1024 * 1024;
const firstPauseMs = 250;
const longestPauseMs = 10_000;

/**
 * The library's own `consume` asks for more as soon as messages were handed over, not when they are done, so that one
 * instance would hoard all that may be unacknowledged. This one asks for what there is room for, one request at a time.
 */
export function createPull(options: PullOptions): Pull {
  const { link, clock, stream, consumer, prepare, room, leastBatch, onDelivery, onTrouble } = options;
  const inbox = createInbox();
  const subject = `$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`;
  let connection: NatsConnection | undefined;
  let reason: string | undefined = "the consumer was not asked for messages yet";
  /** What the request under way still owes. */
  let owed = 0;
  let requests = 0;
  let heardMs = 0;
  let broken: ((why: string) => void) | undefined;

  function more(): void {
    if (connection === undefined || broken === undefined || owed > 0) return;
    const free = room();
    if (free.messages < Math.max(leastBatch, 1) || free.bytes <= 0) return;
    requests += 1;
    owed = free.messages;
    heardMs = clock.monotonicMs();
    const request = {
      batch: free.messages,
      max_bytes: Math.max(free.bytes, leastBytes),
      expires: expiresMs * nanos,
      idle_heartbeat: heartbeatMs * nanos,
    };
    connection.publish(subject, JSON.stringify(request), { reply: `${inbox}.${requests}` });
  }

  function receive(message: Msg): void {
    heardMs = clock.monotonicMs();
    const delivery = toDelivery(message);
    if (delivery === undefined) return control(message);
    owed = Math.max(owed - 1, 0);
    onDelivery(delivery);
    if (owed === 0) more();
  }

  /** A heartbeat, or the end of a request. */
  function control({ headers, subject: to }: Msg): void {
    const code = headers?.code ?? 0;
    if (code === 100 || to !== `${inbox}.${requests}`) return;
    owed = 0;
    const why = headers?.description ?? "";
    // 404 and 408: nothing came in time. 409 may be the end of a batch, too.
    if (code === 404 || code === 408 || (code === 409 && isEndOfBatch(why))) return more();
    broken?.(
      code === 503 ? "the consumer or its stream is not there" : `the server ended the request: ${why}`,
    );
  }

  /** Asks for messages until something is broken. @returns what */
  async function listen(signal: AbortSignal): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<string>();
    const onAbort = (): void => resolve("it ends");
    signal.addEventListener("abort", onAbort);
    using _status = link.onStatus((_, event, refusal) => {
      if (refusal?.subject === subject) resolve(refusal.message.replace(/\.$/, ""));
      // A server forgets the requests of a connection that ended.
      if (event === "connected") resolve("the connection is a new one");
    });
    broken = resolve;
    owed = 0;
    try {
      more();
      return await promise;
    } finally {
      broken = undefined;
      signal.removeEventListener("abort", onAbort);
    }
  }

  async function isReady(): Promise<boolean> {
    try {
      const { problems } = await prepare();
      reason = problems.length === 0 ? undefined : problems.join(" ");
    } catch (error) {
      reason = error instanceof Error ? error.message : "the consumer could not be asked for";
    }
    if (reason !== undefined) onTrouble(reason);
    return reason === undefined;
  }

  async function keepListening(signal: AbortSignal): Promise<void> {
    let pauseMs = firstPauseMs;
    while (!signal.aborted) {
      if (await isReady()) {
        const sinceMs = clock.monotonicMs();
        const why = await listen(signal);
        if (signal.aborted) return;
        reason = `Messages of ${consumer} stopped: ${why}.`;
        onTrouble(reason);
        if (clock.monotonicMs() - sinceMs > longestPauseMs) pauseMs = firstPauseMs;
      }
      await clock.wait(pauseMs, signal);
      pauseMs = Math.min(2 * pauseMs, longestPauseMs);
    }
  }

  async function run(signal: AbortSignal): Promise<void> {
    let subscription: Subscription | undefined;
    try {
      connection = await link.connection(signal);
      subscription = connection.subscribe(`${inbox}.*`, {
        callback: (error, message) => {
          if (error === null) receive(message);
          else broken?.(error.message);
        },
      });
      await keepListening(signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      subscription?.unsubscribe();
      connection = undefined;
      reason = "it has ended";
    }
  }

  return {
    run,
    more,
    beat: () => {
      if (owed > 0 && clock.monotonicMs() - heardMs > silenceMs) broken?.("the server fell silent");
      else more();
    },
    reason: () => reason,
  };
}

function isEndOfBatch(description: string): boolean {
  return /batch completed|exceeds maxbytes|exceeded maxwaiting/i.test(description);
}
