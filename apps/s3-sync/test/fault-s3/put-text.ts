// SPDX-License-Identifier: Apache-2.0
import { wholeSeconds } from "./objects.ts";
import { md5Of, type Store } from "./store.ts";

/** Puts an object with a text as body behind the clients' backs; creates the bucket if need be. */
export function putText(
  store: Store,
  bucket: string,
  key: string,
  text: string,
  headers: Readonly<Record<string, string>> = {},
  storageClass = "",
): void {
  const body = [Buffer.from(text)];
  store.createBucket(bucket).put(key, {
    body,
    sizeBytes: body[0]?.length ?? 0,
    etag: store.etagOf(md5Of(body)),
    lastModifiedMs: wholeSeconds(store.now()),
    headers: { "content-type": "binary/octet-stream", ...headers },
    storageClass,
  });
}
