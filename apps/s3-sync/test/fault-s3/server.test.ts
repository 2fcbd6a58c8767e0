// SPDX-License-Identifier: Apache-2.0
import { createHash } from "node:crypto";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  paginateListObjectsV2,
  S3Client,
  type S3ClientConfig,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import fc from "fast-check";
import { test as base, describe } from "vitest";
import { adminCalls } from "./admin.ts";
import {
  DEFAULT_CREDENTIALS,
  type FaultS3,
  type FaultS3Options,
  startFaultS3,
  startFaultS3Process,
} from "./index.ts";

function clientOf(server: { endpoint: string }, config: S3ClientConfig = {}): S3Client {
  return new S3Client({
    endpoint: server.endpoint,
    region: "us-east-1",
    forcePathStyle: true,
    maxAttempts: 1,
    credentials: DEFAULT_CREDENTIALS,
    ...config,
  });
}

interface Started {
  readonly server: FaultS3;
  readonly s3: S3Client;
}

const test = base.extend<{ start: (options?: FaultS3Options) => Promise<Started> }>({
  // oxlint-disable-next-line no-empty-pattern -- vitest reads from the braces that this fixture needs no other
  start: async ({}, use) => {
    await using stack = new AsyncDisposableStack();
    await use(async (options) => {
      const server = stack.use(await startFaultS3({ buckets: ["bucket"], ...options }));
      const s3 = clientOf(server);
      stack.defer(() => s3.destroy());
      return { server, s3 };
    });
  },
});

const inBucket = { Bucket: "bucket" };

describe("signatures", () => {
  test.for([
    ["an unknown key id", { accessKeyId: "nobody" }, {}, "InvalidAccessKeyId"],
    ["a wrong secret", { secretAccessKey: "wrong" }, {}, "SignatureDoesNotMatch"],
    ["a token that nobody gave", { sessionToken: "made up" }, {}, "InvalidToken"],
    ["a clock that is wrong", {}, { clockAheadMs: 20 * 60_000 }, "RequestTimeTooSkewed"],
    ["another region", {}, { region: "garage" }, "AuthorizationHeaderMalformed"],
    [
      "a token that is past its time",
      { sessionToken: "old" },
      { credentials: [{ ...DEFAULT_CREDENTIALS, sessionToken: "old", isExpired: true }] },
      "ExpiredToken",
    ],
  ] as const)("refuses %s", async ([, wrong, options, code], { start, expect }) => {
    const { server } = await start(options);
    // The client corrects its clock by the Date header and tries again: once is enough to see the answer.
    using client = destroying(clientOf(server, { credentials: { ...DEFAULT_CREDENTIALS, ...wrong } }));
    await expect(client.s3.send(new ListObjectsV2Command(inBucket))).rejects.toMatchObject({ name: code });
  });

  test("cover the query, the path and the headers", async ({ start, expect }) => {
    const { server, s3 } = await start();
    const keys = ["a b+c%20&=?#", "é/ü", "-_.~!*'()", "x/", "//y"];
    for (const Key of keys) {
      await s3.send(
        new PutObjectCommand({ ...inBucket, Key, Body: Key, Metadata: { note: "two  blanks " } }),
      );
    }
    expect(server.store.bucket("bucket").keysUnder("")).toHaveLength(keys.length);
    for (const Key of keys) {
      const { Body } = await s3.send(new GetObjectCommand({ ...inBucket, Key }));
      expect(await Body?.transformToString()).toBe(Key);
    }
  });
});

function destroying(s3: S3Client): Disposable & { readonly s3: S3Client } {
  return { s3, [Symbol.dispose]: () => s3.destroy() };
}

describe("objects", () => {
  test("keep their body, headers and metadata through PUT, HEAD, GET and COPY", async ({ start, expect }) => {
    const { s3 } = await start();
    const described = {
      ContentType: "text/plain",
      CacheControl: "max-age=3",
      ContentDisposition: "attachment",
      ContentEncoding: "identity",
      ContentLanguage: "en",
      Metadata: { colour: "blue" },
      StorageClass: "STANDARD_IA",
    } as const;
    await s3.send(new PutObjectCommand({ ...inBucket, Key: "a", Body: "0123456789", ...described }));
    await s3.send(new CopyObjectCommand({ ...inBucket, Key: "b", CopySource: "bucket/a" }));
    const etag = `"${createHash("md5").update("0123456789").digest("hex")}"`;
    for (const Key of ["a", "b"]) {
      expect(await s3.send(new HeadObjectCommand({ ...inBucket, Key }))).toMatchObject({
        ...described,
        ContentLength: 10,
        ETag: etag,
      });
    }
    const part = await s3.send(new GetObjectCommand({ ...inBucket, Key: "b", Range: "bytes=2-4" }));
    expect(part).toMatchObject({ ContentRange: "bytes 2-4/10", ContentLength: 3 });
    expect(await part.Body?.transformToString()).toBe("234");
    const replacing = { MetadataDirective: "REPLACE", Metadata: { colour: "red" } } as const;
    await s3.send(new CopyObjectCommand({ ...inBucket, Key: "a", CopySource: "bucket/a", ...replacing }));
    const replaced = await s3.send(new HeadObjectCommand({ ...inBucket, Key: "a" }));
    expect(replaced).toMatchObject({ Metadata: { colour: "red" }, ContentType: "binary/octet-stream" });
    expect(replaced.CacheControl).toBeUndefined();
  });

  test("are refused when a digest is wrong, and cannot be read from an archive", async ({
    start,
    expect,
  }) => {
    const { server, s3 } = await start();
    const ContentMD5 = createHash("md5").update("other").digest("base64");
    await expect(
      s3.send(new PutObjectCommand({ ...inBucket, Key: "a", Body: "body", ContentMD5 })),
    ).rejects.toMatchObject({ name: "BadDigest" });
    const ChecksumCRC32 = Buffer.from([1, 2, 3, 4]).toString("base64");
    await expect(
      s3.send(new PutObjectCommand({ ...inBucket, Key: "a", Body: "body", ChecksumCRC32 })),
    ).rejects.toMatchObject({ name: "BadDigest" });
    expect(server.store.bucket("bucket").objects.size).toBe(0);
    await s3.send(new PutObjectCommand({ ...inBucket, Key: "a", Body: "body", StorageClass: "GLACIER" }));
    await expect(s3.send(new GetObjectCommand({ ...inBucket, Key: "a" }))).rejects.toMatchObject({
      name: "InvalidObjectState",
    });
  });

  test("go one by one or by the thousand", async ({ start, expect }) => {
    const { server, s3 } = await start();
    adminCalls(server).seed([{ bucket: "bucket", count: 5, prefix: "p&<>/" }]);
    const Objects = server.store
      .bucket("bucket")
      .keysUnder("")
      .slice(0, 4)
      .map((Key) => ({ Key }));
    const { Deleted } = await s3.send(new DeleteObjectsCommand({ ...inBucket, Delete: { Objects } }));
    expect(Deleted?.map(({ Key }) => ({ Key }))).toEqual(Objects);
    expect(server.store.bucket("bucket").keysUnder("")).toEqual(["p&<>/o0000004"]);
    expect(server.log.counts()).toEqual({ DeleteObjects: 1 });
  });

  test("come in parts, in order, of at least 5 MiB, or not at all", async ({ start, expect }) => {
    const { server, s3 } = await start();
    const Key = "big";
    const { UploadId } = await s3.send(
      new CreateMultipartUploadCommand({ ...inBucket, Key, ContentType: "text/x" }),
    );
    const bodies = [Buffer.alloc(5 * 1024 * 1024, "a"), Buffer.from("end")];
    const parts: { ETag: string | undefined; PartNumber: number }[] = [];
    for (const [index, Body] of bodies.entries()) {
      const PartNumber = index + 1;
      const { ETag } = await s3.send(new UploadPartCommand({ ...inBucket, Key, UploadId, PartNumber, Body }));
      parts.push({ ETag, PartNumber });
    }
    const complete = (Parts: typeof parts) =>
      s3.send(new CompleteMultipartUploadCommand({ ...inBucket, Key, UploadId, MultipartUpload: { Parts } }));
    await expect(complete(parts.toReversed())).rejects.toMatchObject({ name: "InvalidPartOrder" });
    await expect(complete([{ ETag: '"wrong"', PartNumber: 1 }])).rejects.toMatchObject({
      name: "InvalidPart",
    });
    await complete(parts);
    const md5s = bodies.map((body) => createHash("md5").update(body).digest());
    const etag = `"${createHash("md5").update(Buffer.concat(md5s)).digest("hex")}-2"`;
    const head = await s3.send(new HeadObjectCommand({ ...inBucket, Key }));
    expect(head).toMatchObject({ ETag: etag, ContentLength: 5 * 1024 * 1024 + 3, ContentType: "text/x" });
    const tail = await s3.send(new GetObjectCommand({ ...inBucket, Key, Range: "bytes=-4" }));
    expect(await tail.Body?.transformToString()).toBe("aend");

    const begun = await s3.send(new CreateMultipartUploadCommand({ ...inBucket, Key }));
    expect((await s3.send(new ListMultipartUploadsCommand(inBucket))).Uploads).toHaveLength(1);
    await s3.send(new AbortMultipartUploadCommand({ ...inBucket, Key, UploadId: begun.UploadId }));
    expect(server.store.bucket("bucket").uploads.size).toBe(0);
  });
});

/** What a listing must give, by the plainest reading of the specification. */
function modelListing(keys: readonly string[], prefix: string, delimiter: string): string[] {
  const entries = keys
    .filter((key) => key.startsWith(prefix))
    .map((key) => {
      const cut = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
      return cut < 0 ? key : key.slice(0, cut + 1);
    });
  return [...new Set(entries)].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

describe("listings", () => {
  const name = fc
    .array(fc.constantFrom("a", "b", "/", "//", " ", "+", "%", "é", "\uFFFD", "😀", "-", ".", "0"), {
      minLength: 1,
      maxLength: 5,
    })
    .map((parts) => parts.join(""));

  test("give every key once and in order, page by page, in both versions", async ({ start, expect }) => {
    const { server, s3 } = await start();
    const bucket = server.store.bucket("bucket");
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(name, { maxLength: 25 }),
        fc.constantFrom("", "a", "a/", "é"),
        fc.constantFrom("", "/"),
        fc.integer({ min: 1, max: 5 }),
        async (keys, Prefix, Delimiter, MaxKeys) => {
          for (const key of bucket.keysUnder("")) bucket.delete(key);
          for (const key of keys) adminCalls(server).put([{ bucket: "bucket", key, body: "" }]);
          const query = {
            ...inBucket,
            Prefix,
            MaxKeys,
            EncodingType: "url",
            ...(Delimiter === "" ? {} : { Delimiter }),
          } as const;
          const expected = modelListing(keys, Prefix, Delimiter);
          expect(await listV2(s3, query)).toEqual(expected);
          expect(await listV1(s3, query)).toEqual(expected);
        },
      ),
      { numRuns: 60 },
    );
  });

  type Query = { Bucket: string; Prefix: string; MaxKeys: number; EncodingType: "url"; Delimiter?: string };

  function decode(text: string | undefined): string {
    return decodeURIComponent((text ?? "").replaceAll("+", " "));
  }

  async function listV2(s3: S3Client, query: Query): Promise<string[]> {
    const found: string[] = [];
    for await (const page of paginateListObjectsV2({ client: s3 }, query)) {
      const entries = [
        ...(page.Contents ?? []).map(({ Key }) => Key),
        ...(page.CommonPrefixes ?? []).map(({ Prefix }) => Prefix),
      ];
      found.push(...entries.map(decode).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
    }
    return found;
  }

  async function listV1(s3: S3Client, query: Query): Promise<string[]> {
    const found: string[] = [];
    for (let Marker = ""; ; ) {
      const page = await s3.send(new ListObjectsCommand({ ...query, Marker }));
      const entries = [
        ...(page.Contents ?? []).map(({ Key }) => Key),
        ...(page.CommonPrefixes ?? []).map(({ Prefix }) => Prefix),
      ];
      found.push(...entries.map(decode).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
      if (page.IsTruncated !== true) return found;
      Marker = page.NextMarker === undefined ? (found.at(-1) ?? "") : decode(page.NextMarker);
    }
  }
});

describe("faults", () => {
  const list = new ListObjectsV2Command(inBucket);

  test("meet the request that the rule names, as often as it says", async ({ start, expect }) => {
    const { server, s3 } = await start();
    adminCalls(server).seed([{ bucket: "bucket", count: 10 }]);
    server.setFaults([{ operation: "ListObjectsV2", from: 2, times: 1, fault: { kind: "empty_page" } }]);
    const counts: (number | undefined)[] = [];
    for (let index = 0; index < 4; index += 1) counts.push((await s3.send(list)).KeyCount);
    expect(counts).toEqual([10, 0, 10, 10]);
    server.setFaults([{ operation: "ListObjectsV2", fault: { kind: "truncated_page", keep: 3 } }]);
    const { KeyCount, IsTruncated } = await s3.send(list);
    expect({ KeyCount, IsTruncated }).toEqual({ KeyCount: 3, IsTruncated: false });
    expect(server.log.entries.map(({ fault }) => fault)).toEqual([
      undefined,
      "empty_page",
      undefined,
      undefined,
      "truncated_page",
    ]);
  });

  test("come with a seeded probability", async ({ start, expect }) => {
    const faults = [{ probability: 0.5, fault: { kind: "error", code: "SlowDown" } }] as const;
    const runs: string[] = [];
    for (const seed of [7, 7, 8]) {
      const { server, s3 } = await start({ faults, seed });
      for (let index = 0; index < 20; index += 1) await s3.send(list).catch(() => undefined);
      runs.push(server.log.entries.map(({ status }) => status).join(" "));
    }
    expect(runs[0]).toBe(runs[1]);
    expect(runs[0]).not.toBe(runs[2]);
    expect(runs[0]).toMatch(/200.*503|503.*200/);
  });

  test.for([
    ["resets", { kind: "reset" }, /ECONNRESET|socket hang up/],
    ["cuts bodies", { kind: "cut" }, /ECONNRESET|aborted|socket/],
    ["breaks XML", { kind: "invalid_xml" }, /./],
    ["promises too many bytes", { kind: "wrong_length", delta: 5 }, /./],
    ["answers HTML", { kind: "answer", status: 200, body: "<html><body>Log in</body></html>" }, undefined],
    ["says no", { kind: "error", code: "AccessDenied" }, /Access Denied/],
  ] as const)("%s", async ([, fault, message], { start, expect }) => {
    const { server, s3 } = await start({ faults: [{ operation: "ListObjectsV2", fault }] });
    adminCalls(server).seed([{ bucket: "bucket", count: 10 }]);
    const answer = s3.send(list);
    if (message === undefined) expect((await answer).Contents).toBeUndefined();
    else await expect(answer).rejects.toThrow(message);
  });

  test("after the fact leave what was done", async ({ start, expect }) => {
    const { server, s3 } = await start({
      faults: [{ operation: "PutObject", fault: { kind: "reset", after: true } }],
    });
    await expect(s3.send(new PutObjectCommand({ ...inBucket, Key: "a", Body: "a" }))).rejects.toThrow();
    expect(server.store.bucket("bucket").keysUnder("")).toEqual(["a"]);
  });

  test("hang until the client gives up", async ({ start, expect }) => {
    const { s3 } = await start({ faults: [{ fault: { kind: "hang" } }] });
    await expect(s3.send(list, { abortSignal: AbortSignal.timeout(50) })).rejects.toMatchObject({
      name: "AbortError",
    });
  });
});

describe("addresses", () => {
  test("are also host names under the base host", async ({ start, expect }) => {
    const { server } = await start({ baseHost: "s3.test" });
    using client = destroying(clientOf(server));
    client.s3.middlewareStack.add(
      (next) => (args) => {
        const request = args.request as { hostname: string; path: string; headers: Record<string, string> };
        request.headers["host"] = "bucket.s3.test";
        request.path = request.path.replace("/bucket", "");
        return next(args);
      },
      { step: "build", priority: "low" },
    );
    await client.s3.send(new HeadBucketCommand(inBucket));
    expect(server.log.entries).toMatchObject([{ operation: "HeadBucket", bucket: "bucket", status: 200 }]);
  });
});

test("the server in a process of its own does the same", async ({ expect }) => {
  await using server = await startFaultS3Process({ buckets: ["bucket"], latencyMs: 1 });
  using client = destroying(clientOf(server));
  await server.seed({ bucket: "bucket", count: 3, prefix: "p/" });
  await server.put({ bucket: "bucket", key: "one", body: "1", headers: { "x-amz-meta-mtime": "1" } });
  await server.copyBucket("bucket", "other");
  expect(await server.deleteUnder("bucket", "p/")).toBe(3);
  expect((await server.objects("bucket")).map(({ key }) => key)).toEqual(["one"]);
  expect(await server.objects("other", "p/")).toHaveLength(3);
  await server.setFaults([{ operation: "HeadObject", fault: { kind: "error", code: "AccessDenied" } }]);
  await expect(client.s3.send(new HeadObjectCommand({ ...inBucket, Key: "one" }))).rejects.toMatchObject({
    $metadata: { httpStatusCode: 403 },
  });
  expect(await server.counts()).toEqual({ HeadObject: 1 });
  expect(await server.log()).toMatchObject([
    { operation: "HeadObject", key: "one", code: "AccessDenied", fault: "error" },
  ]);
  // A rule that a caller without types gets wrong is refused by the server, not ignored.
  await expect(server.setFaults(JSON.parse('[{"fault":{"kind":"no such"}}]'))).rejects.toThrow(/setFaults/);
});
