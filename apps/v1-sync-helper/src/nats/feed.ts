// SPDX-License-Identifier: MIT
import { createInbox, type Msg, type NatsConnection, type Subscription } from "@nats-io/transport-node";
import { type DeliveryPosition, parseDelivery } from "./delivery.ts";

/** The server says that it is there after this much silence. */
export const heartbeatMs = 2_000;
/** Heartbeats in a row that may stay out. A process that was busy for long counts it as one. */
const silentBeats = 3;

/**
 * Receives what a push consumer sends to a reply subject of its own, until a message is missing, the consumer falls
 * silent, or it is ended.
 */
export class Feed implements Disposable {
  readonly subject = createInbox();
  /** Resolves with why it ended. */
  readonly ended: Promise<string>;
  readonly end: (why: string) => void;
  readonly #connection: NatsConnection;
  readonly #subscription: Subscription;
  readonly #timer: NodeJS.Timeout;
  readonly #onMessage: (message: Msg, position: DeliveryPosition) => void;
  readonly #onIdle: () => void;
  #received = 0;
  #silence = 0;
  #isOver = false;

  /**
   * Neither function may throw.
   *
   * @param onIdle told when the server says that it has nothing more to send
   */
  constructor(
    connection: NatsConnection,
    onMessage: (message: Msg, position: DeliveryPosition) => void,
    onIdle: () => void,
  ) {
    const { promise, resolve } = Promise.withResolvers<string>();
    this.ended = promise;
    this.end = (why) => {
      this.#isOver = true;
      resolve(why);
    };
    this.#connection = connection;
    this.#onMessage = onMessage;
    this.#onIdle = onIdle;
    this.#timer = setInterval(() => {
      if (++this.#silence > silentBeats) this.end("the consumer is silent");
    }, heartbeatMs).unref();
    this.#subscription = connection.subscribe(this.subject, {
      callback: (error, message) => {
        if (error === null) this.#receive(message);
        else this.end(error.message);
      },
    });
    void this.#subscription.closed.then(() => this.end("the subscription was closed"));
  }

  [Symbol.dispose](): void {
    this.end("it is not listened to any more");
    clearInterval(this.#timer);
    this.#subscription.unsubscribe();
  }

  #receive(message: Msg): void {
    if (this.#isOver) return;
    this.#silence = 0;
    const position = parseDelivery(message.reply);
    if (position === undefined) return this.#control(message);
    if (position.consumerSequence !== this.#received + 1) return this.end("a message is missing");
    this.#received = position.consumerSequence;
    this.#onMessage(message, position);
  }

  /** A heartbeat, a question whether we keep up, or the consumer's end. */
  #control(message: Msg): void {
    const { headers } = message;
    if (headers?.code !== 100) return this.end(headers?.description ?? "a message that belongs to no stream");
    // Whether we keep up: the answer comes after all that was received before.
    if (message.reply !== undefined && message.reply !== "") {
      message.respond();
      return;
    }
    const stalled = headers.get("Nats-Consumer-Stalled");
    if (stalled !== "") this.#connection.publish(stalled);
    const last = headers.get("Nats-Last-Consumer");
    if (last !== "" && Number(last) !== this.#received) this.end("a message is missing");
    else if (stalled === "") this.#onIdle();
  }
}
