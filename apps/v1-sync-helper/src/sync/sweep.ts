// SPDX-License-Identifier: MIT
import type { Clock } from "../clock.ts";
import { type Bucket, RevisionConflictError } from "../nats/bucket.ts";
import type { Ensured } from "../nats/ensure.ts";
import { askApi, isObject } from "../nats/jetstream-api.ts";
import { objectsPrefix, objectsStream } from "../nats/names.ts";
import type { NatsLink } from "../nats/nats-link.ts";
import { UnavailableError } from "../unavailable-error.ts";
import type { Delivery } from "./consume/delivery.ts";
import { createPull } from "./consume/pull.ts";
import { createReader, deleteReader, readerName } from "./consume/reader.ts";

export interface SweepOptions {
  readonly link: NatsLink;
  readonly clock: Clock;
  readonly random: () => number;
  /** `v1-sync-state`: the key `sweep` says when the last one began, and how far it came. */
  readonly bucket: Bucket;
  readonly intervalMs: number;
  /** The shared consumer: what it is done with is what can have been lost. */
  readonly consumer: string;
  /** Puts a revision on record, if nothing newer is; tells whether it was missing. */
  readonly record: (key: string, revision: number, message: string) => Promise<boolean>;
  readonly onFound: (key: string, revision: number) => void;
  readonly onDefect: (error: unknown, context: { readonly key?: string; readonly doing: string }) => void;
}

/** Searches slowly for revisions that the consumer is done with and no record knows of. */
export interface Sweep {
  /** Sweeps now and then, one instance at a time, until `signal` aborts. */
  readonly run: (signal: AbortSignal) => Promise<void>;
  /** One sweep, if it is due and no other instance is at it. @returns how many revisions were missing */
  readonly once: (signal: AbortSignal) => Promise<number | undefined>;
}

/** What the key `sweep` holds. */
interface Progress {
  /** Unix milliseconds. */
  readonly begunMs: number;
  /** Every revision up to this stream sequence has been checked. */
  readonly sweptTo: number;
}

const progressKey = "sweep";
const atOnce = 64;

export function createSweep(options: SweepOptions): Sweep {
  const { link, clock, random, bucket, intervalMs, consumer, record, onFound, onDefect } = options;

  /** Takes the turn. @returns how far earlier sweeps came, `undefined` when it is not the time */
  async function begin(): Promise<{ readonly sweptTo: number; readonly version: number } | undefined> {
    const entry = await bucket.get(progressKey);
    const last = entry === undefined ? undefined : parseProgress(entry.value);
    const nowMs = clock.epochMs();
    if (last !== undefined && nowMs - last.begunMs < intervalMs && last.begunMs <= nowMs) return undefined;
    const sweptTo = last?.sweptTo ?? 0;
    const next = JSON.stringify({ begunMs: nowMs, sweptTo });
    try {
      const version =
        entry === undefined
          ? await bucket.create(progressKey, next)
          : await bucket.update(progressKey, next, entry.revision);
      return { sweptTo, version };
    } catch (error) {
      if (error instanceof RevisionConflictError) return undefined;
      throw error;
    }
  }

  /** Everything up to here was acknowledged, or given up. */
  async function ackFloor(): Promise<number> {
    const { ack_floor: floor } = await askApi(link, `CONSUMER.INFO.${objectsStream}.${consumer}`);
    const sequence = isObject(floor) ? floor["stream_seq"] : undefined;
    return typeof sequence === "number" ? sequence : 0;
  }

  async function check(delivery: Delivery): Promise<boolean> {
    const key = delivery.subject.slice(objectsPrefix.length);
    try {
      const message = "The sweep found that no record knows of this revision.";
      const wasMissing = await record(key, delivery.streamSequence, message);
      if (wasMissing) onFound(key, delivery.streamSequence);
      return wasMissing;
    } catch (error) {
      if (error instanceof UnavailableError) throw error;
      onDefect(error, { key, doing: "the sweep" });
      return false;
    }
  }

  /** Checks what lies between two stream sequences. */
  async function walk(from: number, to: number, signal: AbortSignal): Promise<number> {
    const name = readerName("sweep");
    const ending = new AbortController();
    const stop = (): void => ending.abort();
    signal.addEventListener("abort", stop);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    let [found, inHand, isLast] = [0, 0, false];
    const pull = createPull({
      link,
      clock,
      stream: objectsStream,
      consumer: name,
      prepare: async () => {
        if ((await createReader(link, { name, after: from, headersOnly: true })) === 0) resolve();
        return nothingMissing;
      },
      room: () => ({ messages: atOnce - inHand, bytes: Number.MAX_SAFE_INTEGER }),
      leastBatch: 1,
      onTrouble: () => {},
      onDelivery: (delivery) => {
        inHand += 1;
        isLast ||= delivery.pending === 0 || delivery.streamSequence >= to;
        const checked = delivery.streamSequence > to ? Promise.resolve(false) : check(delivery);
        checked
          .then((wasMissing) => {
            found += wasMissing ? 1 : 0;
            inHand -= 1;
            if (isLast && inHand === 0) resolve();
            else pull.more();
          })
          .catch(reject);
      },
    });
    const running = pull.run(ending.signal);
    try {
      await Promise.race([promise, running]);
      signal.throwIfAborted();
      return found;
    } finally {
      signal.removeEventListener("abort", stop);
      ending.abort();
      await running;
      await deleteReader(link, name);
    }
  }

  async function once(signal: AbortSignal): Promise<number | undefined> {
    const turn = await begin();
    if (turn === undefined) return undefined;
    const floor = await ackFloor();
    // A stream that was made anew counts from 1 again.
    const from = turn.sweptTo <= floor ? turn.sweptTo : 0;
    const found = floor > from ? await walk(from, floor, signal) : 0;
    const progress: Progress = { begunMs: clock.epochMs(), sweptTo: floor };
    await bucket.update(progressKey, JSON.stringify(progress), turn.version);
    return found;
  }

  async function run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      // Not all at the same time, and not in the rush of a start.
      await clock.wait(intervalMs * (0.1 + random() / 10), signal).catch(() => {});
      if (signal.aborted) return;
      try {
        await once(signal);
      } catch (error) {
        const isExpected = error instanceof UnavailableError || error instanceof RevisionConflictError;
        if (!isExpected && !signal.aborted) onDefect(error, { doing: "the sweep" });
      }
    }
  }

  return { run, once };
}

const nothingMissing: Ensured = { problems: [], warnings: [] };

/** Reads `{"begunMs":1795219200000,"sweptTo":12345}`; what is none counts as the beginning. */
function parseProgress(value: Uint8Array): Progress | undefined {
  try {
    const progress: unknown = JSON.parse(Buffer.from(value).toString());
    if (!isObject(progress)) return undefined;
    const { begunMs, sweptTo } = progress;
    return typeof begunMs === "number" && typeof sweptTo === "number" ? { begunMs, sweptTo } : undefined;
  } catch {
    return undefined;
  }
}
