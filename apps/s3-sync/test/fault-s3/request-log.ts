// SPDX-License-Identifier: Apache-2.0
import type { Operation } from "./operations.ts";

const MAX_ENTRIES = 200_000;

/** One request that was answered, or met a fault instead. */
export interface LogEntry {
  /** Counts all requests from 1. */
  readonly sequence: number;
  readonly operation: Operation;
  readonly bucket: string;
  /** The key; for a listing its prefix. */
  readonly key: string;
  /** "" where the signature was not accepted. */
  readonly accessKeyId: string;
  /** 0 where nothing was answered. */
  readonly status: number;
  /** The S3 code of an error answer. */
  readonly code?: string;
  /** The kind of the fault that the request met. */
  readonly fault?: string;
}

/** What the server was asked, in order, and how often each operation. Keeps the last 200,000 entries, counts all. */
export class RequestLog {
  #entries: LogEntry[] = [];
  #counts = new Map<Operation, number>();

  add(entry: LogEntry): void {
    this.#counts.set(entry.operation, (this.#counts.get(entry.operation) ?? 0) + 1);
    this.#entries.push(entry);
    if (this.#entries.length >= 2 * MAX_ENTRIES) this.#entries = this.#entries.slice(-MAX_ENTRIES);
  }

  get entries(): readonly LogEntry[] {
    return this.#entries;
  }

  /** Requests by operation since the start or the last `clear`; operations that were not asked for are absent. */
  counts(): Partial<Record<Operation, number>> {
    return Object.fromEntries(this.#counts);
  }

  clear(): void {
    this.#entries = [];
    this.#counts = new Map();
  }
}
