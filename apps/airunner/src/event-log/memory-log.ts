// SPDX-License-Identifier: Apache-2.0
import type { EventMemory } from "./event-memory.ts";
import type { LogEntry } from "./log-entry.ts";
import type { SealedSegment } from "./sealed-segment.ts";
import { GrowingSegment, lowestIndex, sliceSegment } from "./segment.ts";

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

export function createMemoryLog(memory: EventMemory): MemoryLog {
  return new SegmentedLog(memory);
}

class SegmentedLog implements MemoryLog {
  readonly #memory: EventMemory;
  /** In order; what is added to stands behind them. */
  #sealed: SealedSegment[] = [];
  #growing: GrowingSegment | undefined;
  #isDisposed = false;
  lastSequence = 0;
  isClosed = false;

  constructor(memory: EventMemory) {
    this.#memory = memory;
  }

  append(entries: readonly LogEntry[]): void {
    if (this.isClosed) throw new TypeError("the log is closed");
    checkOrder(this.lastSequence, entries);
    for (const entry of entries) {
      const segment = this.#segmentFor(entry.frame.length);
      const before = segment.memoryBytes;
      segment.push(entry);
      if (segment.memoryBytes !== before) this.#memory.count(segment.memoryBytes - before);
      this.lastSequence = entry.endSequence;
    }
  }

  #segmentFor(frameBytes: number): GrowingSegment {
    if (this.#growing?.fits(frameBytes)) return this.#growing;
    this.#seal();
    this.#growing = new GrowingSegment(frameBytes);
    this.#memory.count(this.#growing.memoryBytes);
    return this.#growing;
  }

  #seal(): void {
    if (this.#growing === undefined) return;
    this.#memory.count(-this.#growing.memoryBytes);
    this.#sealed.push(this.#memory.seal(this.#growing.trimmed()));
    this.#growing = undefined;
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.#seal();
  }

  async read(fromSequence: number, maxBytes: number): Promise<LogSlice> {
    // Taken before the wait: what is closed now is complete then.
    const { isClosed } = this;
    const data = await this.#load(fromSequence);
    // While it was read, its slot may have been given to another log.
    if (this.#isDisposed) return { entries: [], hasMore: false, isClosed: true };
    const entries = data === undefined ? [] : sliceSegment(data, fromSequence, maxBytes);
    const last = entries.at(-1)?.endSequence ?? Math.max(0, fromSequence - 1);
    return { entries, hasMore: last < this.lastSequence, isClosed };
  }

  #load(fromSequence: number) {
    const index = lowestIndex(
      this.#sealed.length,
      (at) => (this.#sealed[at]?.lastSequence ?? 0) >= fromSequence,
    );
    const segment = this.#sealed[index];
    if (segment === undefined) return this.#growing;
    return segment.data ?? this.#memory.load(segment);
  }

  [Symbol.dispose](): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.isClosed = true;
    if (this.#growing !== undefined) this.#memory.count(-this.#growing.memoryBytes);
    this.#growing = undefined;
    for (const segment of this.#sealed) this.#memory.free(segment);
    this.#sealed = [];
  }
}

function checkOrder(lastSequence: number, entries: readonly LogEntry[]): void {
  let last = lastSequence;
  for (const { sequence, endSequence } of entries) {
    if (sequence <= last || endSequence < sequence) {
      throw new TypeError(`sequence ${sequence} to ${endSequence} cannot follow ${last}`);
    }
    last = endSequence;
  }
}
