// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from "node:timers/promises";
import { errorInfoOf } from "../../src/client/error-info.ts";
import { itemsOf } from "./log-item.ts";
import type { Place } from "./place.ts";
import type { Random } from "./random.ts";
import type { Transcript } from "./transcript.ts";

export interface ReaderOptions {
  readonly place: Place;
  readonly name: string;
  readonly address: string;
  readonly jobId: string;
  /** At least 1. */
  readonly fromSequence: number;
  readonly random: Random;
  /** Milliseconds that it looks away now and then; 0: never. */
  readonly slowMs: number;
  readonly signal: AbortSignal;
}

export interface Reader {
  readonly transcript: Transcript;
  /** Times that it had to connect again. */
  readonly resumes: number;
  /** Never rejects. */
  readonly done: Promise<void>;
}

/** Reads a job's log to its end, and takes every answer as it is: what comes twice stands in its transcript twice. */
export function startReader(options: ReaderOptions): Reader {
  const { name, jobId, fromSequence } = options;
  const transcript: Transcript = {
    reader: name,
    jobId,
    fromSequence,
    items: [],
    isComplete: false,
  };
  const reader = { transcript, resumes: 0, done: Promise.resolve() };
  reader.done = follow(options, reader).catch((error: unknown) => {
    options.place.facts.violations.push(`${name} of job ${jobId} failed: ${String(error)}`);
  });
  return reader;
}

async function follow(
  options: ReaderOptions,
  reader: { readonly transcript: Transcript; resumes: number },
): Promise<void> {
  const { place, address, random, signal } = options;
  using clients = place.clientsBy(address);
  while (!signal.aborted) {
    try {
      await readOn(options, reader.transcript, clients);
      reader.transcript.isComplete = true;
      return;
    } catch (error) {
      if (signal.aborted) return;
      // What the server refuses has a stable code; all else is the way to it.
      if (errorInfoOf(error).code !== "") throw error;
      reader.resumes += 1;
      await sleep(random.int(20, 500));
    }
  }
}

async function readOn(
  { jobId, random, slowMs, signal }: ReaderOptions,
  transcript: Transcript,
  { events }: ReturnType<Place["clientsBy"]>,
): Promise<void> {
  const last = transcript.items.at(-1);
  const request = {
    jobId,
    attempt: last?.attempt ?? 0,
    followAttempts: last !== undefined,
    fromSequence: BigInt(last === undefined ? transcript.fromSequence : last.sequence + 1),
  };
  for await (const { event, attempt } of events.streamJobEvents(request, { signal })) {
    if (event !== undefined) transcript.items.push(...itemsOf(event, attempt));
    if (slowMs > 0 && random.chance(0.05)) await sleep(slowMs);
  }
}
