// SPDX-License-Identifier: Apache-2.0

/** The S3 operations the server knows, by their names in the S3 API reference. */
export const OPERATIONS = [
  "ListBuckets",
  "HeadBucket",
  "CreateBucket",
  "DeleteBucket",
  "GetBucketLocation",
  "GetBucketVersioning",
  "ListObjects",
  "ListObjectsV2",
  "ListMultipartUploads",
  "DeleteObjects",
  "HeadObject",
  "GetObject",
  "PutObject",
  "CopyObject",
  "DeleteObject",
  "CreateMultipartUpload",
  "UploadPart",
  "UploadPartCopy",
  "ListParts",
  "CompleteMultipartUpload",
  "AbortMultipartUpload",
  "Unknown",
] as const;

export type Operation = (typeof OPERATIONS)[number];

/** What a listing is called, whichever version the client speaks. */
export const LISTINGS: readonly Operation[] = ["ListObjects", "ListObjectsV2"];

/** What changes objects; a read-only credential is refused all of these. */
export const WRITES: readonly Operation[] = [
  "DeleteObjects",
  "PutObject",
  "CopyObject",
  "DeleteObject",
  "CreateMultipartUpload",
  "UploadPart",
  "UploadPartCopy",
  "CompleteMultipartUpload",
];

/** What names an operation: the method, the sub-resource in the query, whether a key is there, and one header. */
export interface OperationShape {
  readonly method: string;
  readonly bucket: string;
  readonly key: string;
  readonly query: URLSearchParams;
  readonly isCopy: boolean;
}

/** Names the operation of a request; "Unknown" for what this server does not do. */
export function operationOf(shape: OperationShape): Operation {
  if (shape.bucket === "") return shape.method === "GET" ? "ListBuckets" : "Unknown";
  return shape.key === "" ? bucketOperation(shape) : objectOperation(shape);
}

function bucketOperation({ method, query }: OperationShape): Operation {
  switch (method) {
    case "HEAD":
      return "HeadBucket";
    case "PUT":
      return query.size === 0 ? "CreateBucket" : "Unknown";
    case "DELETE":
      return query.size === 0 ? "DeleteBucket" : "Unknown";
    case "POST":
      return query.has("delete") ? "DeleteObjects" : "Unknown";
    case "GET":
      if (query.has("location")) return "GetBucketLocation";
      if (query.has("versioning")) return "GetBucketVersioning";
      if (query.has("uploads")) return "ListMultipartUploads";
      if (["acl", "policy", "versions", "tagging", "lifecycle", "cors"].some((name) => query.has(name)))
        return "Unknown";
      return query.get("list-type") === "2" ? "ListObjectsV2" : "ListObjects";
    default:
      return "Unknown";
  }
}

function objectOperation({ method, query, isCopy }: OperationShape): Operation {
  const hasUpload = query.has("uploadId");
  switch (method) {
    case "HEAD":
      return "HeadObject";
    case "GET":
      if (hasUpload) return "ListParts";
      return ["acl", "tagging", "attributes"].some((name) => query.has(name)) ? "Unknown" : "GetObject";
    case "PUT":
      if (hasUpload) return isCopy ? "UploadPartCopy" : "UploadPart";
      if (["acl", "tagging"].some((name) => query.has(name))) return "Unknown";
      return isCopy ? "CopyObject" : "PutObject";
    case "POST":
      if (query.has("uploads")) return "CreateMultipartUpload";
      return hasUpload ? "CompleteMultipartUpload" : "Unknown";
    case "DELETE":
      return hasUpload ? "AbortMultipartUpload" : "DeleteObject";
    default:
      return "Unknown";
  }
}
