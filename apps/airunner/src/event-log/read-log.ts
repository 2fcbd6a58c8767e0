// SPDX-License-Identifier: Apache-2.0
import { setImmediate } from "node:timers/promises";
import type { EventType } from "../gen/job/v1/job_pb.ts";
import { dropOlder, matches, recutEntry } from "./entry.ts";
import { joinFrames } from "./join-frames.ts";
import type { LogEntry, LogPage, LogPosition } from "./log-entry.ts";
import { createWake } from "./wake.ts";

/** Of one page: what a reader that does not take its bytes may hold of the log, besides its cursor. */
const pageBytes = 262_144;

/** What of a store the read loop needs. */
export interface LogSource {
  read(position: LogPosition): Promise<LogPage>;
  watch(jobId: string, onChange: () => void): Disposable;
}

export interface ReadLogRequest {
  readonly jobId: string;
  /** From 1 on; 0 is the latest, followed by each later one. */
  readonly attempt: number;
  /** Go on with each later attempt until the job ends; without, end with the attempt. */
  readonly followAttempts: boolean;
  /** Inclusive; 0 and 1 are the start. Counts in the first attempt that is read. */
  readonly fromSequence: number;
  /** Unix milliseconds: starts with the first event, or item of an output batch, of this time or later; 0 is none. */
  readonly fromTimestampMs: number;
  /** Empty is all. Output also matches output batches. */
  readonly filter: ReadonlySet<EventType>;
}

export interface ReadLogOptions {
  readonly store: LogSource;
  readonly request: ReadLogRequest;
  /** Ends the iteration, without an error. */
  readonly signal: AbortSignal;
  /** Called with each page just before it is handed over; must not keep it. */
  readonly onPage?: (entries: readonly LogEntry[]) => void;
  /** Called each time all that there is was read, before waiting for more. */
  readonly onWait?: () => void;
}

/**
 * Reads the log of a job from a position on: what is there, then what comes, each entry once and in order, until the
 * log is closed and read to its end. Nothing is read ahead: while it waits, a reader is its cursor.
 *
 * @returns pages of at least one entry, of at most 256 KiB or one entry. A `for await` keeps the last one alive while
 *   it waits, which counts where there are many readers: {@link readFrames} is for those
 * @throws {JobError} as {@link LogSource.read}
 */
export function readLog(options: ReadLogOptions): AsyncGenerator<readonly LogEntry[], void, undefined> {
  return readPages(options, (entries) => entries);
}

/** As {@link readLog}, with each page as one chunk of whole envelopes to write as it is; see {@link joinFrames}. */
export function readFrames(options: ReadLogOptions): AsyncGenerator<Uint8Array, void, undefined> {
  return readPages(options, joinFrames);
}

async function* readPages<T>(
  { store, request, signal, onPage, onWait }: ReadLogOptions,
  toValue: (entries: readonly LogEntry[]) => T,
): AsyncGenerator<T, void, undefined> {
  using wake = createWake(signal);
  using _watch = store.watch(request.jobId, wake.notify);
  const cursor = createCursor(request);
  while (!signal.aborted) {
    // Before the read: a change during it must not be slept over.
    wake.clear();
    let entries = await cursor.read(store);
    if (signal.aborted) return;
    if (entries.length > 0) {
      onPage?.(entries);
      yield toValue(entries);
    }
    entries = nothing;
    const step = cursor.step();
    if (step === "end") return;
    if (step === "read") {
      // A long log in memory would otherwise be read in one turn of the loop, with nothing else served.
      await setImmediate();
      continue;
    }
    onWait?.();
    await wake.wait();
    // All that arrives in one turn of the loop is read as one page.
    await setImmediate();
  }
}

/** Put in the place of a page that was handed over: a generator that waits keeps all its variables alive. */
const nothing: readonly LogEntry[] = [];

type Step = "read" | "wait" | "end";

interface Cursor {
  /** Reads a page and moves behind it. @returns what of it the request asks for */
  read(store: LogSource): Promise<readonly LogEntry[]>;
  /** What to do after that. */
  step(): Step;
}

function createCursor(request: ReadLogRequest): Cursor {
  const { jobId, filter } = request;
  const follows = request.followAttempts || request.attempt === 0;
  let attempt = request.attempt;
  let fromSequence = Math.max(1, request.fromSequence);
  let fromTimestampMs = request.fromTimestampMs;
  /** The job had no attempt at all when it was first looked at, so that the first one is where reading starts. */
  let awaitsFirst = false;
  let step: Step = "read";

  /** Takes the attempt of the first page. @returns false where that is not where reading starts */
  function settleAttempt(page: LogPage): boolean {
    if (attempt === 0) {
      if (page.attempt === 0) awaitsFirst = true;
      attempt = awaitsFirst ? Math.min(1, page.attempt) : page.attempt;
      return attempt === page.attempt;
    }
    if (attempt === page.attempt) return true;
    throw new TypeError(
      `the store gave attempt ${page.attempt} of job ${jobId} where ${attempt} was asked for`,
    );
  }

  /** Skips what is older than asked for. Once something is not, time is not looked at any more: clocks are set back. */
  function startInTime(entries: readonly LogEntry[]): readonly LogEntry[] {
    for (const [index, entry] of entries.entries()) {
      const kept = dropOlder(entry, fromTimestampMs);
      if (kept === undefined) continue;
      fromTimestampMs = 0;
      return [kept, ...entries.slice(index + 1)];
    }
    return [];
  }

  function select(page: readonly LogEntry[]): readonly LogEntry[] {
    const [first] = page;
    const last = page.at(-1);
    if (first === undefined || last === undefined) return page;
    let entries = page;
    if (first.sequence < fromSequence) entries = [recutEntry(first, fromSequence), ...page.slice(1)];
    fromSequence = last.endSequence + 1;
    if (fromTimestampMs > 0) entries = startInTime(entries);
    return filter.size === 0 ? entries : entries.filter((entry) => matches(entry, filter));
  }

  function stepAfter(page: LogPage): Step {
    if (page.hasMore) return "read";
    if (attempt > 0) {
      if (!page.isClosed) return "wait";
      if (!follows) return "end";
      if (page.latestAttempt > attempt) {
        attempt++;
        fromSequence = 1;
        return "read";
      }
    }
    return page.hasJobEnded ? "end" : "wait";
  }

  return {
    async read(store) {
      const page = await store.read({ jobId, attempt, fromSequence, maxBytes: pageBytes });
      if (!settleAttempt(page)) {
        step = "read";
        return nothing;
      }
      const entries = select(page.entries);
      step = stepAfter(page);
      return entries;
    },
    step: () => step,
  };
}
