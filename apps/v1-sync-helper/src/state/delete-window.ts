// SPDX-License-Identifier: MIT
import { z } from "zod";
import type { Clock } from "../clock.ts";
import { type Bucket, type Entry, RevisionConflictError } from "../nats/bucket.ts";
import { natsUnavailable } from "../nats/unavailable.ts";

/** Counts the deletes of all instances, so that a faulty load cannot empty v2. */
export interface DeleteWindow {
  /**
   * Takes one of the deletes that any 60 minutes allow.
   *
   * @returns false when none is left
   * @throws {UnavailableError}
   */
  readonly take: () => Promise<boolean>;
  /** How many were taken within the last hour. @throws {UnavailableError} */
  readonly used: () => Promise<number>;
}

export interface DeleteWindowOptions {
  readonly maxPerHour: number;
  /** The clocks of the instances must agree within about a minute. */
  readonly clock: Clock;
}

const windowKey = "deletes";
/** How often another instance may be quicker before it is given up for now. */
const tries = 100;

/** Epoch minute → deletes that were taken in it. */
export type Counts = Readonly<Record<string, number>>;

/**
 * One more delete, if the limit allows it: the minutes to be written, without those that are over; else `undefined`.
 *
 * The minute an hour ago counts whole, so that no 60 minutes see more than the limit. Minutes that are ahead, by a
 * clock that goes before ours, count too.
 */
export function takeOne(counts: Counts, epochMs: number, maxPerHour: number): Counts | undefined {
  const within = withinHour(counts, epochMs);
  if (sum(within) >= maxPerHour) return undefined;
  const minute = String(minuteOf(epochMs));
  return { ...within, [minute]: (within[minute] ?? 0) + 1 };
}

/** The minutes that count. */
export function withinHour(counts: Counts, epochMs: number): Counts {
  const oldest = minuteOf(epochMs) - 60;
  return Object.fromEntries(Object.entries(counts).filter(([minute]) => Number(minute) >= oldest));
}

function minuteOf(epochMs: number): number {
  return Math.floor(epochMs / 60_000);
}

function sum(counts: Counts): number {
  return Object.values(counts).reduce((all, one) => all + one, 0);
}

/** The counts of all instances, in the bucket `v1-sync-state` under `deletes`, written by compare-and-set. */
export function createDeleteWindow(bucket: Bucket, options: DeleteWindowOptions): DeleteWindow {
  const { maxPerHour, clock } = options;
  return {
    async take() {
      for (let attempt = 0; attempt < tries; attempt++) {
        const entry = await bucket.get(windowKey);
        const counts = takeOne(decode(entry), clock.epochMs(), maxPerHour);
        if (counts === undefined) return false;
        if (await wasWritten(bucket, JSON.stringify(counts), entry)) return true;
      }
      throw natsUnavailable(`The count of deletes changed ${tries} times while one more was being counted.`);
    },
    used: async () => sum(withinHour(decode(await bucket.get(windowKey)), clock.epochMs())),
  };
}

const record = z.record(z.string().regex(/^\d+$/), z.int().min(0));

function decode(entry: Entry | undefined): Counts {
  if (entry === undefined) return {};
  try {
    return record.parse(JSON.parse(Buffer.from(entry.value).toString()));
  } catch (error) {
    const message = `The count of deletes cannot be read; purge the key ${windowKey} of the bucket v1-sync-state.`;
    throw new Error(message, { cause: error });
  }
}

async function wasWritten(bucket: Bucket, value: string, entry: Entry | undefined): Promise<boolean> {
  try {
    if (entry === undefined) await bucket.create(windowKey, value);
    else await bucket.update(windowKey, value, entry.revision);
    return true;
  } catch (error) {
    if (error instanceof RevisionConflictError) return false;
    throw error;
  }
}
