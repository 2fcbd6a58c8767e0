// SPDX-License-Identifier: MIT
import type { Clock } from "../../clock.ts";
import { objectsPrefix } from "../../nats/names.ts";
import { parseObjectKey } from "../../records/object-key.ts";
import type { Arrival, Task } from "../process.ts";
import type { Delivery } from "./delivery.ts";

export interface ArrivalsOptions {
  readonly clock: Clock;
  /** Most messages in hand. */
  readonly maxMessages: number;
  /** Most bytes in hand; one message more may come on top. */
  readonly maxBytes: number;
}

/** The messages that were delivered to this instance and not settled yet. */
export interface Arrivals {
  /** @returns `undefined` for a message of a stream that is not published: it is settled */
  readonly take: (delivery: Delivery) => (Task & { readonly arrival: Arrival }) | undefined;
  readonly room: () => { readonly messages: number; readonly bytes: number };
  readonly size: () => number;
  /** Asks the server for patience with whatever is in hand for long. */
  readonly keep: () => void;
}

/** A third of the consumer's ack wait. */
const patienceEveryMs = 10_000;

export function createArrivals({ clock, maxMessages, maxBytes }: ArrivalsOptions): Arrivals {
  /** With the time at which the server was last told of them. */
  const inHand = new Map<Delivery, number>();
  let bytes = 0;

  function settle(delivery: Delivery): void {
    if (inHand.delete(delivery)) bytes -= delivery.data.length;
  }

  function arrivalOf(delivery: Delivery): Arrival {
    const isMark = delivery.operation === "DEL" || delivery.operation === "PURGE";
    return {
      revision: delivery.streamSequence,
      value: isMark ? undefined : delivery.data,
      deliveries: delivery.deliveries,
      writtenMs: delivery.writtenMs,
      ack: () => {
        settle(delivery);
        delivery.ack();
      },
      giveBack: () => {
        settle(delivery);
        delivery.nak();
      },
      letGo: () => settle(delivery),
    };
  }

  return {
    take: (delivery) => {
      const key = parseObjectKey(delivery.subject.slice(objectsPrefix.length));
      if (key === undefined) {
        delivery.ack();
        return undefined;
      }
      inHand.set(delivery, clock.monotonicMs());
      bytes += delivery.data.length;
      return { key, arrival: arrivalOf(delivery) };
    },
    room: () => ({ messages: maxMessages - inHand.size, bytes: maxBytes - bytes }),
    size: () => inHand.size,
    keep: () => {
      const nowMs = clock.monotonicMs();
      for (const [delivery, toldMs] of inHand) {
        if (nowMs - toldMs < patienceEveryMs) continue;
        delivery.working();
        inHand.set(delivery, nowMs);
      }
    },
  };
}
