// SPDX-License-Identifier: Apache-2.0
import {
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutBucketPolicyCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { type S3Credentials, type S3Server, startS3 } from "@repo/testkit/s3";
import { withServers } from "@repo/testkit/vitest";
import { describe } from "vitest";
import { preflight } from "../src/preflight/index.ts";
import type { Side } from "../src/side.ts";

const users = [{ name: "reader", rights: ["list", "read"] }] as const;
const servers = [
  { program: "SeaweedFS", test: withServers({ s3: () => startS3({ program: "seaweedfs", users }) }) },
  { program: "versitygw", test: withServers({ s3: () => startS3({ program: "versitygw", users }) }) },
];

function sideOf(
  s3: S3Server,
  role: Side["role"],
  bucket: string,
  credentials: S3Credentials = s3.credentials,
): Side {
  const endpoint = new URL(s3.endpoint);
  return {
    role,
    endpoint,
    bucket,
    prefix: "",
    region: s3.region,
    provider: "Other",
    pathStyle: true,
    credentials,
  };
}

function check(source: Side, destination: Side, isDryRun = false) {
  const { signal } = new AbortController();
  return preflight({
    source,
    destination,
    isDryRun,
    createDestinationBucket: false,
    insecureSkipVerify: false,
    signal,
  });
}

/** A source with an object of an awkward name, an empty destination, and a user who may read both and write neither. */
async function prepare(
  s3: S3Server,
): Promise<{ source: string; destination: string; reader: S3Credentials }> {
  const reader = s3.users.get("reader");
  if (reader === undefined) throw new TypeError("The server has no reader");
  const [source, destination] = await Promise.all([s3.createBucket(), s3.createBucket()]);
  const client = s3.client();
  await client.send(new PutObjectCommand({ Bucket: source, Key: "a b+c/é(1)", Body: "x" }));
  if (s3.program === "versitygw") {
    for (const Bucket of [source, destination]) {
      const Resource = [`arn:aws:s3:::${Bucket}`, `arn:aws:s3:::${Bucket}/*`];
      const Statement = [
        {
          Effect: "Allow",
          Principal: { AWS: [reader.accessKeyId] },
          Action: ["s3:ListBucket", "s3:GetObject"],
          Resource,
        },
      ];
      const Policy = JSON.stringify({ Version: "2012-10-17", Statement });
      await client.send(new PutBucketPolicyCommand({ Bucket, Policy }));
    }
  }
  client.destroy();
  return { source, destination, reader };
}

for (const { program, test } of servers) {
  describe(`with ${program}`, () => {
    test("two good sides are good, and stay as they were", async ({ s3, expect }) => {
      const { source, destination } = await prepare(s3);
      const report = await check(sideOf(s3, "source", source), sideOf(s3, "destination", destination));
      expect(report.source).toEqual({ isEmpty: false, warnings: [expect.stringContaining("plain http")] });
      expect(report.destination).toEqual({
        isEmpty: true,
        warnings: [expect.stringContaining("plain http")],
      });
      const client = s3.client();
      const listed = await client.send(new ListObjectsV2Command({ Bucket: destination }));
      const uploads = await client.send(new ListMultipartUploadsCommand({ Bucket: destination }));
      client.destroy();
      expect([listed.Contents ?? [], uploads.Uploads ?? []]).toEqual([[], []]);
    });

    test("a destination that may only be read is refused, and a dry run warned", async ({ s3, expect }) => {
      const { source, destination, reader } = await prepare(s3);
      const sides = [
        sideOf(s3, "source", source, reader),
        sideOf(s3, "destination", destination, reader),
      ] as const;
      await expect(check(...sides)).rejects.toMatchObject({
        side: "destination",
        failureClass: "auth",
        s3Code: "AccessDenied",
        message: expect.stringContaining("s3:PutObject"),
      });
      const { warnings } = (await check(...sides, true)).destination;
      expect(warnings).toContainEqual(expect.stringContaining("only a dry run can do without"));
    });

    test("wrong keys, a wrong secret and a missing bucket have their own sentences", async ({
      s3,
      expect,
    }) => {
      const { source, destination } = await prepare(s3);
      const good = sideOf(s3, "destination", destination);
      const { accessKeyId, secretAccessKey } = s3.credentials;
      const failures = [
        [
          sideOf(s3, "source", source, { accessKeyId: "NOBODY", secretAccessKey }),
          "auth",
          "InvalidAccessKeyId",
        ],
        [
          sideOf(s3, "source", source, { accessKeyId, secretAccessKey: "wrong" }),
          "auth",
          "SignatureDoesNotMatch",
        ],
        [sideOf(s3, "source", "no-such-bucket"), "not_found", "NoSuchBucket"],
      ] as const;
      for (const [side, failureClass, s3Code] of failures) {
        await expect(check(side, good)).rejects.toMatchObject({ side: "source", failureClass, s3Code });
      }
    });
  });
}
