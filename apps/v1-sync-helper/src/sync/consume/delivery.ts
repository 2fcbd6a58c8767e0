// SPDX-License-Identifier: MIT
import type { Msg } from "@nats-io/transport-node";

/** A message that a consumer delivered, and the words to answer it with. Answers get lost when NATS is away. */
export interface Delivery {
  readonly subject: string;
  readonly data: Uint8Array;
  /** The `KV-Operation`: empty for a value. */
  readonly operation: string;
  /** How often it was delivered, this time included. */
  readonly deliveries: number;
  readonly streamSequence: number;
  /** When it was written; Unix milliseconds. */
  readonly writtenMs: number;
  /** How many more the consumer has. */
  readonly pending: number;
  readonly ack: () => void;
  /** Not done, and to be offered again at once. */
  readonly nak: () => void;
  /** Still at it: the server's patience begins anew. */
  readonly working: () => void;
}

const prefix = "$JS.ACK.";

/** @returns `undefined` for what the server says itself */
export function toDelivery(message: Msg): Delivery | undefined {
  const { reply } = message;
  if (reply?.startsWith(prefix) !== true) return undefined;
  const parts = reply.split(".");
  // {stream}.{consumer}.{deliveries}.{stream seq}.{consumer seq}.{time}.{pending}, newer ones with domain and account.
  const offset = parts.length > 9 ? 6 : 4;
  const [deliveries, streamSequence] = [Number(parts[offset]), Number(parts[offset + 1])];
  if (!Number.isSafeInteger(streamSequence) || streamSequence <= 0) return undefined;
  return {
    subject: message.subject,
    data: message.data,
    operation: message.headers?.get("KV-Operation") ?? "",
    deliveries,
    streamSequence,
    writtenMs: Math.floor(Number(parts[offset + 3]) / 1_000_000),
    pending: Number(parts[offset + 4]),
    ack: () => answer(message, "+ACK"),
    nak: () => answer(message, "-NAK"),
    working: () => answer(message, "+WPI"),
  };
}

function answer(message: Msg, word: string): void {
  try {
    message.respond(word);
  } catch {
    // The connection is closed: the message is delivered again, and its record says what became of it.
  }
}
