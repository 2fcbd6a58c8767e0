// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from "node:crypto";
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectsCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import type { S3Credentials, S3User } from "./users.ts";

export interface ClientOptions {
  /** Default: the administrator. */
  readonly credentials?: S3Credentials;
  /** Default: the server's own; e.g. that of a fault proxy in front of it. */
  readonly endpoint?: string;
}

export interface BucketOptions {
  /** Default: one nobody else has. */
  readonly name?: string;
  readonly versioned?: boolean;
}

/** A running S3 server that checks signatures. */
export interface S3Server extends AsyncDisposable {
  readonly program: "seaweedfs" | "versitygw" | "environment";
  /** e.g. `http://127.0.0.1:18333`; buckets are paths below it. */
  readonly endpoint: string;
  readonly region: string;
  /** Of a user who may do everything. */
  readonly credentials: S3Credentials;
  /** All users by name; the administrator's is `administrator`. */
  readonly users: ReadonlyMap<string, S3User>;
  /** A client of the AWS SDK; its owner destroys it. */
  readonly client: (options?: ClientOptions) => S3Client;
  /** Makes a bucket and returns its name. */
  readonly createBucket: (options?: BucketOptions) => Promise<string>;
  /** What the server wrote last; empty for one of the environment. */
  readonly log: () => string;
}

export interface S3ServerParts {
  readonly program: S3Server["program"];
  readonly endpoint: string;
  readonly region: string;
  readonly users: readonly [S3User, ...S3User[]];
  readonly log: () => string;
  readonly stop: (server: S3Server) => Promise<void>;
}

/** Builds the handle of a server that runs. */
export function createS3Server(parts: S3ServerParts): S3Server {
  const { endpoint, region, users } = parts;
  const [administrator] = users;
  const client = (options: ClientOptions = {}): S3Client =>
    new S3Client({
      endpoint: options.endpoint ?? endpoint,
      region,
      credentials: options.credentials ?? administrator,
      forcePathStyle: true,
      // Not every server knows the checksums that the SDK adds since 2025.
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED",
    });
  return {
    program: parts.program,
    endpoint,
    region,
    credentials: administrator,
    users: new Map(users.map((user) => [user.name, user])),
    client,
    createBucket: async (options = {}) => {
      const name = options.name ?? `bucket-${randomBytes(6).toString("hex")}`;
      await usingClient(client(), async (admin) => {
        await admin.send(new CreateBucketCommand({ Bucket: name }));
        if (options.versioned === true) await enableVersioning(admin, name);
      });
      return name;
    },
    log: parts.log,
    async [Symbol.asyncDispose]() {
      await parts.stop(this);
    },
  };
}

/** Removes a bucket with all versions of all objects; for servers that outlive the test. */
export async function removeBucket(client: S3Client, bucket: string): Promise<void> {
  for (;;) {
    const page = await client.send(new ListObjectVersionsCommand({ Bucket: bucket }));
    const found = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])];
    if (found.length === 0) break;
    const objects = found.map(({ Key, VersionId }) => ({ Key, VersionId }));
    await client.send(
      new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects: objects, Quiet: true } }),
    );
  }
  await client.send(new DeleteBucketCommand({ Bucket: bucket }));
}

export async function usingClient<T>(client: S3Client, work: (client: S3Client) => Promise<T>): Promise<T> {
  try {
    return await work(client);
  } finally {
    client.destroy();
  }
}

async function enableVersioning(client: S3Client, bucket: string): Promise<void> {
  await client.send(
    new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status: "Enabled" } }),
  );
}
