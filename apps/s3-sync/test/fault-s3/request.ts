// SPDX-License-Identifier: Apache-2.0
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { S3Error } from "./errors.ts";
import { type Operation, operationOf } from "./operations.ts";

const MAX_KEY_BYTES = 1024;

/** A request, addressed: which operation on which bucket and key. */
export interface S3Request {
  readonly method: string;
  readonly operation: Operation;
  readonly bucket: string;
  readonly key: string;
  /** The path as sent, without the query; what the signature covers. */
  readonly rawPath: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
}

/**
 * Reads the address of a request: `/bucket/key`, or `/key` at the host `bucket.<baseHost>` when there is a base host.
 *
 * @throws {S3Error} InvalidArgument for a path that is not UTF-8, KeyTooLongError
 */
export function parseRequest(message: IncomingMessage, baseHost?: string): S3Request {
  const url = message.url ?? "/";
  const cut = url.indexOf("?");
  const rawPath = cut < 0 ? url : url.slice(0, cut);
  const query = new URLSearchParams(cut < 0 ? "" : url.slice(cut + 1));
  const path = decodePath(rawPath).slice(1);
  const hostBucket = bucketOfHost(message.headers.host ?? "", baseHost);
  const slash = path.indexOf("/");
  const bucket = hostBucket ?? (slash < 0 ? path : path.slice(0, slash));
  const key = hostBucket === undefined ? (slash < 0 ? "" : path.slice(slash + 1)) : path;
  if (Buffer.byteLength(key) > MAX_KEY_BYTES) throw new S3Error("KeyTooLongError");
  const method = message.method ?? "GET";
  const isCopy = message.headers["x-amz-copy-source"] !== undefined;
  const operation = operationOf({ method, bucket, key, query, isCopy });
  return { method, operation, bucket, key, rawPath, query, headers: message.headers };
}

function bucketOfHost(host: string, baseHost: string | undefined): string | undefined {
  if (baseHost === undefined) return undefined;
  const name = host.replace(/:\d+$/, "");
  return name.endsWith(`.${baseHost}`) ? name.slice(0, -baseHost.length - 1) : undefined;
}

function decodePath(rawPath: string): string {
  try {
    return decodeURIComponent(rawPath);
  } catch {
    throw new S3Error("InvalidArgument", { message: "The path is not UTF-8" });
  }
}

/** A header's value as one string; "" without it. */
export function header(request: Pick<S3Request, "headers">, name: string): string {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(",") : (value ?? "");
}
