// SPDX-License-Identifier: Apache-2.0
import { GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { type Executable, type ExecutableOptions, runExecutable } from "@repo/testkit/process";
import { rclone } from "@repo/testkit/rclone";
import { type S3Server, startS3 } from "@repo/testkit/s3";
import { withServers } from "@repo/testkit/vitest";

const test = withServers({
  s3: () => startS3({ program: "seaweedfs" }),
  newest: () => rclone({ version: "newest" }),
  oldest: () => rclone({ version: "1.60.1" }),
});

test("the newest rclone is 1.75 or later", async ({ newest, expect }) => {
  await using run = await finished({ file: newest, args: ["version"], env: { HOME: "/nonexistent" } });
  expect(Number(/^rclone v1\.(\d+)/.exec(run.stdout.text)?.[1])).toBeGreaterThanOrEqual(75);
});

test("the oldest rclone is exactly 1.60.1", async ({ oldest, expect }) => {
  await using run = await finished({ file: oldest, args: ["version"], env: { HOME: "/nonexistent" } });
  expect(run.stdout.lines[0]).toMatch(/^rclone v1\.60\.1(-|$)/);
});

test("the newest rclone copies from bucket to bucket", async ({ s3, newest, expect }) => {
  expect(await copyBetweenBuckets(s3, newest)).toBe("content");
});

test("the oldest rclone copies from bucket to bucket", async ({ s3, oldest, expect }) => {
  expect(await copyBetweenBuckets(s3, oldest)).toBe("content");
});

/** Content of the object that rclone brought to the second bucket. */
async function copyBetweenBuckets(s3: S3Server, file: string): Promise<string | undefined> {
  const [from, to] = [await s3.createBucket(), await s3.createBucket()];
  const client = s3.client();
  try {
    await client.send(new PutObjectCommand({ Bucket: from, Key: "folder/key", Body: "content" }));
    const args = ["sync", `server:${from}`, `server:${to}`, "--checksum"];
    await using run = await finished({ file, args, env: remoteInEnvironment(s3) });
    if (run.exit?.code !== 0) throw new Error(run.stderr.text);
    const object = await client.send(new GetObjectCommand({ Bucket: to, Key: "folder/key" }));
    return await object.Body?.transformToString();
  } finally {
    client.destroy();
  }
}

function remoteInEnvironment({ endpoint, credentials }: S3Server): Record<string, string> {
  return {
    HOME: "/nonexistent",
    RCLONE_CONFIG_SERVER_TYPE: "s3",
    RCLONE_CONFIG_SERVER_PROVIDER: "Other",
    RCLONE_CONFIG_SERVER_ENDPOINT: endpoint,
    RCLONE_CONFIG_SERVER_ACCESS_KEY_ID: credentials.accessKeyId,
    RCLONE_CONFIG_SERVER_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  };
}

async function finished(options: ExecutableOptions): Promise<Executable> {
  const run = await runExecutable(options);
  await run.waitForExit();
  return run;
}
