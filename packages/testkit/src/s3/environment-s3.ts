// SPDX-License-Identifier: Apache-2.0
import { type Environment, variable } from "@repo/testbed";
import { createS3Server, removeBucket, type S3Server, usingClient } from "./s3-server.ts";
import { administratorName } from "./users.ts";

/**
 * A person's own server, named by `S3_ENDPOINT` with `S3_ACCESS_KEY_ID` and `S3_SECRET_ACCESS_KEY` (and
 * `S3_REGION`, default `us-east-1`). It is left running; buckets that the tests made are removed.
 *
 * @throws {Error} when the endpoint comes without its keys
 */
export function environmentS3(environment: Environment): S3Server | undefined {
  const endpoint = variable(environment, "S3_ENDPOINT");
  if (endpoint === undefined) return undefined;
  const accessKeyId = variable(environment, "S3_ACCESS_KEY_ID");
  const secretAccessKey = variable(environment, "S3_SECRET_ACCESS_KEY");
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    throw new Error("S3_ENDPOINT is set, so S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY must be set too.");
  }
  const buckets: string[] = [];
  const server = createS3Server({
    program: "environment",
    endpoint,
    region: variable(environment, "S3_REGION") ?? "us-east-1",
    users: [{ name: administratorName, rights: ["all"], accessKeyId, secretAccessKey }],
    log: () => "",
    stop: ({ client }) =>
      usingClient(client(), async (admin) => {
        for (const bucket of buckets.splice(0)) await removeBucket(admin, bucket);
      }),
  });
  const createBucket: S3Server["createBucket"] = async (options) => {
    const name = await server.createBucket(options);
    buckets.push(name);
    return name;
  };
  return { ...server, createBucket };
}
