// SPDX-License-Identifier: Apache-2.0
import { childText } from "../../src/preflight/xml.ts";
import type { CheckedBody } from "./body.ts";
import { copyObject } from "./copy.ts";
import { S3Error } from "./errors.ts";
import type { ListingFault } from "./fault-rules.ts";
import { listObjects } from "./listing.ts";
import {
  abortUpload,
  completeUpload,
  createUpload,
  listParts,
  listUploads,
  uploadPart,
  uploadPartCopy,
} from "./multipart.ts";
import { deleteObject, deleteObjects, getObject, putObject } from "./objects.ts";
import { emptyReply, type Reply, xmlReply } from "./reply.ts";
import type { S3Request } from "./request.ts";
import type { Bucket, Store } from "./store.ts";
import { element, parseDocument } from "./xml.ts";

export interface Handling {
  readonly request: S3Request;
  readonly store: Store;
  readonly region: string;
  readonly body: CheckedBody;
  readonly listingFault?: ListingFault | undefined;
}

/** Does what the request asks for. @throws {S3Error} */
export function handle(handling: Handling): Reply {
  const { request, store, region, body, listingFault } = handling;
  if (request.operation === "CreateBucket") return createBucket(handling);
  if (request.operation === "ListBuckets") return listBuckets(store);
  const bucket = store.bucket(request.bucket);
  switch (request.operation) {
    case "HeadBucket":
      return emptyReply(200, { "x-amz-bucket-region": region });
    case "DeleteBucket":
      return deleteBucket(bucket, store);
    case "GetBucketLocation":
      return xmlReply("LocationConstraint", region === "us-east-1" ? "" : region);
    case "GetBucketVersioning":
      return xmlReply("VersioningConfiguration", "");
    case "ListObjects":
    case "ListObjectsV2":
      return listObjects(request, bucket, listingFault);
    case "ListMultipartUploads":
      return listUploads(request, bucket);
    case "DeleteObjects":
      return deleteObjects(bucket, body);
    case "HeadObject":
    case "GetObject":
      return getObject(request, bucket);
    case "PutObject":
      return putObject(request, store, bucket, body);
    case "CopyObject":
      return copyObject(request, store, bucket);
    case "DeleteObject":
      return deleteObject(request, bucket);
    case "CreateMultipartUpload":
      return createUpload(request, store, bucket);
    case "UploadPart":
      return uploadPart(request, bucket, body);
    case "UploadPartCopy":
      return uploadPartCopy(request, store, bucket);
    case "ListParts":
      return listParts(request, bucket);
    case "CompleteMultipartUpload":
      return completeUpload(request, store, bucket, body);
    case "AbortMultipartUpload":
      return abortUpload(request, bucket);
    case "Unknown":
      throw new S3Error("NotImplemented");
  }
}

function createBucket({ request: { bucket }, store, region, body }: Handling): Reply {
  if (store.buckets.has(bucket)) throw new S3Error("BucketAlreadyOwnedByYou");
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket)) throw new S3Error("InvalidBucketName");
  checkLocation(region, body);
  store.createBucket(bucket);
  return emptyReply(200, { location: `/${bucket}` });
}

/** The document must name the server's region, and must not name us-east-1. */
function checkLocation(region: string, body: CheckedBody): void {
  const document =
    body.sizeBytes === 0 ? {} : parseDocument(Buffer.concat(body.pieces), "CreateBucketConfiguration");
  const location = childText(document, "LocationConstraint");
  if (location === "us-east-1") throw new S3Error("InvalidLocationConstraint");
  if ((location || "us-east-1") !== region) throw new S3Error("IllegalLocationConstraintException");
}

function deleteBucket(bucket: Bucket, store: Store): Reply {
  if (bucket.objects.size > 0) throw new S3Error("BucketNotEmpty");
  store.buckets.delete(bucket.name);
  return emptyReply(204);
}

function listBuckets(store: Store): Reply {
  const buckets = [...store.buckets.values()].map(({ name, createdMs }) => {
    return `<Bucket>${element("Name", name)}${element("CreationDate", new Date(createdMs).toISOString())}</Bucket>`;
  });
  return xmlReply("ListAllMyBucketsResult", `<Buckets>${buckets.join("")}</Buckets>`);
}
