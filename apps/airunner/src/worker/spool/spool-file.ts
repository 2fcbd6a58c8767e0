// SPDX-License-Identifier: Apache-2.0
import { type FileHandle, open, rename, unlink } from "node:fs/promises";
import { type Clock, waitMs } from "@repo/http-retry";
import type { SpoolHeader } from "./header.ts";
import {
  decodeRecord,
  encodeAcknowledged,
  encodeEvent,
  encodeHeader,
  encodeResult,
  maxRecordBytes,
} from "./record.ts";
import { readAt, writeAt } from "./whole-io.ts";

export interface SpooledEvent {
  readonly endSequence: number;
  /** Serialised JobEvent. */
  readonly bytes: Uint8Array;
}

export interface SpoolPage {
  readonly events: readonly SpooledEvent[];
  /** Where the next page begins; equal to the position asked for where nothing more is on the file yet. */
  readonly next: number;
}

export interface SpoolFileOptions {
  readonly path: string;
  readonly header: SpoolHeader;
  readonly clock: Clock;
  /** The file could not be written and is tried again every second; output waits meanwhile. Told once per stall. */
  readonly onStall: (error: unknown) => void;
  /** Acknowledged bytes that a file keeps before it is rewritten without them; default 16 MiB. */
  readonly compactAfterBytes?: number;
}

const stallRetryMs = 1000;

/** Of one write: on a full disk no more than this must become free at once. */
const writeBytes = 256 * 1024;

/**
 * The events of one attempt on their way to the server: appended here first, read back from here to be sent, so that
 * they outlive the worker and take no memory while the server is away.
 *
 * Positions are bytes since the spool was made and only grow: a rewrite of the file does not change them. There is
 * one reader; appends may come at any time. Nothing is synced to the disk: the file must outlive the process, not
 * the machine, whose jobs die with it.
 */
export class SpoolFile {
  readonly path: string;
  /** Where the first event begins. */
  readonly start: number;
  readonly #options: SpoolFileOptions;
  readonly #header: Buffer;
  #handle: FileHandle;
  /** Position of the byte that stands first in the file behind header and acknowledgement. */
  #base: number;
  /** Where `#base` stands in the file. */
  #baseOffset: number;
  #written: number;
  #acknowledged: number;
  #acknowledgedSequence = 0;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #task: (() => Promise<void>) | undefined;
  #working: Promise<void> | undefined;
  readonly #closing = new AbortController();
  #changed = Promise.withResolvers<void>();

  private constructor(options: SpoolFileOptions, handle: FileHandle, header: Buffer) {
    this.path = options.path;
    this.#options = options;
    this.#handle = handle;
    this.#header = header;
    this.start = header.length;
    this.#base = header.length;
    this.#baseOffset = header.length;
    this.#written = header.length;
    this.#acknowledged = header.length;
  }

  /**
   * Makes the file, for the owner's eyes only: it holds the task token and the output.
   * @throws the system's error, `EEXIST` among them
   */
  static async create(options: SpoolFileOptions): Promise<SpoolFile> {
    const header = encodeHeader(JSON.stringify(options.header));
    const handle = await open(options.path, "wx+", 0o600);
    try {
      await writeAt(handle, header, 0);
    } catch (error) {
      await handle.close();
      await unlink(options.path);
      throw error;
    }
    return new SpoolFile(options, handle, header);
  }

  /** Bytes of events that the server has not acknowledged, on the file or on their way to it. */
  get backlogBytes(): number {
    return this.#written + this.#pendingBytes - this.#acknowledged;
  }

  /** Bytes in memory that are not on the file yet. */
  get unwrittenBytes(): number {
    return this.#pendingBytes;
  }

  appendEvent(endSequence: number, event: Uint8Array): void {
    this.#append(encodeEvent(endSequence, event));
  }

  /** What a later worker reports, should this one not come to it. */
  appendResult(result: Uint8Array): void {
    this.#append(encodeResult(result));
  }

  #append(record: Buffer): void {
    this.#pending.push(record);
    this.#pendingBytes += record.length;
    this.#wake();
  }

  /** Resolves when everything appended so far is on the file. Rejects when the file is closed before. */
  async flush(): Promise<void> {
    const until = this.#written + this.#pendingBytes;
    while (this.#written < until) await this.#nextChange();
  }

  /** Resolves at the next write, acknowledgement or rewrite; rejects when the file is closed. */
  #nextChange(): Promise<void> {
    this.#closing.signal.throwIfAborted();
    return this.#changed.promise;
  }

  /**
   * Resolves once there may be something to read at `position`, possibly before.
   * @throws the reason of `signal` when it aborts; an error when the file is closed
   */
  async waitForMore(position: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#written > position) return;
    const aborted = Promise.withResolvers<never>();
    const stop = () => aborted.reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    try {
      await Promise.race([this.#nextChange(), aborted.promise]);
      this.#closing.signal.throwIfAborted();
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  /** Resolves once less than `bytes` are unacknowledged and little waits in memory. */
  async waitForRoom(maxBacklogBytes: number, maxUnwrittenBytes: number): Promise<void> {
    while (this.backlogBytes > maxBacklogBytes || this.#pendingBytes > maxUnwrittenBytes) {
      await this.#nextChange();
    }
  }

  /** Reads whole events from `position` on, up to `maxBytes` of them, but one where there is one. */
  async read(position: number, maxBytes: number): Promise<SpoolPage> {
    const available = this.#written - position;
    const page = await this.#readPage(position, Math.min(available, maxBytes), maxBytes);
    if (page.next > position || available <= maxBytes) return page;
    return await this.#readPage(position, Math.min(available, maxRecordBytes), maxBytes);
  }

  async #readPage(position: number, length: number, maxBytes: number): Promise<SpoolPage> {
    const bytes = await readAt(this.#handle, this.#offsetOf(position), length);
    const events: SpooledEvent[] = [];
    for (let at = 0; ; ) {
      const found = decodeRecord(bytes, at);
      if (found === undefined || (at > 0 && at + found.size > maxBytes))
        return { events, next: position + at };
      if (found.record.kind === "event") events.push(found.record);
      at += found.size;
    }
  }

  /** Everything before `position` is in the server's log, up to `sequence`. Waits where the file is rewritten. */
  async acknowledge(position: number, sequence: number): Promise<void> {
    this.#acknowledged = Math.max(this.#acknowledged, position);
    this.#acknowledgedSequence = Math.max(this.#acknowledgedSequence, sequence);
    this.#append(encodeAcknowledged(sequence));
    this.#notify();
    const freedBytes = this.#acknowledged - this.#base;
    if (freedBytes < (this.#options.compactAfterBytes ?? 16 * 1024 * 1024)) return;
    // A rewrite copies what is left, so it must free at least as much.
    if (freedBytes < this.#written - this.#acknowledged) return;
    this.#task = () => this.#compact(sequence);
    this.#wake();
    while (this.#task !== undefined) await this.#nextChange();
  }

  /** Copies what is not acknowledged into a new file, which takes the place of the old one in one step. */
  async #compact(sequence: number): Promise<void> {
    const newPath = `${this.path}.new`;
    const head = Buffer.concat([this.#header, encodeAcknowledged(sequence)]);
    const from = this.#acknowledged;
    const handle = await open(newPath, "w+", 0o600);
    try {
      await writeAt(handle, head, 0);
      for (let at = from; at < this.#written; ) {
        const bytes = await readAt(
          this.#handle,
          this.#offsetOf(at),
          Math.min(this.#written - at, 1024 * 1024),
        );
        await writeAt(handle, bytes, head.length + at - from);
        at += bytes.length;
      }
      await rename(newPath, this.path);
    } catch {
      // A full disk, most likely. The old file is whole; the next acknowledgement tries again.
      await handle.close();
      await unlink(newPath).catch(() => undefined);
      return;
    }
    const old = this.#handle;
    this.#handle = handle;
    this.#base = from;
    this.#baseOffset = head.length;
    await old.close();
  }

  #offsetOf(position: number): number {
    return this.#baseOffset + position - this.#base;
  }

  #wake(): void {
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined;
      if (this.#hasWork()) this.#wake();
    });
  }

  #hasWork(): boolean {
    return !this.#closing.signal.aborted && (this.#pending.length > 0 || this.#task !== undefined);
  }

  /** The only one that writes. What gathers during a write goes out with the next one. */
  async #work(): Promise<void> {
    while (this.#hasWork()) {
      if (this.#pending.length > 0) await this.#writePending();
      await this.#task?.();
      this.#task = undefined;
      this.#notify();
    }
  }

  async #writePending(): Promise<void> {
    const bytes = this.#takePending();
    for (let isFirst = true; ; isFirst = false) {
      try {
        await writeAt(this.#handle, bytes, this.#offsetOf(this.#written));
        break;
      } catch (error) {
        if (this.#closing.signal.aborted) return;
        if (isFirst) this.#options.onStall(error);
        if (await this.#empty()) continue;
        const isOver = await waitMs(stallRetryMs, this.#closing.signal, this.#options.clock).then(
          () => false,
          () => true,
        );
        if (isOver) return;
      }
    }
    this.#written += bytes.length;
    this.#pendingBytes -= bytes.length;
    this.#notify();
  }

  /** Whole records, as many as one write takes. */
  #takePending(): Buffer {
    let count = 0;
    for (let bytes = 0; count < this.#pending.length; count += 1) {
      bytes += this.#pending[count]?.length ?? 0;
      if (count > 0 && bytes > writeBytes) break;
    }
    const records = this.#pending.splice(0, count);
    return records.length === 1 && records[0] ? records[0] : Buffer.concat(records);
  }

  /**
   * Gives back the room of what is acknowledged, in place, where that is everything: nobody reads the file then. A
   * process that is killed half way leaves the acknowledgement and a torn tail.
   *
   * @returns whether there is room now that was not there before
   */
  async #empty(): Promise<boolean> {
    if (this.#acknowledged < this.#written || this.#base === this.#written) return false;
    const acknowledgement = encodeAcknowledged(this.#acknowledgedSequence);
    const end = this.#header.length + acknowledgement.length;
    if (this.#offsetOf(this.#written) < end) return false;
    try {
      await writeAt(this.#handle, acknowledgement, this.#header.length);
      await this.#handle.truncate(end);
    } catch {
      // What was written is acknowledged, so nothing is lost with it.
      return false;
    }
    this.#base = this.#written;
    this.#baseOffset = end;
    return true;
  }

  #notify(): void {
    const changed = this.#changed;
    this.#changed = Promise.withResolvers();
    changed.resolve();
  }

  /** Ends waits and retries, and closes the file, which stays. Doing it twice is fine. */
  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort(new Error("The spool is closed."));
    // Whoever waits must look again, and then finds it closed.
    this.#notify();
    await this.#working;
    await this.#handle.close();
  }

  /** Closes and deletes: everything in it has been handed in, or nobody will take it. */
  async remove(): Promise<void> {
    await this.close();
    await unlink(this.path).catch(() => undefined);
  }
}
