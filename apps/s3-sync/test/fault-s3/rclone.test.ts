// SPDX-License-Identifier: Apache-2.0
import { rclone } from "@repo/testkit/rclone";
import { withServers } from "@repo/testkit/vitest";
import { describe } from "vitest";
import { type FaultS3, seedObjects, startFaultS3 } from "./index.ts";
import { putText } from "./put-text.ts";
import { runBareRclone } from "./rclone.ts";

const newest = withServers({ program: () => rclone({ version: "newest" }) });
const old = withServers({ program: () => rclone({ version: "1.60.1" }) });

/** Names that every supported rclone copies, each awkward in its own way to an URL, to XML or to a sort. */
const NAMES = [
  ..."a b|a+b|a%20b|a#b|q'\"x|back\\slash|emoji😀|\uFFFDz|e\u0301|tab\there|line\nbreak|-x|Up|up|dir/sub/deep|amp&<>".split(
    "|",
  ),
  "x".repeat(1000),
];
const BIG = "big";

function fill(server: FaultS3): void {
  for (const name of NAMES) {
    putText(server.store, "src", name, `the body of ${name}`, {
      "cache-control": "max-age=3",
      "x-amz-meta-colour": "blue",
    });
  }
  putText(server.store, "src", BIG, "z".repeat(13 * 1024 * 1024));
  seedObjects(server.store, { bucket: "src", count: 300, folders: 2, prefix: "many/" });
}

/** Keys with body and described headers, to compare buckets by. */
function contents(server: FaultS3, bucket: string): Map<string, string> {
  const { objects } = server.store.bucket(bucket);
  return new Map(
    [...objects].map(([key, { body, headers }]) => {
      const described = [headers["cache-control"], headers["x-amz-meta-colour"], headers["content-type"]];
      return [key, [Buffer.concat(body).toString("base64"), ...described].join(" ")];
    }),
  );
}

describe("a real rclone", () => {
  const cases = [
    { test: newest, version: "newest", provider: "Other", isFast: false },
    { test: newest, version: "newest", provider: "Other", isFast: true },
    { test: newest, version: "newest", provider: "Minio", isFast: false },
    { test: newest, version: "newest", provider: "Minio", isFast: true },
    { test: old, version: "1.60.1", provider: "Other", isFast: false },
    { test: old, version: "1.60.1", provider: "Other", isFast: true },
    { test: old, version: "1.60.1", provider: "Minio", isFast: false },
    { test: old, version: "1.60.1", provider: "Minio", isFast: true },
  ];

  for (const { test, version, provider, isFast } of cases) {
    const words = `${version}, as ${provider}, ${isFast ? "fast" : "plain"} listing`;
    test(`(${words}) makes one bucket equal to the other`, async ({ program, expect }) => {
      await using server = await startFaultS3({ buckets: ["src", "dst"] });
      fill(server);
      seedObjects(server.store, { bucket: "dst", count: 20, prefix: "surplus/" });
      const remote = {
        endpoint: server.endpoint,
        config: { provider, upload_cutoff: "5Mi", list_chunk: "100" },
      };
      const flags = [
        "--metadata",
        "--transfers",
        "16",
        "--checkers",
        "16",
        "--retries",
        "1",
        ...(isFast ? ["--fast-list"] : []),
      ];
      const sync = {
        rclone: program,
        remotes: { src: remote, dst: remote },
        args: ["sync", "src:src", "dst:dst", ...flags],
      };

      expect(await runBareRclone(sync)).toMatchObject({ exitCode: 0 });
      expect(contents(server, "dst")).toEqual(contents(server, "src"));
      const listing = provider === "Other" ? "ListObjects" : "ListObjectsV2";
      const counts = server.log.counts();
      expect(counts).toMatchObject({ UploadPart: 3, CompleteMultipartUpload: 1, DeleteObject: 20 });
      expect(counts[listing]).toBeGreaterThan(4);
      expect(server.store.bucket("dst").objects.get(BIG)?.etag).toMatch(/^[0-9a-f]{32}-3$/);
      expect(server.store.bucket("dst").uploads.size).toBe(0);
      expect(server.log.entries.filter(({ status }) => status >= 400 && status !== 404)).toEqual([]);

      server.log.clear();
      expect(await runBareRclone(sync)).toMatchObject({ exitCode: 0 });
      // Nothing to do: only listings and the HEADs that read modification times.
      expect(Object.keys(server.log.counts()).sort()).toEqual(["HeadObject", listing]);
    });
  }

  newest("copies on the server where both sides are one remote", async ({ program, expect }) => {
    await using server = await startFaultS3({ buckets: ["src", "dst"] });
    fill(server);
    const remotes = { src: { endpoint: server.endpoint, config: { copy_cutoff: "5Mi" } } };
    expect(
      await runBareRclone({ rclone: program, remotes, args: ["sync", "src:src", "src:dst"] }),
    ).toMatchObject({ exitCode: 0 });
    expect(contents(server, "dst")).toEqual(contents(server, "src"));
    expect(server.log.counts()).toMatchObject({ UploadPartCopy: 3, CopyObject: NAMES.length + 300 });
    expect(server.log.counts()).not.toHaveProperty("GetObject");
  });

  newest(
    "is told of wrong credentials, a denied prefix and a full stop of service",
    async ({ program, expect }) => {
      await using server = await startFaultS3({ buckets: ["src", "dst"] });
      fill(server);
      const { endpoint } = server;
      const wrong = { endpoint, credentials: { accessKeyId: "fault-key", secretAccessKey: "wrong" } };
      const list = (remote: Parameters<typeof runBareRclone>[0]["remotes"][string]) =>
        runBareRclone({
          rclone: program,
          remotes: { src: remote },
          args: ["lsf", "-R", "--disable", "ListR", "src:src", "--retries", "1", "--low-level-retries", "1"],
        });
      expect((await list(wrong)).stderr).toContain("SignatureDoesNotMatch");
      server.setFaults([
        { operation: "ListObjects", prefix: "many/", fault: { kind: "error", code: "AccessDenied" } },
      ]);
      expect((await list({ endpoint })).stderr).toContain("AccessDenied");
      server.setFaults([{ fault: { kind: "error", code: "SlowDown" } }]);
      expect((await list({ endpoint })).stderr).toContain("SlowDown");
    },
  );
});
