// SPDX-License-Identifier: Apache-2.0
import { S3Error } from "./errors.ts";
import { ARCHIVED, describe, matchesEtag, wholeSeconds } from "./objects.ts";
import { type Reply, xmlReply } from "./reply.ts";
import { header, type S3Request } from "./request.ts";
import { type Bucket, md5Of, type Store, type StoredObject } from "./store.ts";
import { element } from "./xml.ts";

/** PUT with x-amz-copy-source: the body is shared, the metadata copied or replaced as the directive says. */
export function copyObject(request: S3Request, store: Store, bucket: Bucket): Reply {
  const { object: source, isSame } = copySource(request, store, bucket);
  const replaces = header(request, "x-amz-metadata-directive") === "REPLACE";
  const described = describe(request);
  const storageClass =
    header(request, "x-amz-storage-class") === "" ? source.storageClass : described.storageClass;
  if (isSame && !replaces && storageClass === source.storageClass) {
    throw new S3Error("InvalidRequest", { message: "This copy request is illegal: it changes nothing" });
  }
  const copied: StoredObject = {
    body: source.body,
    sizeBytes: source.sizeBytes,
    // A copy is made in one piece, whatever the source was.
    etag: store.etagOf(md5Of(source.body)),
    lastModifiedMs: wholeSeconds(store.now()),
    headers: replaces ? described.headers : source.headers,
    storageClass,
  };
  bucket.put(request.key, copied);
  const fields =
    element("LastModified", new Date(copied.lastModifiedMs).toISOString()) +
    element("ETag", `"${copied.etag}"`);
  return xmlReply("CopyObjectResult", fields);
}

/** The object that x-amz-copy-source names (`/bucket/key`, percent-encoded). @throws {S3Error} */
export function copySource(
  request: S3Request,
  store: Store,
  target: Bucket,
): { readonly object: StoredObject; readonly isSame: boolean } {
  const path = decodeSource(header(request, "x-amz-copy-source"));
  const slash = path.indexOf("/");
  if (slash < 1)
    throw new S3Error("InvalidArgument", { message: "Copy Source must mention the source bucket and key" });
  const source = store.bucket(path.slice(0, slash));
  const key = path.slice(slash + 1);
  const object = source.get(key);
  if (ARCHIVED.has(object.storageClass)) throw new S3Error("InvalidObjectState");
  const ifMatch = header(request, "x-amz-copy-source-if-match");
  if (ifMatch !== "" && !matchesEtag(ifMatch, object)) throw new S3Error("PreconditionFailed");
  return { object, isSame: source === target && key === request.key };
}

function decodeSource(source: string): string {
  try {
    return decodeURIComponent(source.replace(/\?versionId=.*$/, "")).replace(/^\//, "");
  } catch {
    throw new S3Error("InvalidArgument", { message: "x-amz-copy-source is not UTF-8" });
  }
}
