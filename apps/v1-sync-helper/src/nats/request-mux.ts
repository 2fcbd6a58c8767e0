// SPDX-License-Identifier: MIT
import { createInbox, type Msg, type MsgHdrs, type NatsConnection } from "@nats-io/transport-node";
import type { UnavailableError } from "../unavailable-error.ts";
import { type Outbox, outboxOf } from "./outbox.ts";
import { NoRespondersError, natsUnavailable } from "./unavailable.ts";

interface Waiting {
  readonly subject: string;
  readonly settle: (answer: Msg | UnavailableError) => void;
}

/**
 * Requests over one reply subject. The client's own `request` makes two promises, a race and a random token for each;
 * this costs half of its CPU time. A request whose connection breaks fails at once rather than by its time-out.
 */
export class RequestMux {
  readonly #connection: NatsConnection;
  readonly #outbox: Outbox;
  readonly #inbox = `${createInbox()}.`;
  readonly #waiting = new Map<string, Waiting>();
  #next = 0;

  constructor(connection: NatsConnection) {
    this.#connection = connection;
    this.#outbox = outboxOf(connection);
    connection.subscribe(`${this.#inbox}*`, {
      callback: (error, message) => {
        if (error === null) this.#receive(message);
        else this.failAll(`NATS refuses the reply subject: ${error.message}`);
      },
    });
  }

  /** @throws {UnavailableError} */
  request(
    subject: string,
    payload: Uint8Array | string,
    headers: MsgHdrs | undefined,
    timeoutMs: number,
  ): Promise<Msg> {
    const token = (this.#next++).toString(36);
    const reply = this.#inbox + token;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => settle(natsUnavailable(`NATS did not answer on ${subject} within ${timeoutMs} ms.`)),
        timeoutMs,
      );
      const settle = (answer: Msg | UnavailableError): void => {
        clearTimeout(timer);
        this.#waiting.delete(token);
        if (answer instanceof Error) reject(answer);
        else resolve(answer);
      };
      const send = (): void => {
        // It failed before it was sent.
        if (!this.#waiting.has(token)) return;
        try {
          this.#connection.publish(subject, payload, headers === undefined ? { reply } : { reply, headers });
        } catch (error) {
          clearTimeout(timer);
          this.#waiting.delete(token);
          reject(this.#refused(error, subject, payload));
        }
      };
      this.#waiting.set(token, { subject, settle });
      this.#outbox.add(send);
    });
  }

  /** The connection broke: nobody knows what became of the requests that are under way. */
  failAll(why: string): void {
    for (const waiting of this.#waiting.values()) waiting.settle(natsUnavailable(why));
  }

  /** The server refused to take messages for this subject. */
  failSubject(subject: string, why: string): void {
    for (const waiting of this.#waiting.values()) {
      if (waiting.subject === subject) waiting.settle(natsUnavailable(why));
    }
  }

  #receive(message: Msg): void {
    const waiting = this.#waiting.get(message.subject.slice(this.#inbox.length));
    if (waiting === undefined) return;
    const isUnheard = message.data.length === 0 && message.headers?.code === 503;
    waiting.settle(isUnheard ? new NoRespondersError(waiting.subject) : message);
  }

  #refused(error: unknown, subject: string, payload: Uint8Array | string): unknown {
    if (this.#connection.isClosed() || this.#connection.isDraining()) {
      return natsUnavailable("The connection to NATS is closed.", error);
    }
    const maxPayload = this.#connection.info?.max_payload;
    const bytes = Buffer.byteLength(payload);
    if (maxPayload !== undefined && bytes > maxPayload) {
      const message = `A message of ${bytes} bytes for ${subject} is above the server's max_payload of ${maxPayload}.`;
      return new RangeError(`${message} Raise max_payload in the server's configuration.`, { cause: error });
    }
    return error;
  }
}
