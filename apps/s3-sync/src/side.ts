// SPDX-License-Identifier: Apache-2.0

export type Role = "source" | "destination";

/** What signs the requests to one side. Never printed, never in argv. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** One place that is read or written: settings as the rest of the program uses them, no I/O. */
export interface Side {
  readonly role: Role;
  /** Scheme, host and port only; the settings refuse user information, paths and queries. */
  readonly endpoint: URL;
  readonly bucket: string;
  /** Empty, or ends in exactly one slash and starts with none: `"a/b/"`. */
  readonly prefix: string;
  /** Empty signs as `us-east-1`, as rclone does. */
  readonly region: string;
  /** rclone's provider word; `Other` is the generic S3. */
  readonly provider: string;
  readonly pathStyle: boolean;
  readonly credentials: Credentials;
}

/** A side as people may see it: host, bucket and prefix, no keys. */
export interface PublicSide {
  readonly endpoint: string;
  readonly bucket: string;
  readonly prefix: string;
}

export function toPublicSide(side: Side): PublicSide {
  return { endpoint: side.endpoint.host, bucket: side.bucket, prefix: side.prefix };
}

/** True when both sides are one account at one place, so that the server can copy by itself. */
export function isSameAccount(a: Side, b: Side): boolean {
  return (
    a.endpoint.origin === b.endpoint.origin &&
    (a.region || "us-east-1") === (b.region || "us-east-1") &&
    a.credentials.accessKeyId === b.credentials.accessKeyId
  );
}

/**
 * True when one side contains the other (or is it): a mirror of a place onto itself deletes its own source.
 *
 * Keys do not matter here: two accounts may share one bucket.
 */
export function overlaps(a: Side, b: Side): boolean {
  return (
    a.endpoint.host === b.endpoint.host &&
    a.bucket === b.bucket &&
    (a.prefix.startsWith(b.prefix) || b.prefix.startsWith(a.prefix))
  );
}
