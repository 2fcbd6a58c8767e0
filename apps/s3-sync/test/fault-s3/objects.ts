// SPDX-License-Identifier: Apache-2.0
import { childNodes, childText } from "../../src/preflight/xml.ts";
import type { CheckedBody } from "./body.ts";
import { S3Error } from "./errors.ts";
import { emptyReply, type Reply, xmlReply } from "./reply.ts";
import { header, type S3Request } from "./request.ts";
import { type Bucket, md5Of, type Store, type StoredObject, sliceBody } from "./store.ts";
import { element, parseDocument } from "./xml.ts";

const KEPT_HEADERS = new Set([
  "content-type",
  "cache-control",
  "content-disposition",
  "content-encoding",
  "content-language",
  "expires",
]);
/** Objects of these classes must be restored before they can be read. */
export const ARCHIVED = new Set(["GLACIER", "DEEP_ARCHIVE"]);

/** GET, whole or one range, and HEAD. */
export function getObject(request: S3Request, bucket: Bucket): Reply {
  const object = bucket.get(request.key);
  checkConditions(request, object);
  const headers = objectHeaders(object);
  if (request.method === "HEAD") return { status: 200, headers, body: [], length: object.sizeBytes };
  if (ARCHIVED.has(object.storageClass)) throw new S3Error("InvalidObjectState");
  const range = parseRange(header(request, "range"), object.sizeBytes);
  if (range === undefined) return { status: 200, headers, body: object.body };
  const contentRange = `bytes ${range.start}-${range.end - 1}/${object.sizeBytes}`;
  const body = sliceBody(object.body, range.start, range.end);
  return { status: 206, headers: { ...headers, "content-range": contentRange }, body };
}

export function putObject(request: S3Request, store: Store, bucket: Bucket, body: CheckedBody): Reply {
  checkWriteConditions(request, bucket.objects.get(request.key));
  const etag = store.etagOf(md5Of(body.pieces));
  bucket.put(request.key, {
    body: body.pieces,
    sizeBytes: body.sizeBytes,
    etag,
    lastModifiedMs: wholeSeconds(store.now()),
    ...describe(request),
  });
  return emptyReply(200, { etag: `"${etag}"` });
}

export function deleteObject(request: S3Request, bucket: Bucket): Reply {
  bucket.delete(request.key);
  return emptyReply(204);
}

/** POST ?delete: up to 1,000 keys in one request. */
export function deleteObjects(bucket: Bucket, body: CheckedBody): Reply {
  const root = parseDocument(Buffer.concat(body.pieces), "Delete");
  const keys = childNodes(root, "Object").map((node) => childText(node, "Key"));
  if (keys.length === 0 || keys.length > 1000) throw new S3Error("MalformedXML");
  for (const key of keys) bucket.delete(key);
  if (childText(root, "Quiet") === "true") return xmlReply("DeleteResult", "");
  return xmlReply("DeleteResult", keys.map((key) => `<Deleted>${element("Key", key)}</Deleted>`).join(""));
}

/** What a PUT or the start of an upload says about the object: kept headers, metadata, storage class. */
export function describe(request: S3Request): Pick<StoredObject, "headers" | "storageClass"> {
  const kept: Record<string, string> = {};
  for (const name of Object.keys(request.headers)) {
    if (KEPT_HEADERS.has(name) || name.startsWith("x-amz-meta-")) kept[name] = header(request, name);
  }
  const encoding = (kept["content-encoding"] ?? "").split(",").map((word) => word.trim());
  // The framing of the upload is not part of the object.
  const kinds = encoding.filter((word) => word !== "aws-chunked" && word !== "");
  if (kinds.length > 0) kept["content-encoding"] = kinds.join(",");
  else delete kept["content-encoding"];
  const storageClass = header(request, "x-amz-storage-class");
  return {
    headers: { "content-type": "binary/octet-stream", ...kept },
    storageClass: storageClass === "STANDARD" ? "" : storageClass,
  };
}

/** S3 keeps no fractions of a second, or HEAD and listings would disagree. */
export function wholeSeconds(ms: number): number {
  return Math.floor(ms / 1000) * 1000;
}

export function httpDate(ms: number): string {
  return new Date(ms).toUTCString();
}

function objectHeaders(object: StoredObject): Record<string, string> {
  const storageClass =
    object.storageClass === "" ? undefined : { "x-amz-storage-class": object.storageClass };
  return {
    ...object.headers,
    ...storageClass,
    etag: `"${object.etag}"`,
    "last-modified": httpDate(object.lastModifiedMs),
    "accept-ranges": "bytes",
  };
}

function checkConditions(request: S3Request, object: StoredObject): void {
  const ifMatch = header(request, "if-match");
  if (ifMatch !== "" && !matchesEtag(ifMatch, object)) throw new S3Error("PreconditionFailed");
  const ifNoneMatch = header(request, "if-none-match");
  if (ifNoneMatch !== "" && matchesEtag(ifNoneMatch, object)) throw new S3Error("NotModified");
}

function checkWriteConditions(request: S3Request, existing: StoredObject | undefined): void {
  const ifMatch = header(request, "if-match");
  if (ifMatch !== "" && existing === undefined) throw new S3Error("NoSuchKey");
  if (ifMatch !== "" && existing !== undefined && !matchesEtag(ifMatch, existing))
    throw new S3Error("PreconditionFailed");
  if (header(request, "if-none-match") === "*" && existing !== undefined)
    throw new S3Error("PreconditionFailed");
}

/** Whether one of the quoted ETags, or `*`, names the object. */
export function matchesEtag(list: string, object: StoredObject): boolean {
  return list
    .split(",")
    .some((word) => word.trim() === "*" || word.trim().replaceAll('"', "") === object.etag);
}

/** The bytes a Range header asks for; `undefined` for the whole object. @throws {S3Error} InvalidRange */
export function parseRange(range: string, sizeBytes: number): { start: number; end: number } | undefined {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(range) ?? [];
  if (first === undefined || last === undefined || (first === "" && last === "")) return undefined;
  const start = first === "" ? Math.max(0, sizeBytes - Number(last)) : Number(first);
  const end = first === "" || last === "" ? sizeBytes : Math.min(sizeBytes, Number(last) + 1);
  if (start >= end) throw new S3Error("InvalidRange");
  return { start, end };
}
