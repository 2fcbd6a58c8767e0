// SPDX-License-Identifier: Apache-2.0
import { adminCalls } from "../fault-s3/admin.ts";
import { type Bucket, type FaultS3, startFaultS3 } from "../fault-s3/index.ts";
import type { Scenario } from "./scenario.ts";

export const SOURCE_BUCKET = "origin";
export const DESTINATION_BUCKET = "mirror";

/** The two servers of a scenario (one, twice, where it says so) and their buckets. */
export interface World extends AsyncDisposable {
  readonly source: { readonly server: FaultS3; readonly bucket: Bucket };
  readonly destination: { readonly server: FaultS3; readonly bucket: Bucket };
  /** Puts an object of the destination at the source as well. */
  copyBack(key: string): void;
}

/** Key → ETag: what a bucket holds, by content. */
export type Contents = ReadonlyMap<string, string>;

export function contentsOf(bucket: Bucket): Contents {
  return new Map([...bucket.objects].map(([key, object]) => [key, object.etag]));
}

/** Older than any clock in a test, so that a changed object is newer by more than a second. */
const LONG_AGO = "1700000000";
const LATER = "1710000000";

/** Builds the buckets of `scenario`. Names that the destination must not have are simply not put there. */
export async function buildWorld(scenario: Pick<Scenario, "objects" | "isOneServer">): Promise<World> {
  const first = await startFaultS3({ buckets: [SOURCE_BUCKET, DESTINATION_BUCKET] });
  const second = scenario.isOneServer ? first : await startFaultS3({ buckets: [DESTINATION_BUCKET] });
  const put = (server: FaultS3, bucket: string, key: string, body: string, mtime: string) =>
    adminCalls(server).put([{ bucket, key, body, headers: { "x-amz-meta-mtime": mtime } }]);
  for (const [key, placement] of Object.entries(scenario.objects)) {
    if (placement !== "surplus") put(first, SOURCE_BUCKET, key, `content of ${key}`, LATER);
    if (placement === "same") put(second, DESTINATION_BUCKET, key, `content of ${key}`, LATER);
    if (placement === "differs") put(second, DESTINATION_BUCKET, key, `old content of ${key}`, LONG_AGO);
    if (placement === "surplus") put(second, DESTINATION_BUCKET, key, `surplus ${key}`, LONG_AGO);
  }
  const source = first.store.bucket(SOURCE_BUCKET);
  const destination = second.store.bucket(DESTINATION_BUCKET);
  return {
    source: { server: first, bucket: source },
    destination: { server: second, bucket: destination },
    copyBack: (key) => source.put(key, destination.get(key)),
    async [Symbol.asyncDispose]() {
      await first[Symbol.asyncDispose]();
      await second[Symbol.asyncDispose]();
    },
  };
}
