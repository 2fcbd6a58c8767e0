// SPDX-License-Identifier: Apache-2.0
import { S3Error } from "./errors.ts";
import type { ListingFault } from "./fault-rules.ts";
import { type Reply, xmlReply } from "./reply.ts";
import type { S3Request } from "./request.ts";
import { compareKeys } from "./sorted-keys.ts";
import type { Bucket, StoredObject } from "./store.ts";
import { element, escapeXml } from "./xml.ts";

const MAX_KEYS = 1000;

interface Query {
  readonly isV2: boolean;
  readonly prefix: string;
  readonly delimiter: string;
  readonly maxKeys: number;
  /** Listing goes on after this key, or after this common prefix. */
  readonly after: string;
  readonly encode: (text: string) => string;
}

interface Page {
  readonly keys: readonly string[];
  readonly commonPrefixes: readonly string[];
  readonly isTruncated: boolean;
  /** The last key or common prefix of the page. */
  readonly last: string;
}

/** ListObjects and ListObjectsV2: keys in byte order, rolled up by the delimiter, a page of at most 1,000. */
export function listObjects(request: S3Request, bucket: Bucket, fault?: ListingFault): Reply {
  const query = parseQuery(request);
  const page = withFault(collect(bucket, query), fault);
  const isV2 = query.isV2;
  const content = [
    element("Name", bucket.name),
    element("Prefix", query.encode(query.prefix)),
    query.delimiter === "" ? "" : element("Delimiter", query.encode(query.delimiter)),
    element("MaxKeys", query.maxKeys),
    request.query.get("encoding-type") === "url" ? element("EncodingType", "url") : "",
    isV2 ? v2Fields(request, query, page) : v1Fields(query, page),
    element("IsTruncated", page.isTruncated),
    ...page.keys.map((key) => contents(query.encode(key), bucket.get(key))),
    ...page.commonPrefixes.map(
      (prefix) => `<CommonPrefixes>${element("Prefix", query.encode(prefix))}</CommonPrefixes>`,
    ),
  ];
  return xmlReply("ListBucketResult", content.join(""));
}

function v1Fields(query: Query, page: Page): string {
  const marker = element("Marker", query.encode(query.after));
  // Version 1 names the next marker only where the client cannot know it: when keys were rolled up.
  if (!page.isTruncated || query.delimiter === "") return marker;
  return marker + element("NextMarker", query.encode(page.last));
}

function v2Fields(request: S3Request, query: Query, page: Page): string {
  const token = request.query.get("continuation-token");
  const startAfter = request.query.get("start-after");
  return [
    element("KeyCount", page.keys.length + page.commonPrefixes.length),
    token === null ? "" : element("ContinuationToken", token),
    startAfter === null ? "" : element("StartAfter", query.encode(startAfter)),
    page.isTruncated ? element("NextContinuationToken", Buffer.from(page.last).toString("base64url")) : "",
  ].join("");
}

function contents(key: string, object: StoredObject): string {
  const lastModified = new Date(object.lastModifiedMs).toISOString();
  const storageClass = object.storageClass === "" ? "STANDARD" : object.storageClass;
  return (
    `<Contents><Key>${escapeXml(key)}</Key><LastModified>${lastModified}</LastModified>` +
    `<ETag>&quot;${object.etag}&quot;</ETag><Size>${object.sizeBytes}</Size>` +
    `<StorageClass>${escapeXml(storageClass)}</StorageClass></Contents>`
  );
}

function parseQuery({ query, operation }: S3Request): Query {
  const isV2 = operation === "ListObjectsV2";
  const maxKeys = Number(query.get("max-keys") || MAX_KEYS);
  if (!Number.isInteger(maxKeys) || maxKeys < 0)
    throw new S3Error("InvalidArgument", { message: "max-keys is wrong" });
  const token = query.get("continuation-token");
  const v2After = token === null ? query.get("start-after") : Buffer.from(token, "base64url").toString();
  return {
    isV2,
    prefix: query.get("prefix") ?? "",
    delimiter: query.get("delimiter") ?? "",
    maxKeys: Math.min(maxKeys, MAX_KEYS),
    after: (isV2 ? v2After : query.get("marker")) ?? "",
    encode: query.get("encoding-type") === "url" ? encodeForUrl : (text) => text,
  };
}

/** As the service does it: a slash stays, a space becomes a plus. */
function encodeForUrl(text: string): string {
  return encodeURIComponent(text)
    .replaceAll("%2F", "/")
    .replaceAll("%20", "+")
    .replaceAll(/[!'()]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

function collect(bucket: Bucket, { prefix, delimiter, maxKeys, after }: Query): Page {
  const keys: string[] = [];
  const commonPrefixes: string[] = [];
  let last = "";
  let isTruncated = false;
  bucket.keys.scan(startOf(prefix, delimiter, after), (key) => {
    if (!key.startsWith(prefix)) return false;
    if (key === after) return true;
    if (keys.length + commonPrefixes.length >= maxKeys) {
      isTruncated = maxKeys > 0;
      return false;
    }
    const cut = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
    if (cut < 0) {
      keys.push(key);
      last = key;
      return true;
    }
    last = key.slice(0, cut + delimiter.length);
    commonPrefixes.push(last);
    return keyAfterAll(last);
  });
  return { keys, commonPrefixes, isTruncated, last };
}

/** Where to begin: a marker that is itself a common prefix stands for everything below it. */
function startOf(prefix: string, delimiter: string, after: string): string {
  if (compareKeys(after, prefix) <= 0) return prefix;
  const isCommonPrefix =
    delimiter !== "" && after.endsWith(delimiter) && after.indexOf(delimiter, prefix.length) >= 0;
  return isCommonPrefix ? keyAfterAll(after) : after;
}

/** The first key behind all that begin with this common prefix: its last character, a delimiter's, raised by one. */
function keyAfterAll(commonPrefix: string): string {
  return (
    commonPrefix.slice(0, -1) + String.fromCharCode(commonPrefix.charCodeAt(commonPrefix.length - 1) + 1)
  );
}

function withFault(page: Page, fault: ListingFault | undefined): Page {
  if (fault === undefined) return page;
  if (fault.kind === "empty_page") return { keys: [], commonPrefixes: [], isTruncated: false, last: "" };
  const keep = fault.keep ?? Math.floor((page.keys.length + page.commonPrefixes.length) / 2);
  const keys = page.keys.slice(0, keep);
  return {
    keys,
    commonPrefixes: page.commonPrefixes.slice(0, keep - keys.length),
    isTruncated: false,
    last: "",
  };
}
