// SPDX-License-Identifier: Apache-2.0

import type { S3Client } from "@aws-sdk/client-s3";
import { ServerStartError } from "@repo/testkit";
import type { S3Server } from "@repo/testkit/s3";
import { startS3 } from "@repo/testkit/s3";
import { type BucketHandle, type Listing, listBucket, readObject } from "../test/support/bucket.ts";
import { inParallel } from "../test/support/in-parallel.ts";
import type { JobSide } from "../test/support/job.ts";
import { PART_BYTES, type PlannedObject } from "../test/support/object-tree.ts";

/** One server with one bucket, as its owner sees it and not as s3-sync does. */
export interface DemoSide extends JobSide, BucketHandle {
  readonly name: "source" | "destination";
}

export interface World extends AsyncDisposable {
  readonly source: DemoSide;
  readonly destination: DemoSide;
}

/** Starts two S3 servers that know nothing of each other and have different keys. */
export async function startWorld(): Promise<World> {
  await using stack = new AsyncDisposableStack();
  // Not the server of S3_ENDPOINT: the demo deletes and spoils objects on purpose.
  const starting = [startServer(), startServer()] as const;
  const settled = await Promise.allSettled(starting);
  for (const result of settled) if (result.status === "fulfilled") stack.use(result.value);
  const [first, second] = await Promise.all(starting);
  const source = await createSide("source", first, "company-files", stack);
  const destination = await createSide("destination", second, "company-files-mirror", stack);
  const owned = stack.move();
  return { source, destination, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** Tries twice: on a busy machine SeaweedFS comes up without its keys now and then (seen with 4.48). */
async function startServer(): Promise<S3Server> {
  try {
    return await startS3({ program: "seaweedfs" });
  } catch (error) {
    if (!(error instanceof ServerStartError)) throw error;
    return startS3({ program: "seaweedfs" });
  }
}

async function createSide(
  name: DemoSide["name"],
  server: S3Server,
  bucket: string,
  stack: AsyncDisposableStack,
): Promise<DemoSide> {
  const client: S3Client = stack.adopt(server.client(), (opened) => opened.destroy());
  await server.createBucket({ name: bucket });
  return { name, client, bucket, endpoint: server.endpoint, credentials: server.credentials };
}

/** `equal`, or what is wrong with the mirror, found without s3-sync: by listing both sides and reading large objects. */
export async function compareSides({ source, destination }: World): Promise<string> {
  const [left, right] = await Promise.all([listBucket(source), listBucket(destination)]);
  const missing = [...left.keys()].filter((key) => !right.has(key)).length;
  const surplus = [...right.keys()].filter((key) => !left.has(key)).length;
  const differing = await countDiffering({ source, destination }, left, right);
  const wrong = [
    ...(missing > 0 ? [`${missing} missing`] : []),
    ...(surplus > 0 ? [`${surplus} surplus`] : []),
    ...(differing > 0 ? [`${differing} differing`] : []),
  ];
  return wrong.length === 0 ? "equal" : wrong.join(" and ");
}

async function countDiffering(
  sides: Pick<World, "source" | "destination">,
  left: Listing,
  right: Listing,
): Promise<number> {
  let differing = 0;
  const unclear: string[] = [];
  for (const [key, { sizeBytes, etag }] of left) {
    const other = right.get(key);
    if (other === undefined) continue;
    // The ETag of an object uploaded in parts says nothing about its bytes.
    const isMd5 = !etag.includes("-") && !other.etag.includes("-");
    if (sizeBytes !== other.sizeBytes || (isMd5 && etag !== other.etag)) differing += 1;
    else if (!isMd5) unclear.push(key);
  }
  await inParallel(unclear, 4, async (key) => {
    const [a, b] = await Promise.all([readObject(sides.source, key), readObject(sides.destination, key)]);
    if (!a.body.equals(b.body)) differing += 1;
  });
  return differing;
}

/** `untouched`, or how many objects of `before` are lost or changed, or are new. */
export function compareListings(before: Listing, after: Listing): string {
  const lost = [...before.keys()].filter((key) => !after.has(key)).length;
  const added = [...after.keys()].filter((key) => !before.has(key)).length;
  const changed = [...before].filter(([key, { etag, lastModifiedMs }]) => {
    const now = after.get(key);
    return now !== undefined && (now.etag !== etag || now.lastModifiedMs !== lastModifiedMs);
  }).length;
  if (lost + added + changed === 0) return "untouched";
  return `${lost} lost, ${changed} changed, ${added} new`;
}

/** Sum of sizes, and how many were uploaded in parts. */
export function measureTree(objects: readonly PlannedObject[]) {
  return {
    bytes: objects.reduce((sum, object) => sum + object.sizeBytes, 0),
    multipart: objects.filter((object) => object.sizeBytes > PART_BYTES).length,
  };
}
