// SPDX-License-Identifier: Apache-2.0
// The same job against S3 servers that others wrote, which check signatures and keep their own order.
import { HeadObjectCommand, ListObjectsV2Command, PutObjectCommand } from "@aws-sdk/client-s3";
import { rclone } from "@repo/testkit/rclone";
import { type S3Server, startS3 } from "@repo/testkit/s3";
import { withServers } from "@repo/testkit/vitest";
import { describe } from "vitest";
import { runJobOnce } from "./support/sync-run.ts";

const rclones = {
  newest: () => rclone({ version: "newest" }),
  oldest: () => rclone({ version: "1.60.1" }),
};
const servers = [
  { program: "SeaweedFS", test: withServers({ ...rclones, s3: () => startS3({ program: "seaweedfs" }) }) },
  { program: "versitygw", test: withServers({ ...rclones, s3: () => startS3({ program: "versitygw" }) }) },
];

async function listKeys(s3: S3Server, bucket: string): Promise<string[]> {
  using stack = new DisposableStack();
  const client = stack.adopt(s3.client(), (open) => open.destroy());
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket }));
  return Contents.map(({ Key = "" }) => Key).toSorted();
}

describe.for(servers)("$program", ({ test }) => {
  test.for(["newest", "oldest"] as const)(
    "mirrors, repeats, and deletes (%s rclone)",
    async (version, { s3, newest, oldest, expect }) => {
      const origin = await s3.createBucket();
      const mirror = await s3.createBucket();
      using stack = new DisposableStack();
      const client = stack.adopt(s3.client(), (open) => open.destroy());
      const put = (Bucket: string, Key: string, Body: string | Buffer) =>
        client.send(
          new PutObjectCommand({
            Bucket,
            Key,
            Body,
            ContentType: "text/plain",
            CacheControl: "max-age=5",
            Metadata: { owner: "me" },
          }),
        );
      const names = ["plain", "d/blank name+plus", "d/é 😀", "d/e/#hash;semi", "percent%41"];
      for (const name of names) await put(origin, name, name);
      await put(origin, "large", Buffer.alloc(6 * 1024 * 1024, 1));
      await put(mirror, "old/surplus one", "x");
      await put(mirror, "plain", "older content");
      const side = (bucket: string) => ({ endpoint: s3.endpoint, bucket, credentials: s3.credentials });
      const job = {
        rclone: version === "newest" ? newest : oldest,
        source: side(origin),
        destination: side(mirror),
        settings: { VERIFY: "download" },
      };
      const first = await runJobOnce(job);
      expect(first.summary).toMatchObject({
        status: "success",
        objects_copied: names.length + 1,
        objects_deleted: 1,
        verify: { matched: names.length + 1, differing: 0 },
      });
      expect(await listKeys(s3, mirror)).toEqual([...names, "large"].toSorted());
      const head = await client.send(new HeadObjectCommand({ Bucket: mirror, Key: "plain" }));
      expect(head).toMatchObject({
        CacheControl: "max-age=5",
        ContentType: "text/plain",
        Metadata: { owner: "me" },
      });
      const second = await runJobOnce({ ...job, settings: { COMPARE: "hybrid" } });
      expect(second.summary).toMatchObject({ status: "success", objects_copied: 0, objects_deleted: 0 });
    },
  );
});
