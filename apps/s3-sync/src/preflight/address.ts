// SPDX-License-Identifier: Apache-2.0
import type { Side } from "../side.ts";

export interface BucketAddress {
  /** Scheme, host and port. */
  readonly origin: string;
  readonly hostname: string;
  /** Without a slash at its end; "" where the host names the bucket. */
  readonly path: string;
}

/** Where a side's bucket is: `/bucket` at the endpoint, or the host `bucket.endpoint`. */
export function addressOf({ endpoint, bucket, pathStyle }: Side): BucketAddress {
  if (pathStyle)
    return { origin: endpoint.origin, hostname: endpoint.hostname, path: `/${encodeSegment(bucket)}` };
  const url = new URL(`${endpoint.protocol}//${bucket}.${endpoint.host}`);
  return { origin: url.origin, hostname: url.hostname, path: "" };
}

/** Path (and query) of a key, or of the bucket itself for the key "", encoded as the signature wants it. */
export function requestPath(
  address: BucketAddress,
  key: string,
  query: Readonly<Record<string, string>>,
): string {
  const path =
    key === "" ? address.path || "/" : `${address.path}/${key.split("/").map(encodeSegment).join("/")}`;
  const search = Object.entries(query).map(
    ([name, value]) => `${encodeSegment(name)}=${encodeSegment(value)}`,
  );
  return search.length === 0 ? path : `${path}?${search.join("&")}`;
}

/** Percent-encodes all but RFC 3986's unreserved characters. */
function encodeSegment(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (character) => {
    return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  });
}
