// SPDX-License-Identifier: Apache-2.0
import type { Clock } from "@repo/http-retry";
import { type BatchingLimits, itemOverheadBytes } from "./batching-limits.ts";
import type { OutputChunk } from "./process/process.ts";

export interface OutputBatcherOptions {
  readonly limits: BatchingLimits;
  readonly clock: Clock;
  /** Takes a batch: at least one item, in order; never more items or bytes than the limits say. */
  readonly onBatch: (items: readonly OutputChunk[]) => void;
  /** Whether earlier events are still on their way: then output may gather longer, up to `maxDelayMs`. */
  readonly isBusy: () => boolean;
}

/**
 * Gathers output into batches. Bytes are never dropped or reordered: they are split at `maxItemBytes`, and small
 * neighbours of one stream are joined where a replay could not show the difference.
 *
 * A batch goes out when it is full, or `delayMs` after its first byte, so that a single line is seen soon. While
 * earlier events are under way it waits on, up to `maxDelayMs`: the busier the way, the larger the batches.
 */
export class OutputBatcher {
  readonly #options: OutputBatcherOptions;
  #items: PendingItem[] = [];
  #bytes = 0;
  #firstAt = 0;
  #timer: unknown;

  constructor(options: OutputBatcherOptions) {
    this.#options = options;
  }

  add(output: OutputChunk): void {
    const { maxItemBytes } = this.#options.limits;
    for (let at = 0; at < output.bytes.length; at += maxItemBytes) {
      this.#addPiece({ ...output, bytes: output.bytes.subarray(at, at + maxItemBytes) });
    }
  }

  #addPiece(piece: OutputChunk): void {
    const { maxItems, maxBytes } = this.#options.limits;
    const last = this.#items.at(-1);
    const joins = last !== undefined && this.#canJoin(last, piece);
    const cost = piece.bytes.length + (joins ? 0 : itemOverheadBytes);
    if (this.#items.length > 0 && this.#bytes + cost > maxBytes) {
      this.flush();
      this.#addPiece(piece);
      return;
    }
    this.#bytes += cost;
    if (joins) last.append(piece.bytes);
    else this.#items.push(new PendingItem(piece));
    if (this.#items.length >= maxItems) this.flush();
    else if (this.#timer === undefined) this.#startTimer();
  }

  #canJoin(last: PendingItem, piece: OutputChunk): boolean {
    const { joinWithinMs, maxItemBytes } = this.#options.limits;
    return (
      last.stream === piece.stream &&
      last.length + piece.bytes.length <= maxItemBytes &&
      Math.abs(piece.atMs - last.atMs) < joinWithinMs
    );
  }

  #startTimer(): void {
    const { clock, limits } = this.#options;
    this.#firstAt = clock.now();
    this.#timer = clock.setTimeout(() => this.#onTimer(), limits.delayMs);
  }

  #onTimer(): void {
    const { clock, limits, isBusy } = this.#options;
    this.#timer = undefined;
    const leftMs = this.#firstAt + limits.maxDelayMs - clock.now();
    if (leftMs <= 0 || !isBusy()) {
      this.flush();
      return;
    }
    this.#timer = clock.setTimeout(() => this.#onTimer(), Math.min(leftMs, limits.delayMs));
  }

  /** Hands on what there is, at once. */
  flush(): void {
    this.#options.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#items.length === 0) return;
    const items = this.#items.map((item) => item.toOutput());
    this.#items = [];
    this.#bytes = 0;
    this.#options.onBatch(items);
  }
}

/** Pieces are joined once, when the batch goes out: joining at each would copy a full item hundreds of times. */
class PendingItem {
  readonly stream: OutputChunk["stream"];
  readonly atMs: number;
  readonly #parts: Uint8Array[];
  length: number;

  constructor({ stream, atMs, bytes }: OutputChunk) {
    this.stream = stream;
    this.atMs = atMs;
    this.#parts = [bytes];
    this.length = bytes.length;
  }

  append(bytes: Uint8Array): void {
    this.#parts.push(bytes);
    this.length += bytes.length;
  }

  toOutput(): OutputChunk {
    const [only] = this.#parts;
    const bytes = this.#parts.length === 1 && only !== undefined ? only : Buffer.concat(this.#parts);
    return { bytes, stream: this.stream, atMs: this.atMs };
  }
}
