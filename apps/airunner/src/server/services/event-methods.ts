// SPDX-License-Identifier: Apache-2.0
// Events into the logs of attempts.
import type { LogEntry } from "../../event-log/log-entry.ts";
import { type ScannedPublish, scanPublish, toEntry } from "../../event-log/scan-event.ts";
import { JobEventsService } from "../../gen/job/v1/job_pb.ts";
import { JobError } from "../../job/errors.ts";
import type { Lease } from "../../job/job.ts";
import type { Appended, AppendOptions } from "../../job/job-store.ts";
import type { RpcMethod } from "../rpc/method.ts";
import { clientStreamBytes, unaryBytes } from "./define-method.ts";
import { eventTypeName } from "./enum-names.ts";
import type { EventWriter, LeaseOrder } from "./lease-order.ts";
import type { ServiceOptions } from "./service-options.ts";

/** PublishJobEvents and AppendJobEvents. */
export function eventMethods(options: ServiceOptions, order: LeaseOrder): readonly RpcMethod[] {
  const { method } = JobEventsService;
  const append = appender(options, order);
  return [
    unaryBytes(method.appendJobEvents, "work", async (bytes) => {
      const scanned = measured(options, () => scanPublish(bytes));
      const lease = measured(options, () => options.tokens.read(scanned.taskToken));
      const { lastSequence, cancel } = await append(lease, scanned, { gaps: "refuse" });
      return {
        lastSequence: BigInt(lastSequence),
        cancelRequested: cancel !== undefined,
        cancelReason: cancel?.reason ?? "",
      };
    }),

    clientStreamBytes(method.publishJobEvents, "work", async (messages) => {
      using publisher = new Publisher(options, order);
      for await (const bytes of messages) {
        const scanned = measured(options, () => scanPublish(bytes));
        const { lease, writer } = measured(options, () => publisher.writerOf(scanned.taskToken));
        const done = writer.begin();
        try {
          await append(lease, scanned, { gaps: "accept" });
        } finally {
          done();
        }
      }
      return {};
    }),
  ];
}

/** The attempts that one call sends events of: one, as all known workers do it. */
class Publisher implements Disposable {
  readonly #options: ServiceOptions;
  readonly #order: LeaseOrder;
  #token: string | undefined;
  #current: { readonly lease: Lease; readonly writer: EventWriter } | undefined;

  constructor(options: ServiceOptions, order: LeaseOrder) {
    this.#options = options;
    this.#order = order;
  }

  /** The token is checked when it differs from the one before: an HMAC a message would be the greater part of its cost. */
  writerOf(token: string): { readonly lease: Lease; readonly writer: EventWriter } {
    if (this.#current !== undefined && token === this.#token) return this.#current;
    const lease = this.#options.tokens.read(token);
    this.#current?.writer[Symbol.dispose]();
    this.#token = token;
    this.#current = { lease, writer: this.#order.openWriter(lease) };
    return this.#current;
  }

  [Symbol.dispose](): void {
    this.#current?.writer[Symbol.dispose]();
  }
}

type Append = (lease: Lease, scanned: ScannedPublish, options: AppendOptions) => Promise<Appended>;

function appender(options: ServiceOptions, order: LeaseOrder): Append {
  const { store, metrics, now } = options;
  const published = metrics.publishes.with({ success: true });
  return async (lease, scanned, appendOptions) => {
    const startedAt = performance.now();
    const nowMs = now();
    try {
      const entries = scanned.events.map((event) => toEntry(event, lease.attempt, nowMs));
      const appended = await order.run(lease, () => store.append(lease, entries, appendOptions));
      published.add(entries.length);
      countPersisted(options, entries);
      return appended;
    } catch (error) {
      countFailure(options, error, scanned.events.length);
      throw error;
    } finally {
      metrics.publishDuration.record(performance.now() - startedAt);
    }
  };
}

function countPersisted({ metrics }: ServiceOptions, entries: readonly LogEntry[]): void {
  for (const { type, sequence, endSequence } of entries) {
    metrics.persisted.add(1, { type: eventTypeName(type) });
    metrics.batchSize.record(endSequence - sequence + 1);
  }
}

/** Counts the message where `work` refuses it. */
function measured<T>(options: ServiceOptions, work: () => T): T {
  try {
    return work();
  } catch (error) {
    countFailure(options, error, 1);
    throw error;
  }
}

function countFailure({ metrics }: ServiceOptions, error: unknown, count: number): void {
  metrics.publishes.add(count, { success: false });
  metrics.publishErrors.add(1, { error_type: error instanceof JobError ? error.code : "internal" });
}
