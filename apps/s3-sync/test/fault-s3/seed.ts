// SPDX-License-Identifier: Apache-2.0
import { randomFillSync } from "node:crypto";
import { z } from "zod";
import { wholeSeconds } from "./objects.ts";
import { md5Of, type Store } from "./store.ts";

export const seedSchema = z.strictObject({
  bucket: z.string(),
  /** How many objects to make. */
  count: z.int().min(0),
  sizeBytes: z.int().min(0).default(64),
  prefix: z.string().default(""),
  /** Objects are spread evenly over so many folders; 0 puts all at the top. */
  folders: z.int().min(0).default(0),
  /** Objects of one seed share a body; a different seed makes a different one of the same size. */
  bodySeed: z.string().default(""),
  /** The modification time that rclone reads, milliseconds since the epoch; also Last-Modified. Default now. */
  modifiedMs: z.number().optional(),
  /** Sets `x-amz-meta-mtime` as rclone does, so that a mirrored pair compares equal by time. */
  hasMtime: z.boolean().default(true),
});

/** A large number of like objects, made at once without a request. */
export type SeedOptions = z.input<typeof seedSchema>;

/** Creates the bucket if need be and fills it; keys are `<prefix>[d0000/]o0000000`. */
export function seedObjects(store: Store, options: SeedOptions): void {
  const { count, sizeBytes, prefix, folders, bodySeed, hasMtime, ...given } = seedSchema.parse(options);
  const bucket = store.createBucket(given.bucket);
  const modifiedMs = given.modifiedMs ?? store.now();
  const body = [seededBody(sizeBytes, bodySeed)];
  const etag = store.etagOf(md5Of(body));
  const mtime = hasMtime ? { "x-amz-meta-mtime": String(modifiedMs / 1000) } : undefined;
  const object = {
    body,
    sizeBytes,
    etag,
    lastModifiedMs: wholeSeconds(modifiedMs),
    headers: { "content-type": "application/octet-stream", ...mtime },
    storageClass: "",
  };
  for (let index = 0; index < count; index += 1) {
    const folder = folders === 0 ? "" : `d${String(index % folders).padStart(4, "0")}/`;
    bucket.put(`${prefix}${folder}o${String(index).padStart(7, "0")}`, object);
  }
}

/** Repeats the seed; without one, random bytes. */
function seededBody(sizeBytes: number, seed: string): Buffer {
  return seed === "" ? randomFillSync(Buffer.alloc(sizeBytes)) : Buffer.alloc(sizeBytes, seed);
}
