// SPDX-License-Identifier: MIT
import { createInbox, type NatsConnection } from "@nats-io/transport-node";
import type { Entry } from "./records.ts";

/** Writes on their way at once. */
const window = 500;

/**
 * Puts entries into a bucket, many at once and cheaply: all answers come to one inbox.
 *
 * @throws {Error} with JetStream's words when it refuses one
 */
export async function putAll(
  connection: NatsConnection,
  bucket: string,
  entries: Iterable<Entry>,
): Promise<void> {
  const inbox = createInbox();
  const progress: { underWay: number; refusal?: string } = { underWay: 0 };
  let changed = Promise.withResolvers<void>();
  const subscription = connection.subscribe(inbox, {
    callback: (error, message) => {
      progress.underWay -= 1;
      const text = error === null ? message.string() : error.message;
      if (!text.includes('"seq"')) progress.refusal ??= text;
      changed.resolve();
    },
  });
  const until = async (most: number): Promise<void> => {
    while (progress.underWay > most) {
      changed = Promise.withResolvers<void>();
      await changed.promise;
      if (progress.refusal !== undefined) throw new Error(`an entry was refused: ${progress.refusal}`);
    }
  };
  try {
    for (const [key, value] of entries) {
      connection.publish(`$KV.${bucket}.${key}`, value, { reply: inbox });
      progress.underWay += 1;
      if (progress.underWay >= window) await until(window / 2);
    }
    await until(0);
  } finally {
    subscription.unsubscribe();
  }
}
