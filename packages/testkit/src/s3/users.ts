// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from "node:crypto";

export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** What a user may do on the whole server; `all` includes making buckets and setting their policies. */
export type S3Right = "all" | "read" | "write" | "list";

/** A user beside the administrator. */
export interface S3UserOptions {
  readonly name: string;
  /**
   * Default `["all"]`. SeaweedFS knows each right by itself; versitygw gives a user who may not do all no right
   * until a bucket policy names its access key.
   */
  readonly rights?: readonly S3Right[];
  /** Default: made up. */
  readonly credentials?: S3Credentials;
}

export interface S3User extends S3Credentials {
  readonly name: string;
  readonly rights: readonly S3Right[];
}

export const administratorName = "administrator";

/** Credentials of the usual shape: 20 capital letters and digits, and 40 characters. */
function madeUpCredentials(): S3Credentials {
  const accessKeyId = `TEST${randomBytes(8).toString("hex").toUpperCase()}`;
  return { accessKeyId, secretAccessKey: randomBytes(30).toString("base64") };
}

/** The administrator and the users asked for, with credentials. */
export function resolveUsers(options: readonly S3UserOptions[]): readonly [S3User, ...S3User[]] {
  const resolve = (user: S3UserOptions): S3User => ({
    name: user.name,
    rights: user.rights ?? ["all"],
    ...(user.credentials ?? madeUpCredentials()),
  });
  return [resolve({ name: administratorName }), ...options.map(resolve)];
}
