// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import { type FaultRule, faultRuleSchema } from "./fault-rules.ts";
import type { Operation } from "./operations.ts";
import { putText } from "./put-text.ts";
import type { LogEntry } from "./request-log.ts";
import { type SeedOptions, seedObjects, seedSchema } from "./seed.ts";
import type { FaultS3 } from "./server.ts";
import type { StoredObject } from "./store.ts";

/** An object without its body. */
export interface ObjectSummary {
  readonly key: string;
  readonly sizeBytes: number;
  readonly etag: string;
  readonly lastModifiedMs: number;
  readonly headers: Readonly<Record<string, string>>;
}

export interface PutOptions {
  readonly bucket: string;
  readonly key: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly storageClass?: string | undefined;
}

/** What a test or a benchmark does to a server behind its back, in this process or in another. */
export interface FaultS3Admin {
  /** Requests by operation since the start or the last `clearLog`. */
  counts(): Promise<Partial<Record<Operation, number>>>;
  log(): Promise<readonly LogEntry[]>;
  clearLog(): Promise<void>;
  createBucket(bucket: string): Promise<void>;
  /** Objects under a prefix in byte order. */
  objects(bucket: string, prefix?: string): Promise<readonly ObjectSummary[]>;
  /** Uploads that were begun and neither completed nor aborted. */
  pendingUploads(bucket: string): Promise<number>;
  put(options: PutOptions): Promise<void>;
  /** Deletes every object under a prefix ("" all) and returns how many. */
  deleteUnder(bucket: string, prefix: string): Promise<number>;
  seed(options: SeedOptions): Promise<void>;
  /** Makes `to` hold the very objects of `from`, bodies shared. */
  copyBucket(from: string, to: string): Promise<void>;
  setFaults(rules: readonly FaultRule[]): Promise<void>;
  setLatency(ms: number): Promise<void>;
}

const text = z.string();
const putSchema = z.strictObject({
  bucket: text,
  key: text,
  body: text,
  headers: z.record(text, text).optional(),
  storageClass: text.optional(),
});

/** The same calls by name with unchecked arguments, for the control endpoint. @throws {z.ZodError | S3Error} */
export type AdminCalls = Readonly<Record<keyof FaultS3Admin, (args: readonly unknown[]) => unknown>>;

export function adminCalls(server: FaultS3): AdminCalls {
  const { store, log } = server;
  return {
    counts: () => log.counts(),
    log: () => log.entries,
    clearLog: () => log.clear(),
    createBucket: ([bucket]) => void store.createBucket(text.parse(bucket)),
    objects: ([bucket, prefix]) => {
      const found = store.bucket(text.parse(bucket));
      return found.keysUnder(text.parse(prefix ?? "")).map((key) => summarize(key, found.get(key)));
    },
    pendingUploads: ([bucket]) => store.bucket(text.parse(bucket)).uploads.size,
    put: ([options]) => {
      const { bucket, key, body, headers, storageClass } = putSchema.parse(options);
      putText(store, bucket, key, body, headers, storageClass);
    },
    deleteUnder: ([bucket, prefix]) => {
      const found = store.bucket(text.parse(bucket));
      const keys = found.keysUnder(text.parse(prefix));
      for (const key of keys) found.delete(key);
      return keys.length;
    },
    seed: ([options]) => seedObjects(store, seedSchema.parse(options)),
    copyBucket: ([from, to]) => {
      const target = store.createBucket(text.parse(to));
      for (const key of target.keysUnder("")) target.delete(key);
      for (const [key, object] of store.bucket(text.parse(from)).objects) target.put(key, object);
    },
    setFaults: ([rules]) => server.setFaults(z.array(faultRuleSchema).parse(rules)),
    setLatency: ([ms]) => {
      server.latencyMs = z.number().min(0).parse(ms);
    },
  };
}

export function summarize(
  key: string,
  { sizeBytes, etag, lastModifiedMs, headers }: StoredObject,
): ObjectSummary {
  return { key, sizeBytes, etag, lastModifiedMs, headers };
}
