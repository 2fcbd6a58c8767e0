// SPDX-License-Identifier: MIT
import { jetstreamManager } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import type { NatsConnection } from "@nats-io/transport-node";
import { waitFor } from "@repo/testkit";

/** A NATS that has just come back on a busy machine may take its time. */
const patience = { deadlineMs: 60_000, everyMs: 200 };

/** What is newest of a key of a bucket. */
export interface Newest {
  readonly revision: number;
  /** `undefined` for a mark of a delete or purge. */
  readonly value: string | undefined;
}

/** Reads all keys of a bucket. */
export function readBucket(connection: NatsConnection, bucket: string): Promise<ReadonlyMap<string, Newest>> {
  return waitFor(() => readAll(connection, bucket), { ...patience, what: `the bucket ${bucket}` });
}

async function readAll(connection: NatsConnection, bucket: string): Promise<ReadonlyMap<string, Newest>> {
  const entries = new Map<string, Newest>();
  const kv = await new Kvm(connection).open(bucket);
  if ((await kv.status()).values === 0) return entries;
  for await (const entry of await kv.watch()) {
    const value = entry.operation === "PUT" ? entry.string() : undefined;
    entries.set(entry.key, { revision: entry.revision, value });
    if (entry.delta === 0) break;
  }
  return entries;
}

export interface ConsumerBacklog {
  readonly pending: number;
  readonly unacknowledged: number;
}

export function readBacklog(connection: NatsConnection): Promise<ConsumerBacklog> {
  return waitFor(() => readConsumer(connection), { ...patience, what: "the consumer's state" });
}

async function readConsumer(connection: NatsConnection): Promise<ConsumerBacklog> {
  const manager = await jetstreamManager(connection);
  const info = await manager.consumers.info("KV_v1-objects", "v1-sync-helper-kv-consumer");
  return { pending: info.num_pending, unacknowledged: info.num_ack_pending };
}
