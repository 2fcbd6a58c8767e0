// SPDX-License-Identifier: Apache-2.0
// What each comparison sees and misses, and what is carried along; with both rclones.
import { rclone } from "@repo/testkit/rclone";
import { withServers } from "@repo/testkit/vitest";
import { describe } from "vitest";
import { createTlsIdentity, type FaultS3, startFaultS3 } from "./fault-s3/index.ts";
import { putText } from "./fault-s3/put-text.ts";
import { faultSide, runJobOnce, type SyncRun } from "./support/sync-run.ts";

const test = withServers({
  newest: () => rclone({ version: "newest" }),
  oldest: () => rclone({ version: "1.60.1" }),
});

const versions = ["newest", "oldest"] as const;
const LARGE = 6 * 1024 * 1024;
const EARLY = 1_600_000_000_000;
const LATE = 1_700_000_000_000;
/** As rclone keeps a modification time, so that two copies are alike to every comparison. */
const AT_NOON = { "x-amz-meta-mtime": "1700000000" };

/** As if uploaded in parts: its ETag is no MD5. */
function putParts(server: FaultS3, bucket: string, key: string, fill: number, modifiedMs: number): void {
  server.store.createBucket(bucket).put(key, {
    body: [Buffer.alloc(LARGE, fill)],
    sizeBytes: LARGE,
    etag: `${String(fill).repeat(32).slice(0, 32)}-2`,
    lastModifiedMs: modifiedMs,
    headers: { "content-type": "application/octet-stream" },
    storageClass: "",
  });
}

function firstByte(server: FaultS3, key: string): number | undefined {
  return server.store.bucket("mirror").get(key).body[0]?.[0];
}

function run(server: FaultS3, path: string, settings: Readonly<Record<string, string>>): Promise<SyncRun> {
  return runJobOnce({
    rclone: path,
    source: faultSide(server.endpoint, "origin"),
    destination: faultSide(server.endpoint, "mirror"),
    settings,
  });
}

/** The passes of rclone's that a job made, in order. */
function passesOf({ lines }: SyncRun): readonly unknown[] {
  return lines.filter((line) => line["event"] === "pass").map((line) => line["pass"]);
}

describe.for(versions)("with the %s rclone", (version) => {
  test.for([
    ["checksum", false],
    ["size", false],
    ["hybrid", true],
    ["modtime", true],
  ] as const)(
    "%s sees a same-size rewrite of an object uploaded in parts: %s",
    async ([compare, isSeen], { newest, oldest, expect }) => {
      await using server = await startFaultS3({ buckets: ["origin", "mirror"] });
      putParts(server, "origin", "large", 2, LATE);
      putParts(server, "mirror", "large", 1, EARLY);
      const { summary } = await run(server, version === "newest" ? newest : oldest, { COMPARE: compare });
      expect(summary).toMatchObject({ exit_code: 0, objects_copied: isSeen ? 1 : 0, compare });
      expect(firstByte(server, "large")).toBe(isSeen ? 2 : 1);
    },
  );

  test.for([
    ["modtime", ["plan", "copy"], ["plan", "copy"]],
    ["hybrid", ["plan", "copy_large"], ["plan", "copy", "copy_large"]],
    ["checksum", ["plan"], ["plan", "copy"]],
    ["size", ["plan"], ["plan", "copy"]],
  ] as const)(
    "%s makes the passes %j where nothing differs, and %j where something does",
    async ([compare, quiet, busy], { newest, oldest, expect }) => {
      await using server = await startFaultS3({ buckets: ["origin", "mirror"] });
      for (const bucket of ["origin", "mirror"]) putText(server.store, bucket, "alike", "same text", AT_NOON);
      const path = version === "newest" ? newest : oldest;
      const before = await run(server, path, { COMPARE: compare });
      expect(passesOf(before)).toEqual(quiet);
      expect(before.summary).toMatchObject({ status: "success", objects_checked: 1, objects_copied: 0 });
      putText(server.store, "origin", "new", "text");
      const after = await run(server, path, { COMPARE: compare });
      expect(passesOf(after)).toEqual(busy);
      expect(after.summary).toMatchObject({ status: "success", objects_checked: 1, objects_copied: 1 });
    },
  );

  test("hybrid's dry run counts a large object once", async ({ newest, oldest, expect }) => {
    await using server = await startFaultS3({ buckets: ["origin", "mirror"] });
    putParts(server, "origin", "new", 1, LATE);
    putParts(server, "origin", "rewritten", 2, LATE);
    putParts(server, "mirror", "rewritten", 1, EARLY);
    const path = version === "newest" ? newest : oldest;
    const { summary } = await run(server, path, { COMPARE: "hybrid", DRY_RUN: "true" });
    expect(summary).toMatchObject({
      objects_planned_copies: 2,
      objects_planned_replacements: 1,
      bytes_planned: 2 * LARGE,
    });
  });

  test("carries headers along, and never strips those of an object that is right", async ({
    newest,
    oldest,
    expect,
  }) => {
    await using source = await startFaultS3({ buckets: ["origin"] });
    await using destination = await startFaultS3({ buckets: ["mirror"] });
    const headers = { "cache-control": "max-age=60", "content-type": "text/plain", "x-amz-meta-owner": "me" };
    putText(source.store, "origin", "page", "1", headers);
    putText(source.store, "origin", "same", "2", { ...headers, "x-amz-meta-mtime": "1700000000" });
    putText(destination.store, "mirror", "same", "2", { ...headers, "x-amz-meta-mtime": "1600000000" });
    const sides = {
      rclone: version === "newest" ? newest : oldest,
      source: faultSide(source.endpoint, "origin"),
      destination: faultSide(destination.endpoint, "mirror"),
    };
    const { summary } = await runJobOnce(sides);
    expect(summary).toMatchObject({ exit_code: 0, objects_copied: 1 });
    for (const key of ["page", "same"]) {
      expect(destination.store.bucket("mirror").get(key).headers).toMatchObject(headers);
    }
    putText(source.store, "origin", "bare", "3", headers);
    await runJobOnce({ ...sides, settings: { PRESERVE_METADATA: "false" } });
    expect(destination.store.bucket("mirror").get("bare").headers).not.toHaveProperty("cache-control");
  });

  test("trusts a private CA beside the public ones, or anyone when told to", async ({
    newest,
    oldest,
    expect,
  }) => {
    const tls = await createTlsIdentity();
    await using server = await startFaultS3({ buckets: ["origin", "mirror"], tls });
    putText(server.store, "origin", "a", "1");
    const path = version === "newest" ? newest : oldest;
    const trusted = await run(server, path, { CA_CERT: tls.caCertificate });
    expect(trusted.summary).toMatchObject({ exit_code: 0, objects_copied: 1 });
    putText(server.store, "origin", "b", "2");
    const anyone = await run(server, path, { INSECURE_SKIP_VERIFY: "true" });
    expect(anyone.summary).toMatchObject({ exit_code: 0, objects_copied: 1 });
    expect(anyone.summary.warnings.join()).toContain("INSECURE_SKIP_VERIFY");
    expect((await run(server, path, {})).summary).toMatchObject({ exit_code: 2, failure_class: "config" });
  });

  test("writes the storage class that is asked for", async ({ newest, oldest, expect }) => {
    await using server = await startFaultS3({ buckets: ["origin", "mirror"] });
    putText(server.store, "origin", "a", "1");
    await run(server, version === "newest" ? newest : oldest, { DEST_STORAGE_CLASS: "STANDARD_IA" });
    expect(server.store.bucket("mirror").get("a").storageClass).toBe("STANDARD_IA");
  });

  test("lets the server copy when both sides are one account, and not when they are two", async ({
    newest,
    oldest,
    expect,
  }) => {
    const path = version === "newest" ? newest : oldest;
    const other = { accessKeyId: "other-key", secretAccessKey: "other-secret" };
    await using server = await startFaultS3({
      buckets: ["origin", "mirror"],
      credentials: [{ accessKeyId: "fault-key", secretAccessKey: "fault-secret" }, other],
    });
    putText(server.store, "origin", "a", "1");
    const writes = () =>
      server.log.entries
        .filter(({ operation, status }) => ["CopyObject", "PutObject"].includes(operation) && status === 200)
        .map(({ operation }) => operation);
    await run(server, path, {});
    expect(writes()).toEqual(["CopyObject"]);
    putText(server.store, "origin", "b", "2");
    await run(server, path, { DEST_ACCESS_KEY: other.accessKeyId, DEST_SECRET_KEY: other.secretAccessKey });
    expect(writes()).toEqual(["CopyObject", "PutObject"]);
  });
});
