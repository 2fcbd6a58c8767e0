// SPDX-License-Identifier: MIT
import { randomUUID } from "node:crypto";
import { askApi } from "../../nats/jetstream-api.ts";
import { objectsPrefix, objectsStream } from "../../nats/names.ts";
import type { NatsLink } from "../../nats/nats-link.ts";
import { streamOfKind } from "../../records/object-key.ts";

export interface ReaderOptions {
  readonly name: string;
  /** The stream sequence after which it begins; 0: with the newest revision of every key. */
  readonly after: number;
  readonly headersOnly: boolean;
}

const nanos = 1_000_000;
/** The server removes one that nobody asks for messages. */
const abandonedMs = 5 * 60_000;

export function readerName(purpose: "sweep" | "dry-run"): string {
  return `v1-sync-${purpose}-${randomUUID().slice(0, 8)}`;
}

/**
 * Creates a consumer of all objects that only looks: it acknowledges nothing and moves no other. Again: nothing happens.
 *
 * @returns how many messages it has
 * @throws {UnavailableError} @throws {JetStreamApiError}
 */
export async function createReader(
  link: NatsLink,
  { name, after, headersOnly }: ReaderOptions,
): Promise<number> {
  const config = {
    name,
    filter_subjects: Object.values(streamOfKind).map((stream) => `${objectsPrefix}${stream}.>`),
    ...(after > 0
      ? { deliver_policy: "by_start_sequence", opt_start_seq: after + 1 }
      : { deliver_policy: "last_per_subject" }),
    ack_policy: "none",
    headers_only: headersOnly,
    inactive_threshold: abandonedMs * nanos,
    mem_storage: true,
    num_replicas: 1,
  };
  const body = { stream_name: objectsStream, config, action: "" };
  const { num_pending: pending } = await askApi(link, `CONSUMER.CREATE.${objectsStream}.${name}`, body);
  return typeof pending === "number" ? pending : 0;
}

/** Removes it at once; never throws. */
export async function deleteReader(link: NatsLink, name: string): Promise<void> {
  await askApi(link, `CONSUMER.DELETE.${objectsStream}.${name}`).catch(() => {});
}
