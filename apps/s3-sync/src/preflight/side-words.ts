// SPDX-License-Identifier: Apache-2.0
import type { Role, Side } from "../side.ts";

export type Field =
  | "S3_ENDPOINT"
  | "ACCESS_KEY"
  | "SECRET_KEY"
  | "SESSION_TOKEN"
  | "BUCKET"
  | "PREFIX"
  | "REGION"
  | "PATH_STYLE";

/** The variable that sets a field of a side: `SOURCE_REGION`, `DEST_REGION`. */
export function variable(role: Role, field: Field): string {
  return `${role === "source" ? "SOURCE" : "DEST"}_${field}`;
}

/** How a sentence about a side begins; the endpoint without scheme, no keys. */
export function describeSide({ role, bucket, endpoint }: Side): string {
  return `${role === "source" ? "Source" : "Destination"} bucket "${bucket}" at ${endpoint.host}`;
}

/** The region that requests of a side are signed for. */
export function signingRegion({ region }: Side): string {
  return region === "" ? "us-east-1" : region;
}
