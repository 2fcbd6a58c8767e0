// SPDX-License-Identifier: Apache-2.0
import { createHash } from "node:crypto";
import { S3Error } from "./errors.ts";
import { SortedKeys } from "./sorted-keys.ts";

/** An object as stored; the body is kept as it came, in pieces, and never copied. */
export interface StoredObject {
  readonly body: readonly Buffer[];
  readonly sizeBytes: number;
  /** Without the quotes. */
  readonly etag: string;
  readonly lastModifiedMs: number;
  /** Content-Type, Cache-Control and the like, and x-amz-meta-*; lower-case names, values as latin1 of the wire's bytes. */
  readonly headers: Readonly<Record<string, string>>;
  /** "" is STANDARD. */
  readonly storageClass: string;
}

export interface Part {
  readonly number: number;
  readonly body: readonly Buffer[];
  readonly sizeBytes: number;
  readonly etag: string;
  readonly md5: Buffer;
}

export interface Upload {
  readonly id: string;
  readonly key: string;
  readonly initiatedMs: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly storageClass: string;
  readonly parts: Map<number, Part>;
}

export class Bucket {
  readonly name: string;
  readonly createdMs: number;
  readonly keys = new SortedKeys();
  readonly objects = new Map<string, StoredObject>();
  readonly uploads = new Map<string, Upload>();

  constructor(name: string, createdMs: number) {
    this.name = name;
    this.createdMs = createdMs;
  }

  put(key: string, object: StoredObject): void {
    if (!this.objects.has(key)) this.keys.add(key);
    this.objects.set(key, object);
  }

  /** @throws {S3Error} NoSuchKey */
  get(key: string): StoredObject {
    const object = this.objects.get(key);
    if (object === undefined) throw new S3Error("NoSuchKey", { elements: { Key: key } });
    return object;
  }

  delete(key: string): boolean {
    if (!this.objects.delete(key)) return false;
    this.keys.delete(key);
    return true;
  }

  /** Every key under `prefix` in byte order. */
  keysUnder(prefix: string): string[] {
    const found: string[] = [];
    this.keys.scan(prefix, (key) => {
      if (!key.startsWith(prefix)) return false;
      found.push(key);
      return true;
    });
    return found;
  }
}

export interface StoreOptions {
  /** "opaque" makes ETags of 32 hex digits that are no MD5, as SSE-KMS does. Default "md5". */
  readonly etags?: "md5" | "opaque";
  /** Milliseconds since the epoch; default the machine's clock. */
  readonly now?: () => number;
}

/** The buckets of one server, in memory. */
export class Store {
  readonly buckets = new Map<string, Bucket>();
  readonly now: () => number;
  readonly #etags: "md5" | "opaque";

  constructor(options: StoreOptions = {}) {
    this.now = options.now ?? Date.now;
    this.#etags = options.etags ?? "md5";
  }

  /** @throws {S3Error} NoSuchBucket */
  bucket(name: string): Bucket {
    const bucket = this.buckets.get(name);
    if (bucket === undefined) throw new S3Error("NoSuchBucket", { elements: { BucketName: name } });
    return bucket;
  }

  createBucket(name: string): Bucket {
    const existing = this.buckets.get(name);
    if (existing !== undefined) return existing;
    const bucket = new Bucket(name, this.now());
    this.buckets.set(name, bucket);
    return bucket;
  }

  /** The ETag of a body uploaded in one piece. */
  etagOf(md5: Buffer): string {
    return this.#etags === "md5"
      ? md5.toString("hex")
      : createHash("md5").update("opaque").update(md5).digest("hex");
  }
}

/** MD5 over a body in pieces. */
export function md5Of(body: readonly Buffer[]): Buffer {
  const hash = createHash("md5");
  for (const piece of body) hash.update(piece);
  return hash.digest();
}

/** The bytes `start` to `end` (exclusive) of a body in pieces, as views. */
export function sliceBody(body: readonly Buffer[], start: number, end: number): Buffer[] {
  const pieces: Buffer[] = [];
  let offset = 0;
  for (const piece of body) {
    const from = Math.max(0, start - offset);
    const to = Math.min(piece.length, end - offset);
    if (from < to) pieces.push(piece.subarray(from, to));
    offset += piece.length;
  }
  return pieces;
}
