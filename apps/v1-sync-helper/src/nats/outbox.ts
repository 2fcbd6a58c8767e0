// SPDX-License-Identifier: MIT
import type { NatsConnection } from "@nats-io/transport-node";

/** Milliseconds between two times of sending, as long as there is more to send than that. */
const gapMs = 1;

/**
 * Lets messages leave together. The client writes to its socket at the end of every microtask, and such a write costs
 * more processor time, here and at the server, than all that led to it. What is sent after a pause leaves at the end of
 * the turn of the event loop, so that who sends little waits for nothing; who sends much waits a millisecond at most.
 */
export class Outbox {
  #waiting: (() => void)[] = [];
  #sentMs = Number.NEGATIVE_INFINITY;
  readonly #send = (): void => this.flush();

  /** @param send must not throw; called soon */
  add(send: () => void): void {
    if (this.#waiting.push(send) > 1) return;
    if (performance.now() - this.#sentMs >= gapMs) setImmediate(this.#send);
    else setTimeout(this.#send, gapMs);
  }

  /** Sends at once what waits. */
  flush(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#sentMs = performance.now();
    for (const send of waiting) send();
  }
}

const outboxes = new WeakMap<NatsConnection, Outbox>();

/** The one of a connection. */
export function outboxOf(connection: NatsConnection): Outbox {
  const known = outboxes.get(connection);
  if (known !== undefined) return known;
  const outbox = new Outbox();
  outboxes.set(connection, outbox);
  return outbox;
}
