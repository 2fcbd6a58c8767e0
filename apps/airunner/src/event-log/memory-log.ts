// SPDX-License-Identifier: Apache-2.0
import type { EventMemory } from "./event-memory.ts";
import type { LogEntry } from "./log-entry.ts";

/** A part of one attempt's log. */
export interface LogSlice {
  readonly entries: readonly LogEntry[];
  /** There is more behind it. */
  readonly hasMore: boolean;
  /** The log was closed when the read began: with `hasMore` false, nothing follows. */
  readonly isClosed: boolean;
}

/** The log of one attempt, in memory or in the spill file of its {@link EventMemory}. Disposing frees both. */
export interface MemoryLog extends Disposable {
  /** 0 while it is empty. */
  readonly lastSequence: number;
  readonly isClosed: boolean;
  /**
   * Copies the frames. Sequences must rise (see `acceptEntries`); gaps are allowed.
   * @throws {TypeError} where they do not, or the log is closed or disposed
   */
  append(entries: readonly LogEntry[]): void;
  /** Nothing will be appended any more. */
  close(): void;
  /**
   * Reads from the first entry on whose `endSequence` is `fromSequence` or later, whole: it is not cut. The frames are
   * views into the log: they stay as they are, also when it grows, spills or is disposed; do not write into them.
   * A disposed log reads as empty and closed.
   * @param maxBytes of frames; a slice has one entry where there is one
   * @throws {JobError} `store_unavailable` where the spill file cannot be read
   */
  read(fromSequence: number, maxBytes: number): Promise<LogSlice>;
}

export declare function createMemoryLog(memory: EventMemory): MemoryLog;
