// SPDX-License-Identifier: Apache-2.0
import { environmentS3 } from "./environment-s3.ts";
import type { S3Server } from "./s3-server.ts";
import { startSeaweedFs } from "./seaweedfs.ts";
import { resolveUsers, type S3UserOptions } from "./users.ts";
import { startVersitygw } from "./versitygw.ts";

export type { BucketOptions, ClientOptions, S3Server } from "./s3-server.ts";
export { removeBucket } from "./s3-server.ts";
export type { S3Credentials, S3Right, S3User, S3UserOptions } from "./users.ts";

export interface S3Options {
  /** Default `seaweedfs`, which comes everywhere; `versitygw` is more faithful and needs Go. */
  readonly program?: "seaweedfs" | "versitygw";
  /** Default `us-east-1`. SeaweedFS takes any region in a signature, versitygw only this one. */
  readonly region?: string;
  /** Users beside the administrator. */
  readonly users?: readonly S3UserOptions[];
}

/**
 * Starts an S3 server on 127.0.0.1 that checks signatures, with its data in a folder of its own. A test that
 * asks for nothing special (no option) uses the server of `S3_ENDPOINT` if that is set.
 *
 * @throws {MissingServerError} when the machine lacks what the program comes with
 * @throws {ServerStartError} when it does not come up
 */
export async function startS3(options: S3Options = {}): Promise<S3Server> {
  const wantsNothing =
    options.program === undefined && options.region === undefined && options.users === undefined;
  const own = wantsNothing ? environmentS3(process.env) : undefined;
  if (own !== undefined) return own;
  const resolved = { region: options.region ?? "us-east-1", users: resolveUsers(options.users ?? []) };
  return options.program === "versitygw" ? startVersitygw(resolved) : startSeaweedFs(resolved);
}
