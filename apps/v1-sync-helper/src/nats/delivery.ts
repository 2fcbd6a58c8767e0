// SPDX-License-Identifier: MIT

/** Where a message stands, as its reply subject says. */
export interface DeliveryPosition {
  readonly streamSequence: number;
  /** From 1 for each consumer, without gaps. */
  readonly consumerSequence: number;
  /** How many messages the consumer still has for us. */
  readonly pending: number;
}

const prefix = "$JS.ACK.";

/**
 * Reads `$JS.ACK.{stream}.{consumer}.{deliveries}.{stream seq}.{consumer seq}.{time}.{pending}`, or the newer form with
 * domain and account before the stream and a token behind.
 *
 * @returns `undefined` for messages that are none of the stream's
 */
export function parseDelivery(reply: string | undefined): DeliveryPosition | undefined {
  if (reply?.startsWith(prefix) !== true) return undefined;
  const parts = reply.split(".");
  const offset = parts.length > 9 ? 7 : 5;
  const position = {
    streamSequence: Number(parts[offset]),
    consumerSequence: Number(parts[offset + 1]),
    pending: Number(parts[offset + 3]),
  };
  return Object.values(position).every(Number.isSafeInteger) ? position : undefined;
}
