// SPDX-License-Identifier: Apache-2.0
import { tmpdir } from "node:os";
import { JobError } from "../job/errors.ts";
import { SealedSegment } from "./sealed-segment.ts";
import { lastSequenceOf, type SegmentData, segmentDataOf } from "./segment.ts";
import { SpillFile, slotBytes } from "./spill-file.ts";

export interface EventMemoryOptions {
  /** Memory that the logs may take together; what is above goes to a file. */
  readonly maxBytes: number;
  /** Where the file is made once it is needed; that of the system for temporary files by default. */
  readonly directory?: string;
}

/**
 * What all logs of a store share: a budget of memory, and the file that takes what is above. Only whole segments go to
 * the file, the oldest first; of a log that is not closed the last segment (256 KiB at most) stays in memory.
 */
export class EventMemory implements AsyncDisposable {
  readonly #maxBytes: number;
  readonly #file: SpillFile;
  #bytesInMemory = 0;
  #bytesOnDisk = 0;
  /** What can go to the file, the oldest first. */
  readonly #waiting = new Set<SealedSegment>();
  #spilling: Promise<void> | undefined;
  #failure: unknown;
  #isDisposed = false;

  constructor({ maxBytes, directory = tmpdir() }: EventMemoryOptions) {
    this.#maxBytes = maxBytes;
    this.#file = new SpillFile(directory);
  }

  get bytesInMemory(): number {
    return this.#bytesInMemory;
  }

  get bytesOnDisk(): number {
    return this.#bytesOnDisk;
  }

  /**
   * Call before appending. Resolves at once, unless the file cannot keep up and twice the budget is taken: then it
   * waits until it has.
   * @throws {JobError} `store_unavailable` where the file cannot be written and twice the budget is taken
   */
  async room(): Promise<void> {
    if (this.#bytesInMemory <= 2 * this.#maxBytes) return;
    this.#spill();
    await this.#spilling;
    if (this.#failure === undefined || this.#waiting.size === 0) return;
    if (this.#bytesInMemory <= 2 * this.#maxBytes) return;
    throw new JobError(
      "store_unavailable",
      "The server has no memory left for events and cannot write them to its temporary folder; try again later.",
      { cause: this.#failure },
    );
  }

  /** For logs: counts memory that a growing segment has taken, or given back where it is negative. */
  count(bytes: number): void {
    this.#bytesInMemory += bytes;
    if (this.#bytesInMemory > this.#maxBytes) this.#spill();
  }

  /** For logs: takes over a segment that nothing is added to any more. */
  seal(data: SegmentData): SealedSegment {
    const segment = new SealedSegment(data);
    this.#bytesInMemory += segment.bytes;
    if (segment.bytes <= slotBytes) this.#waiting.add(segment);
    if (this.#bytesInMemory > this.#maxBytes) this.#spill();
    return segment;
  }

  /** For logs: the content of a segment, read back where it is in the file. */
  async load(segment: SealedSegment): Promise<SegmentData> {
    if (segment.data !== undefined) return segment.data;
    try {
      const data = segmentDataOf(await this.#file.read(segment.slot, segment.bytes), segment.count);
      if (segment.isFreed || lastSequenceOf(data) === segment.lastSequence) return data;
      throw new Error(`slot ${segment.slot} of the spill file has other events than were written`);
    } catch (error) {
      throw new JobError("store_unavailable", "These events cannot be read back at the moment; try again.", {
        cause: error,
      });
    }
  }

  /** For logs: gives up a segment. */
  free(segment: SealedSegment): void {
    if (segment.isFreed) return;
    segment.isFreed = true;
    this.#waiting.delete(segment);
    if (segment.data === undefined) this.#giveBack(segment);
    else this.#bytesInMemory -= segment.bytes;
    segment.data = undefined;
  }

  #giveBack(segment: SealedSegment): void {
    this.#bytesOnDisk -= segment.bytes;
    this.#file.freeSlot(segment.slot);
  }

  #spill(): void {
    if (this.#spilling !== undefined || this.#isDisposed || this.#waiting.size === 0) return;
    this.#spilling = this.#spillDown().finally(() => {
      this.#spilling = undefined;
    });
  }

  async #spillDown(): Promise<void> {
    while (this.#bytesInMemory > this.#maxBytes && !this.#isDisposed) {
      const [segment] = this.#waiting;
      if (segment?.data === undefined) return;
      this.#waiting.delete(segment);
      try {
        await this.#move(segment, segment.data);
        this.#failure = undefined;
      } catch (error) {
        // It stays in memory, where it can be read; the next segment, or a caller of `room`, tries again.
        this.#failure = error;
        if (!segment.isFreed) this.#waiting.add(segment);
        return;
      }
    }
  }

  async #move(segment: SealedSegment, { facts, frames }: SegmentData): Promise<void> {
    const slot = this.#file.takeSlot();
    try {
      await this.#file.write(slot, [
        new Uint8Array(facts.buffer, facts.byteOffset, facts.byteLength),
        frames,
      ]);
    } catch (error) {
      this.#file.freeSlot(slot);
      throw error;
    }
    if (segment.isFreed) {
      this.#file.freeSlot(slot);
      return;
    }
    segment.slot = slot;
    segment.data = undefined;
    this.#bytesInMemory -= segment.bytes;
    this.#bytesOnDisk += segment.bytes;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    await this.#spilling;
    await this.#file[Symbol.asyncDispose]();
  }
}

export function createEventMemory(options: EventMemoryOptions): EventMemory {
  return new EventMemory(options);
}
