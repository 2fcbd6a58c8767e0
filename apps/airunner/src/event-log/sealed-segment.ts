// SPDX-License-Identifier: Apache-2.0
import { factsBytes, lastSequenceOf, type SegmentData } from "./segment.ts";

/** A segment that is complete: in memory, or in a slot of the spill file, until it is freed. */
export class SealedSegment {
  readonly lastSequence: number;
  readonly count: number;
  /** The same in memory and in the file. */
  readonly bytes: number;
  /** `undefined` once it is in the file. */
  data: SegmentData | undefined;
  /** Of the file; -1 while it is in memory. */
  slot = -1;
  isFreed = false;

  constructor(data: SegmentData) {
    this.data = data;
    this.count = data.count;
    this.lastSequence = lastSequenceOf(data);
    this.bytes = data.count * factsBytes + data.used;
  }
}
