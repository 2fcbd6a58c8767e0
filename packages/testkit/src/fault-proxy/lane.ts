// SPDX-License-Identifier: Apache-2.0
import { once } from "node:events";
import type { Socket } from "node:net";
import type { Clock } from "./clock.ts";
import { bytesPerSecond, corrupted, delayMs, type Ending, type Fault, nextEnding } from "./fault.ts";

export interface LaneOptions {
  readonly from: Socket;
  readonly to: Socket;
  readonly clock: Clock;
  /** Aborts when the connection is over. */
  readonly signal: AbortSignal;
  /** Carries out what ends the whole connection. */
  readonly end: (kind: "cut" | "reset") => void;
}

interface Piece {
  /** `undefined` stands for the end of the stream. */
  readonly bytes: Buffer | undefined;
  readonly dueAt: number;
}

/** Bytes in flight above which the sender is no longer read; a delayed connection needs some. */
const maxQueuedBytes = 4 * 1024 * 1024;

/** A throttled lane writes this many times a second. */
const throttleSteps = 20;

/** One direction of a connection: what it reads, it writes, unless a fault is in the way. */
export class Lane {
  /** Bytes written since the connection began. */
  bytes = 0;
  #faults: readonly Fault[] = [];
  /** Bytes written since the faults were set. */
  #passed = 0;
  #queued = 0;
  #isClosed = false;
  readonly #queue: Piece[] = [];
  readonly #options: LaneOptions;
  #wake = Promise.withResolvers<void>();

  constructor(options: LaneOptions, faults: readonly Fault[]) {
    this.#options = options;
    this.#faults = faults;
    options.from.on("data", (bytes: Buffer) => this.#arrive(bytes));
    options.from.on("end", () => this.#arrive(undefined));
    options.signal.addEventListener("abort", () => this.#notify(), { once: true });
    void this.#deliver();
  }

  set faults(faults: readonly Fault[]) {
    this.#faults = faults;
    this.#passed = 0;
    this.#notify();
  }

  #arrive(bytes: Buffer | undefined): void {
    this.#queue.push({ bytes, dueAt: this.#options.clock.now() + delayMs(this.#faults) });
    this.#queued += bytes?.length ?? 0;
    if (this.#queued > maxQueuedBytes) this.#options.from.pause();
    this.#notify();
  }

  async #deliver(): Promise<void> {
    const { signal } = this.#options;
    while (!signal.aborted) {
      const changed = this.#wake.promise;
      const ending = this.#isClosed ? undefined : nextEnding(this.#faults, this.#passed);
      if (ending?.remaining === 0 && !this.#strike(ending.kind)) await changed;
      else if (this.#queue.length === 0) await changed;
      else await this.#deliverFirst().catch(() => undefined);
    }
  }

  /** Carries an ending out; false when there is nothing to do but wait. */
  #strike(kind: Ending["kind"]): boolean {
    if (kind === "blackhole") return false;
    this.#isClosed = true;
    if (kind === "half-close") this.#options.to.end();
    else this.#options.end(kind);
    return true;
  }

  /** Writes as much of the oldest piece as may pass now. */
  async #deliverFirst(): Promise<void> {
    const { clock, signal } = this.#options;
    const [piece] = this.#queue;
    if (piece === undefined) return;
    const wait = piece.dueAt - clock.now();
    if (wait > 0) await clock.sleep(wait, signal);
    // Faults may have changed while it waited.
    const ending = this.#isClosed ? undefined : nextEnding(this.#faults, this.#passed);
    if (ending?.remaining === 0) return;
    this.#queue.shift();
    if (piece.bytes === undefined) return this.#finish();
    const rate = bytesPerSecond(this.#faults);
    const most = Math.min(
      ending?.remaining ?? Number.POSITIVE_INFINITY,
      Math.max(1, Math.floor(rate / throttleSteps)),
    );
    const now = piece.bytes.subarray(0, most);
    if (now.length < piece.bytes.length)
      this.#queue.unshift({ ...piece, bytes: piece.bytes.subarray(now.length) });
    await this.#write(now);
    if (Number.isFinite(rate)) await clock.sleep((now.length / rate) * 1000, signal);
  }

  async #write(bytes: Buffer): Promise<void> {
    this.#queued -= bytes.length;
    if (this.#queued <= maxQueuedBytes) this.#options.from.resume();
    if (this.#isClosed) return;
    const { to, signal } = this.#options;
    const isTaken = to.write(corrupted(bytes, this.#faults, this.#passed));
    this.#passed += bytes.length;
    this.bytes += bytes.length;
    if (!isTaken) await once(to, "drain", { signal });
  }

  #finish(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#options.to.end();
  }

  #notify(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers<void>();
  }
}
