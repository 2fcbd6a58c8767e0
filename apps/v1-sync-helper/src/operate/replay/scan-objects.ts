// SPDX-License-Identifier: MIT
import { DeliverPolicy, jetstream } from "@nats-io/jetstream";
import { objectsPrefix, objectsStream } from "../../nats/names.ts";
import type { NatsLink } from "../../nats/nats-link.ts";
import { type ObjectKind, objectKinds, streamOfKind } from "../../records/object-key.ts";

/** Without any message for this long, NATS is taken for silent. */
const silenceMs = 15_000;

/** One key of v1-objects and its newest revision at the time of the scan. */
export interface ScannedKey {
  readonly key: string;
  readonly revision: number;
}

export interface ScanOptions {
  readonly type: ObjectKind | undefined;
  /** Unix milliseconds: only what was written since then. */
  readonly sinceMs: number | undefined;
  readonly signal: AbortSignal;
  /** Told now and then; `total` is known from the start. */
  readonly onProgress?: (progress: { readonly read: number; readonly total: number }) => void;
}

/**
 * Lists keys by a consumer of its own, of headers only: the shared one is not touched, and no value is read.
 *
 * @throws when NATS falls silent or the bucket is not there
 */
export async function scanObjects(link: NatsLink, options: ScanOptions): Promise<readonly ScannedKey[]> {
  const { type, sinceMs, signal, onProgress } = options;
  const kinds = type === undefined ? objectKinds : [type];
  const js = jetstream(await link.connection(signal));
  const consumer = await js.consumers.get(objectsStream, {
    filter_subjects: kinds.map((kind) => `${objectsPrefix}${streamOfKind[kind]}.>`),
    headers_only: true,
    // By time every revision comes, but only of what was written since; the newest of each key wins.
    ...(sinceMs === undefined
      ? { deliver_policy: DeliverPolicy.LastPerSubject }
      : { deliver_policy: DeliverPolicy.StartTime, opt_start_time: new Date(sinceMs).toISOString() }),
  });
  const { num_pending: total } = await consumer.info();
  const found = new Map<string, number>();
  if (total === 0) return [];
  const messages = await consumer.consume({ max_messages: 1000, idle_heartbeat: silenceMs / 3 });
  const onAbort = (): void => messages.stop(Error.isError(signal.reason) ? signal.reason : undefined);
  signal.addEventListener("abort", onAbort, { once: true });
  let read = 0;
  try {
    for await (const message of messages) {
      found.set(message.subject.slice(objectsPrefix.length), message.seq);
      read += 1;
      if (read % 1000 === 0) onProgress?.({ read, total });
      if (message.info.pending === 0) break;
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
    messages.stop();
    await consumer.delete().catch(() => false);
  }
  signal.throwIfAborted();
  return Array.from(found, ([key, revision]) => ({ key, revision }));
}
