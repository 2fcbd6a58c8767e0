// SPDX-License-Identifier: Apache-2.0
import { JobError } from "../job/errors.ts";
import { numberEntry, recutEntry } from "./entry.ts";
import type { LogEntry } from "./log-entry.ts";

export interface AcceptInput {
  /** The last sequence that the log holds; 0 while it is empty. */
  readonly lastSequence: number;
  readonly entries: readonly LogEntry[];
  /** What to do where an entry leaves a gap after what stands before it. */
  readonly gaps: "refuse" | "accept";
}

/**
 * Decides what of some entries is new to a log: what it has is skipped, a batch that it has in part is cut, one
 * without a sequence (0) gets the next. Pure: where it throws, nothing is to be appended.
 *
 * @returns entries to append as they are: their sequences rise, and are all above `lastSequence`
 * @throws {JobError} `sequence_gap`; `invalid_request` where an entry without a sequence has none left
 */
export function acceptEntries({ lastSequence, entries, gaps }: AcceptInput): readonly LogEntry[] {
  if (isNext(lastSequence, entries)) return entries;
  const accepted: LogEntry[] = [];
  let last = lastSequence;
  for (const entry of entries) {
    const next = entry.sequence === 0 ? numbered(entry, last) : entry;
    if (next.endSequence <= last) continue;
    if (next.sequence > last + 1 && gaps === "refuse") refuseGap(last, next.sequence);
    accepted.push(recutEntry(next, last + 1));
    last = next.endSequence;
  }
  return accepted;
}

/** Gives an entry that has none the sequence after `last`. */
function numbered(entry: LogEntry, last: number): LogEntry {
  const count = entry.endSequence - entry.sequence + 1;
  if (count > Number.MAX_SAFE_INTEGER - last) {
    throw new JobError(
      "invalid_request",
      `The log ends with sequence ${last}, so there is none left for an event without one.`,
      { field: "events" },
    );
  }
  return numberEntry(entry, last + 1);
}

/** All follow one another: the usual case, in which nothing is copied. */
function isNext(lastSequence: number, entries: readonly LogEntry[]): boolean {
  let last = lastSequence;
  for (const { sequence, endSequence } of entries) {
    if (sequence !== last + 1) return false;
    last = endSequence;
  }
  return true;
}

function refuseGap(last: number, sequence: number): never {
  throw new JobError(
    "sequence_gap",
    `The log ends with sequence ${last} and the next event has ${sequence}; send the events from ${last + 1} on.`,
    { field: "events" },
  );
}
