// SPDX-License-Identifier: Apache-2.0

import { createHash, randomBytes } from "node:crypto";
import { childNodes, childText } from "../../src/preflight/xml.ts";
import type { CheckedBody } from "./body.ts";
import { copySource } from "./copy.ts";
import { S3Error } from "./errors.ts";
import { describe, parseRange, wholeSeconds } from "./objects.ts";
import { emptyReply, type Reply, xmlReply } from "./reply.ts";
import { header, type S3Request } from "./request.ts";
import { type Bucket, md5Of, type Part, type Store, sliceBody, type Upload } from "./store.ts";
import { element, parseDocument } from "./xml.ts";

const MIN_PART_BYTES = 5 * 1024 * 1024;
const MAX_PARTS = 10_000;

export function createUpload(request: S3Request, store: Store, bucket: Bucket): Reply {
  const id = randomBytes(24).toString("base64url");
  bucket.uploads.set(id, {
    id,
    key: request.key,
    initiatedMs: store.now(),
    ...describe(request),
    parts: new Map<number, Part>(),
  });
  const fields = element("Bucket", bucket.name) + element("Key", request.key) + element("UploadId", id);
  return xmlReply("InitiateMultipartUploadResult", fields);
}

export function uploadPart(request: S3Request, bucket: Bucket, body: CheckedBody): Reply {
  const part = keepPart(request, bucket, body.pieces, body.sizeBytes);
  return emptyReply(200, { etag: `"${part.etag}"` });
}

export function uploadPartCopy(request: S3Request, store: Store, bucket: Bucket): Reply {
  const { object } = copySource(request, store, bucket);
  const range = parseRange(header(request, "x-amz-copy-source-range"), object.sizeBytes) ?? {
    start: 0,
    end: object.sizeBytes,
  };
  const part = keepPart(
    request,
    bucket,
    sliceBody(object.body, range.start, range.end),
    range.end - range.start,
  );
  const fields =
    element("LastModified", new Date(store.now()).toISOString()) + element("ETag", `"${part.etag}"`);
  return xmlReply("CopyPartResult", fields);
}

function keepPart(request: S3Request, bucket: Bucket, body: readonly Buffer[], sizeBytes: number): Part {
  const upload = findUpload(request, bucket);
  const number = Number(request.query.get("partNumber"));
  if (!Number.isInteger(number) || number < 1 || number > MAX_PARTS) {
    throw new S3Error("InvalidArgument", {
      message: "Part number must be an integer between 1 and 10000, inclusive",
    });
  }
  const md5 = md5Of(body);
  const part: Part = { number, body, sizeBytes, md5, etag: md5.toString("hex") };
  upload.parts.set(number, part);
  return part;
}

/** Joins the parts that the document names; the ETag is the MD5 of their MD5s, a dash and their number. */
export function completeUpload(request: S3Request, store: Store, bucket: Bucket, body: CheckedBody): Reply {
  const upload = findUpload(request, bucket);
  const parts = namedParts(upload, body);
  const hash = createHash("md5");
  for (const part of parts) hash.update(part.md5);
  const etag = `${store.etagOf(hash.digest())}-${parts.length}`;
  bucket.put(upload.key, {
    body: parts.flatMap((part) => part.body),
    sizeBytes: parts.reduce((sum, part) => sum + part.sizeBytes, 0),
    etag,
    lastModifiedMs: wholeSeconds(store.now()),
    headers: upload.headers,
    storageClass: upload.storageClass,
  });
  bucket.uploads.delete(upload.id);
  const fields = {
    Location: `/${bucket.name}/${upload.key}`,
    Bucket: bucket.name,
    Key: upload.key,
    ETag: `"${etag}"`,
  };
  return xmlReply(
    "CompleteMultipartUploadResult",
    Object.entries(fields)
      .map(([name, text]) => element(name, text))
      .join(""),
  );
}

function namedParts(upload: Upload, body: CheckedBody): Part[] {
  const named = childNodes(parseDocument(Buffer.concat(body.pieces), "CompleteMultipartUpload"), "Part").map(
    (node) => ({
      number: Number(childText(node, "PartNumber")),
      etag: childText(node, "ETag").replaceAll('"', ""),
    }),
  );
  if (named.length === 0) throw new S3Error("MalformedXML");
  const isOrdered = named.every(({ number }, index) => number > (named[index - 1]?.number ?? 0));
  if (!isOrdered) throw new S3Error("InvalidPartOrder");
  return named.map(({ number, etag }, index) => {
    const part = upload.parts.get(number);
    if (part === undefined || part.etag !== etag) throw new S3Error("InvalidPart");
    if (part.sizeBytes < MIN_PART_BYTES && index < named.length - 1) throw new S3Error("EntityTooSmall");
    return part;
  });
}

export function abortUpload(request: S3Request, bucket: Bucket): Reply {
  bucket.uploads.delete(findUpload(request, bucket).id);
  return emptyReply(204);
}

export function listUploads(request: S3Request, bucket: Bucket): Reply {
  const prefix = request.query.get("prefix") ?? "";
  const uploads = [...bucket.uploads.values()].filter(({ key }) => key.startsWith(prefix));
  const fields = [
    element("Bucket", bucket.name),
    element("Prefix", prefix),
    element("MaxUploads", 1000),
    element("IsTruncated", false),
    ...uploads.map(({ key, id, initiatedMs }) => {
      const initiated = element("Initiated", new Date(initiatedMs).toISOString());
      return `<Upload>${element("Key", key)}${element("UploadId", id)}${initiated}</Upload>`;
    }),
  ];
  return xmlReply("ListMultipartUploadsResult", fields.join(""));
}

export function listParts(request: S3Request, bucket: Bucket): Reply {
  const upload = findUpload(request, bucket);
  const fields = [element("Bucket", bucket.name), element("Key", upload.key), element("UploadId", upload.id)];
  const parts = [...upload.parts.values()].sort((a, b) => a.number - b.number);
  for (const { number, etag, sizeBytes } of parts) {
    fields.push(
      `<Part>${element("PartNumber", number)}${element("ETag", `"${etag}"`)}${element("Size", sizeBytes)}</Part>`,
    );
  }
  return xmlReply("ListPartsResult", fields.join("") + element("IsTruncated", false));
}

function findUpload(request: S3Request, bucket: Bucket): Upload {
  const upload = bucket.uploads.get(request.query.get("uploadId") ?? "");
  if (upload === undefined || upload.key !== request.key) throw new S3Error("NoSuchUpload");
  return upload;
}
