// SPDX-License-Identifier: Apache-2.0
import type { JsonObject } from "./json.ts";

export interface Entry {
  readonly data: JsonObject;
  readonly revision: number;
}

export type BucketName =
  | "projects"
  | "project-settings"
  | "committees"
  | "committee-settings"
  | "committee-members";

/** Told of every key that is written; `undefined` is a deletion. */
export type OnBucketWrite = (bucket: BucketName, key: string, value: JsonObject | string | undefined) => void;

/**
 * A key-value bucket as the services use one: records by uid, look-up keys that hold a uid, and one counter of
 * revisions for all of its keys, so that a record's own revisions have gaps.
 */
export class Bucket {
  readonly name: BucketName;
  /** Told of writes once set. */
  onWrite: OnBucketWrite | undefined;
  readonly #records = new Map<string, Entry>();
  readonly #lookups = new Map<string, string>();
  #revision = 0;

  constructor(name: BucketName) {
    this.name = name;
  }

  get records(): ReadonlyMap<string, Entry> {
    return this.#records;
  }

  get lookups(): ReadonlyMap<string, string> {
    return this.#lookups;
  }

  get(uid: string): Entry | undefined {
    return this.#records.get(uid);
  }

  /** Writes a record whatever its revision is; gives the new one. */
  put(uid: string, data: JsonObject): number {
    const revision = ++this.#revision;
    this.#records.set(uid, { data, revision });
    this.onWrite?.(this.name, uid, data);
    return revision;
  }

  /** Writes a record if its revision is still `expected`; else nothing, and `undefined`. */
  replace(uid: string, data: JsonObject, expected: string): number | undefined {
    return isRevision(this.#records.get(uid), expected) ? this.put(uid, data) : undefined;
  }

  /** Removes a record if its revision is still `expected` (absent: whatever it is). */
  remove(uid: string, expected?: string): boolean {
    const entry = this.#records.get(uid);
    if (expected !== undefined && !isRevision(entry, expected)) return false;
    if (entry === undefined) return false;
    this.#revision += 1;
    this.#records.delete(uid);
    this.onWrite?.(this.name, uid, undefined);
    return true;
  }

  lookup(key: string): string | undefined {
    return this.#lookups.get(key);
  }

  /** Writes a look-up key, over what it held. */
  point(key: string, uid: string): void {
    this.#revision += 1;
    this.#lookups.set(key, uid);
    this.onWrite?.(this.name, key, uid);
  }

  /** Writes a look-up key if there is none: atomically, which makes it a reservation. */
  reserve(key: string, uid: string): boolean {
    if (this.#lookups.has(key)) return false;
    this.point(key, uid);
    return true;
  }

  release(key: string): void {
    if (!this.#lookups.delete(key)) return;
    this.#revision += 1;
    this.onWrite?.(this.name, key, undefined);
  }
}

/** `expected` is the text of If-Match: decimal digits, perhaps with zeros before them. */
export function isRevision(entry: Entry | undefined, expected: string): boolean {
  return entry !== undefined && expected.replace(/^0+(?=\d)/, "") === String(entry.revision);
}
