// SPDX-License-Identifier: Apache-2.0
import { EventType } from "../gen/job/v1/job_pb.ts";
import type { LogEntry } from "./log-entry.ts";

/** Memory of a segment of more than one entry, at most. */
export const segmentBytes = 262_144;

/** Numbers kept of each entry: sequence, endSequence, timestampMs, and where its frame begins together with its type. */
const stride = 4;
/** Bytes kept of each entry besides its frame. */
export const factsBytes = stride * Float64Array.BYTES_PER_ELEMENT;
/** The begin of a frame is multiplied by this, and the type added. */
const typeRange = 64;

const smallestFrames = 1024;
const smallestFacts = 8 * stride;

const typesByNumber: readonly EventType[] = Object.values(EventType).sort((a, b) => a - b);

/** Entries one after another: their frames in one piece, and the numbers that describe them, without an object each. */
export interface SegmentData {
  readonly facts: Float64Array;
  readonly frames: Uint8Array;
  readonly count: number;
  /** Bytes of `frames` that are taken. */
  readonly used: number;
}

/** A segment that entries are added to. What was written is never written again: views into it stay as they are. */
export class GrowingSegment implements SegmentData {
  facts = new Float64Array(smallestFacts);
  frames: Uint8Array;
  count = 0;
  used = 0;

  /** @param frameBytes of the first frame */
  constructor(frameBytes: number) {
    this.frames = new Uint8Array(Math.max(smallestFrames, frameBytes));
  }

  get memoryBytes(): number {
    return this.facts.byteLength + this.frames.byteLength;
  }

  fits(frameBytes: number): boolean {
    return this.count === 0 || this.used + frameBytes + (this.count + 1) * factsBytes <= segmentBytes;
  }

  push({ frame, sequence, endSequence, timestampMs, type }: LogEntry): void {
    this.#reserve(frame.length);
    const { facts } = this;
    const at = this.count * stride;
    facts[at] = sequence;
    facts[at + 1] = endSequence;
    facts[at + 2] = timestampMs;
    facts[at + 3] = this.used * typeRange + type;
    this.frames.set(frame, this.used);
    this.used += frame.length;
    this.count++;
  }

  #reserve(frameBytes: number): void {
    const needed = this.used + frameBytes;
    if (needed > this.frames.length) {
      const grown = new Uint8Array(Math.max(needed, Math.min(this.frames.length * 2, segmentBytes)));
      grown.set(this.frames.subarray(0, this.used));
      this.frames = grown;
    }
    if ((this.count + 1) * stride > this.facts.length) {
      const grown = new Float64Array(this.facts.length * 2);
      grown.set(this.facts);
      this.facts = grown;
    }
  }

  /** The same entries in no more memory than they need. */
  trimmed(): SegmentData {
    const { count, used } = this;
    return { facts: this.facts.slice(0, count * stride), frames: this.frames.slice(0, used), count, used };
  }
}

/** Numbers and frames of a segment as they stand one behind the other in `buffer`. */
export function segmentDataOf(buffer: ArrayBuffer, count: number): SegmentData {
  const frames = new Uint8Array(buffer, count * factsBytes);
  return { facts: new Float64Array(buffer, 0, count * stride), frames, count, used: frames.length };
}

/** Of the last entry; 0 where there is none. */
export function lastSequenceOf({ facts, count }: SegmentData): number {
  return facts[(count - 1) * stride + 1] ?? 0;
}

/**
 * The entries from the first on whose `endSequence` is `fromSequence` or later, as views into the segment.
 * @param maxBytes of frames; there is one entry where the segment has one
 */
export function sliceSegment(data: SegmentData, fromSequence: number, maxBytes: number): readonly LogEntry[] {
  const { facts, frames, count, used } = data;
  const first = lowestIndex(count, (index) => (facts[index * stride + 1] ?? 0) >= fromSequence);
  const entries: LogEntry[] = [];
  let bytes = 0;
  for (let index = first; index < count; index++) {
    const at = index * stride;
    const place = facts[at + 3] ?? 0;
    const start = Math.floor(place / typeRange);
    const end = index + 1 < count ? Math.floor((facts[at + stride + 3] ?? 0) / typeRange) : used;
    bytes += end - start;
    if (bytes > maxBytes && entries.length > 0) break;
    entries.push({
      frame: new Uint8Array(frames.buffer, frames.byteOffset + start, end - start),
      sequence: facts[at] ?? 0,
      endSequence: facts[at + 1] ?? 0,
      timestampMs: facts[at + 2] ?? 0,
      type: typesByNumber[place % typeRange] ?? EventType.UNSPECIFIED,
    });
  }
  return entries;
}

/** The lowest of `count` indexes for which `isAtOrBehind` holds, which it does for all above; `count` where for none. */
export function lowestIndex(count: number, isAtOrBehind: (index: number) => boolean): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isAtOrBehind(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
