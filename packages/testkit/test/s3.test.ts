// SPDX-License-Identifier: Apache-2.0
import {
  GetObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { startS3 } from "@repo/testkit/s3";
import { withServers } from "@repo/testkit/vitest";
import { describe, vi } from "vitest";

const options = { users: [{ name: "reader", rights: ["read", "list"] }] } as const;

const suites = {
  SeaweedFS: withServers({ s3: () => startS3({ program: "seaweedfs", ...options }) }),
  versitygw: withServers({ s3: () => startS3({ program: "versitygw", ...options }) }),
};

describe.for(Object.entries(suites))("%s", ([, test]) => {
  test("stores, gives back and lists an object", async ({ s3, expect }) => {
    const Bucket = await s3.createBucket();
    using client = disposable(s3.client());
    await client.send(
      new PutObjectCommand({ Bucket, Key: "folder/key", Body: "content", Metadata: { a: "b" } }),
    );
    const object = await client.send(new GetObjectCommand({ Bucket, Key: "folder/key" }));
    const page = await client.send(new ListObjectsV2Command({ Bucket, Prefix: "folder/" }));
    expect(await object.Body?.transformToString()).toBe("content");
    expect(object.Metadata).toEqual({ a: "b" });
    expect(page.Contents?.map(({ Key, Size }) => ({ Key, Size }))).toEqual([{ Key: "folder/key", Size: 7 }]);
  });

  test("refuses a signature made with a wrong secret", async ({ s3, expect }) => {
    const Bucket = await s3.createBucket();
    using client = disposable(s3.client({ credentials: { ...s3.credentials, secretAccessKey: "wrong" } }));
    const error = await failure(client.send(new PutObjectCommand({ Bucket, Key: "key", Body: "content" })));
    expect(error).toMatchObject({ name: "SignatureDoesNotMatch", $metadata: { httpStatusCode: 403 } });
  });

  test("refuses an access key that it does not know", async ({ s3, expect }) => {
    using client = disposable(
      s3.client({ credentials: { accessKeyId: "NOBODY", secretAccessKey: "wrong" } }),
    );
    const error = await failure(client.send(new ListObjectsV2Command({ Bucket: await s3.createBucket() })));
    expect(error).toMatchObject({ name: "InvalidAccessKeyId", $metadata: { httpStatusCode: 403 } });
  });

  test("lets a user without the right to write do nothing to a bucket", async ({ s3, expect }) => {
    const Bucket = await s3.createBucket();
    const reader = s3.users.get("reader");
    using client = disposable(s3.client(reader === undefined ? {} : { credentials: reader }));
    const error = await failure(client.send(new PutObjectCommand({ Bucket, Key: "key", Body: "content" })));
    expect(error).toMatchObject({ name: "AccessDenied", $metadata: { httpStatusCode: 403 } });
  });

  test("keeps the versions of objects in a versioned bucket", async ({ s3, expect }) => {
    const Bucket = await s3.createBucket({ versioned: true });
    using client = disposable(s3.client());
    for (const Body of ["first", "second"])
      await client.send(new PutObjectCommand({ Bucket, Key: "key", Body }));
    const { Versions = [] } = await client.send(new ListObjectVersionsCommand({ Bucket }));
    expect(Versions.map(({ IsLatest }) => IsLatest)).toEqual([true, false]);
  });

  test("has room for fifty buckets", async ({ s3, expect }) => {
    using client = disposable(s3.client());
    const stored = await Promise.all(
      Array.from({ length: 50 }, async () => {
        const Bucket = await s3.createBucket();
        return client.send(new PutObjectCommand({ Bucket, Key: "key", Body: "content" }));
      }),
    );
    expect(stored).toHaveLength(50);
  });
});

/** What a request failed with; a request that succeeds is a failure of the test. */
async function failure(request: Promise<unknown>): Promise<S3ServiceException> {
  try {
    await request;
  } catch (error) {
    if (error instanceof S3ServiceException) return error;
    throw error;
  }
  throw new Error("the request was not refused");
}

function disposable<T extends { destroy(): void }>(client: T): T & Disposable {
  return Object.assign(client, { [Symbol.dispose]: () => client.destroy() });
}

const { SeaweedFS } = suites;

SeaweedFS(
  "removes its buckets from the server that S3_ENDPOINT names",
  async ({ s3, expect, onTestFinished }) => {
    onTestFinished(() => void vi.unstubAllEnvs());
    vi.stubEnv("S3_ENDPOINT", s3.endpoint);
    await expect(startS3()).rejects.toThrow("S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY must be set too");
    vi.stubEnv("S3_ACCESS_KEY_ID", s3.credentials.accessKeyId);
    vi.stubEnv("S3_SECRET_ACCESS_KEY", s3.credentials.secretAccessKey);
    const own = await startS3();
    using client = disposable(s3.client());
    const Bucket = await own.createBucket({ versioned: true });
    for (const Body of ["first", "second"])
      await client.send(new PutObjectCommand({ Bucket, Key: "key", Body }));
    await own[Symbol.asyncDispose]();
    const { Buckets = [] } = await client.send(new ListBucketsCommand({}));
    expect(Buckets.map(({ Name }) => Name)).not.toContain(Bucket);
  },
);
