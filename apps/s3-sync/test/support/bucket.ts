// SPDX-License-Identifier: Apache-2.0
import {
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { inParallel } from "./in-parallel.ts";
import { bodyOf, PART_BYTES, type PlannedObject } from "./object-tree.ts";

const concurrency = 24;

/** A bucket as seen by a client that is not the program under test. */
export interface BucketHandle {
  readonly client: S3Client;
  readonly bucket: string;
}

export interface ListedObject {
  readonly sizeBytes: number;
  /** Without quotes; the MD5 of the bytes unless it was uploaded in parts (then with a hyphen). */
  readonly etag: string;
  readonly lastModifiedMs: number;
}

export type Listing = ReadonlyMap<string, ListedObject>;

/** Uploads all, large ones in parts. `onDone` gets the number done so far. */
export async function putObjects(
  at: BucketHandle,
  objects: Iterable<PlannedObject>,
  onDone: (count: number) => void = () => {},
): Promise<void> {
  let done = 0;
  await inParallel(objects, concurrency, async (object) => {
    if (object.sizeBytes > PART_BYTES) await putInParts(at, object);
    else await at.client.send(new PutObjectCommand({ ...describe(at, object), Body: bodyOf(object) }));
    done += 1;
    onDone(done);
  });
}

function describe({ bucket }: BucketHandle, object: PlannedObject) {
  return {
    Bucket: bucket,
    Key: object.key,
    ContentType: object.contentType,
    // Where rclone keeps, and looks for, an object's modification time.
    Metadata: { mtime: String(object.modifiedMs / 1000) },
    ...(object.cacheControl !== undefined && { CacheControl: object.cacheControl }),
  };
}

async function putInParts(at: BucketHandle, object: PlannedObject): Promise<void> {
  const { client, bucket: Bucket } = at;
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(describe(at, object)));
  const upload = { Bucket, Key: object.key, UploadId };
  const body = bodyOf(object);
  const Parts: CompletedPart[] = [];
  for (let start = 0; start < body.length; start += PART_BYTES) {
    const PartNumber = Parts.length + 1;
    const Body = body.subarray(start, start + PART_BYTES);
    const { ETag } = await client.send(new UploadPartCommand({ ...upload, PartNumber, Body }));
    Parts.push({ PartNumber, ETag });
  }
  await client.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } }));
}

/** Deletes the keys, a thousand in a request. @throws {Error} with the first key that the server refused */
export async function deleteObjects(
  { client, bucket }: BucketHandle,
  keys: readonly string[],
): Promise<void> {
  const batches = Array.from({ length: Math.ceil(keys.length / 1000) }, (_, index) =>
    keys.slice(index * 1000, index * 1000 + 1000),
  );
  await inParallel(batches, 4, async (batch) => {
    const Objects = batch.map((Key) => ({ Key }));
    const answer = await client.send(
      new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } }),
    );
    const [refused] = answer.Errors ?? [];
    if (refused !== undefined) throw new Error(`${refused.Key} was not deleted: ${refused.Code}`);
  });
}

/** Every object of the bucket. */
export async function listBucket({ client, bucket }: BucketHandle): Promise<Listing> {
  const found = new Map<string, ListedObject>();
  let token: string | undefined;
  do {
    const page = await client.send(new ListObjectsV2Command({ Bucket: bucket, ContinuationToken: token }));
    for (const { Key, Size = 0, ETag = "", LastModified } of page.Contents ?? []) {
      const lastModifiedMs = LastModified?.getTime() ?? 0;
      if (Key !== undefined)
        found.set(Key, { sizeBytes: Size, etag: ETag.replaceAll('"', ""), lastModifiedMs });
    }
    token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
  } while (token !== undefined);
  return found;
}

/** Downloads an object and its Cache-Control. */
export async function readObject(
  { client, bucket }: BucketHandle,
  key: string,
): Promise<{ readonly body: Buffer; readonly cacheControl: string | undefined }> {
  const answer = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  return {
    body: Buffer.from((await answer.Body?.transformToByteArray()) ?? []),
    cacheControl: answer.CacheControl,
  };
}
