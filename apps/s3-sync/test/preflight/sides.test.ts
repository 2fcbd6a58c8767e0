// SPDX-License-Identifier: Apache-2.0
import { type LookupFunction } from "node:net";
import { describe } from "vitest";
import { type FaultRule, putText, WRITES } from "../fault-s3/index.ts";
import { errorOf, listingFault, sideAt, test } from "./world.ts";

describe("two sides that work", () => {
  test("are reported with few questions, none of which writes", async ({ world, expect }) => {
    const { source, destination } = await world.check({});
    expect(source).toEqual({
      isEmpty: false,
      warnings: [expect.stringMatching(/^Source bucket "src" .* plain http/)],
    });
    expect(destination).toEqual({
      isEmpty: true,
      warnings: [expect.stringMatching(/^Destination bucket "dst" .* plain http/)],
    });
    const { log, store } = world.healthy;
    expect(log.counts()).toEqual({ ListObjects: 2, HeadBucket: 2, HeadObject: 1, UploadPart: 1 });
    expect(store.bucket("dst").objects.size + store.bucket("dst").uploads.size).toBe(0);
  });

  test("are looked at under their prefix, its own marker aside", async ({ world, expect }) => {
    putText(world.healthy.store, "src", "some/", "");
    putText(world.healthy.store, "src", "full/", "");
    putText(world.healthy.store, "src", "full/a b+c%20é(1)", "x");
    const at = (prefix: string) => ({ source: sideAt("source", world.healthy.endpoint, { prefix }) });
    expect((await world.check(at("none/"))).source.isEmpty).toBe(true);
    expect((await world.check(at("some/"))).source.isEmpty).toBe(true);
    const full = (await world.check(at("full/"))).source;
    expect(full).toEqual({ isEmpty: false, warnings: [expect.stringContaining("plain http")] });
  });

  test("are not called empty by a page that says there is more", async ({ world, expect }) => {
    const body = "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>";
    const server = await world.start({ faults: listingFault({ kind: "answer", status: 200, body }) });
    expect((await world.check({ source: sideAt("source", server.endpoint) })).source.isEmpty).toBe(false);
  });

  test("are found by host name where the bucket is one", async ({ world, expect }) => {
    const server = await world.start({ baseHost: "s3.test" });
    const lookup: LookupFunction = (name, options, callback) => {
      if (name !== "src.s3.test") callback(Object.assign(new Error(name), { code: "ENOTFOUND" }), []);
      else if (options.all === true) callback(null, [{ address: "127.0.0.1", family: 4 }]);
      else callback(null, "127.0.0.1", 4);
    };
    const source = sideAt("source", `http://s3.test:${server.port}`, { pathStyle: false });
    expect((await world.check({ source, lookup })).source.isEmpty).toBe(false);
    expect(server.log.entries.map(({ bucket, status }) => `${bucket} ${status}`)).toEqual([
      "src 200",
      "src 200",
      "src 200",
    ]);
    const missing = await world.sourceError(
      `http://s3.test:${server.port}`,
      { pathStyle: false, bucket: "none" },
      { lookup },
    );
    expect(missing.message).toMatch(
      /no host is named none\.s3\.test \(ENOTFOUND\): check SOURCE_S3_ENDPOINT, or SOURCE_PATH_STYLE=true/,
    );
  });

  test("may answer 503 and lose a connection first", async ({ world, expect }) => {
    const once503: FaultRule = {
      operation: "ListObjects",
      times: 1,
      fault: { kind: "error", code: "SlowDown" },
    };
    const onceReset: FaultRule = { operation: "ListObjects", times: 1, fault: { kind: "reset" } };
    const server = await world.start({ faults: [once503, onceReset] });
    expect((await world.check({ source: sideAt("source", server.endpoint) })).source.isEmpty).toBe(false);
    expect(server.log.counts()).toMatchObject({ ListObjects: 3 });
  });

  test("are warned of: the clock, the region, an object that may not be read", async ({ world, expect }) => {
    const server = await world.start({
      clockAheadMs: 6 * 60_000,
      faults: [
        { operation: "HeadObject", fault: { kind: "error", code: "AccessDenied" } },
        {
          operation: "HeadBucket",
          fault: { kind: "answer", status: 200, body: "", headers: { "x-amz-bucket-region": "eu-1" } },
        },
      ],
    });
    const { warnings } = (await world.check({ source: sideAt("source", server.endpoint) })).source;
    expect(warnings).toEqual([
      expect.stringContaining("plain http"),
      expect.stringContaining("clock is 6 minutes behind the endpoint's"),
      expect.stringContaining('lies in region "eu-1"; set SOURCE_REGION=eu-1.'),
      expect.stringContaining("refuses to show it (status 403); grant SOURCE_ACCESS_KEY s3:GetObject"),
    ]);
  });

  test.for([
    ["refuse", { kind: "error", code: "AccessDenied" }],
    ["leave out", { kind: "reset" }],
  ] as const)(
    "may %s the bucket's head, as some policies and servers do",
    async ([, fault], { world, expect }) => {
      const server = await world.start({
        faults: [{ operation: "HeadBucket", fault }],
      });
      expect((await world.check({ source: sideAt("source", server.endpoint) })).source.isEmpty).toBe(false);
    },
  );
});

describe("a bucket that is not there", () => {
  const NO_HEAD: FaultRule[] = [
    { operation: "HeadBucket", fault: { kind: "error", code: "NoSuchBucket" } },
    { operation: "ListObjects", fault: { kind: "empty_page" } },
  ];

  test("is believed where the listing is empty and the head says so", async ({ world, expect }) => {
    const server = await world.start({ faults: NO_HEAD });
    expect(await world.sourceError(server.endpoint)).toMatchObject({ failureClass: "not_found" });
  });

  test("at the destination can be made, but not in a dry run", async ({ world, expect }) => {
    const server = await world.start();
    const destination = sideAt("destination", server.endpoint, { bucket: "new-bucket" });
    const refused = await errorOf(world.check({ destination }));
    expect(refused).toMatchObject({ side: "destination", failureClass: "not_found" });
    expect(refused.message).toMatch(
      /check DEST_BUCKET and DEST_S3_ENDPOINT, or set CREATE_DEST_BUCKET=true to have it made\.$/,
    );

    const planned = await world.check({ destination, createDestinationBucket: true, isDryRun: true });
    expect(planned.destination).toMatchObject({
      isEmpty: true,
      warnings: [expect.anything(), expect.stringContaining("a real run creates it")],
    });
    expect(server.store.buckets.has("new-bucket")).toBe(false);

    const made = await world.check({ destination, createDestinationBucket: true });
    expect(made.destination).toMatchObject({
      isEmpty: true,
      warnings: [expect.anything(), expect.stringContaining("was created")],
    });
    expect(server.log.counts()).toMatchObject({ CreateBucket: 1 });
    expect(server.store.buckets.has("new-bucket")).toBe(true);
  });

  test("is made in its region", async ({ world, expect }) => {
    const server = await world.start({ region: "eu-1" });
    const destination = sideAt("destination", server.endpoint, { bucket: "new-bucket", region: "eu-1" });
    await world.check({ destination, createDestinationBucket: true });
    expect(server.store.buckets.has("new-bucket")).toBe(true);
  });

  test("may not be for us to make", async ({ world, expect }) => {
    const server = await world.start({
      faults: [{ operation: "CreateBucket", fault: { kind: "error", code: "AccessDenied" } }],
    });
    const destination = sideAt("destination", server.endpoint, { bucket: "new-bucket" });
    const error = await errorOf(world.check({ destination, createDestinationBucket: true }));
    expect(error.message).toMatch(
      /denies access \(AccessDenied\): grant DEST_ACCESS_KEY s3:CreateBucket there/,
    );
    expect(error.failureClass).toBe("auth");
  });
});

describe("a destination that may not be written", () => {
  const readOnly: FaultRule[] = [{ operation: [...WRITES], fault: { kind: "error", code: "AccessDenied" } }];

  test("is found before rclone fails on every object", async ({ world, expect }) => {
    const server = await world.start({ faults: readOnly });
    const error = await errorOf(
      world.check({ destination: sideAt("destination", server.endpoint, { prefix: "to/" }) }),
    );
    expect(error).toMatchObject({ side: "destination", failureClass: "auth", s3Code: "AccessDenied" });
    expect(error.message).toMatch(
      /^Destination .* denies access \(AccessDenied\): grant DEST_ACCESS_KEY s3:PutObject there under "to\/"\.$/,
    );
  });

  test("is a warning in a dry run, which writes nothing to find out", async ({ world, expect }) => {
    const server = await world.start({ faults: readOnly });
    const { destination } = await world.check({
      destination: sideAt("destination", server.endpoint),
      isDryRun: true,
    });
    expect(destination.warnings[1]).toMatch(
      /denies access .* s3:PutObject there; only a dry run can do without\./,
    );
    expect(server.log.counts()).toEqual({ ListObjects: 1, HeadBucket: 1, UploadPart: 1 });
  });

  test("is asked a second time, and cleaned up after, where the first refusal may be a server's oddity", async ({
    world,
    expect,
  }) => {
    const server = await world.start({
      faults: [{ operation: "UploadPart", fault: { kind: "error", code: "AccessDenied" } }],
    });
    const { destination } = await world.check({ destination: sideAt("destination", server.endpoint) });
    expect(destination.warnings).toHaveLength(1);
    expect(server.log.counts()).toMatchObject({ CreateMultipartUpload: 1, AbortMultipartUpload: 1 });
    expect(server.store.bucket("dst").uploads.size).toBe(0);
  });
});

describe("both sides", () => {
  test("are looked at at the same time, and both told", async ({ world, expect }) => {
    const server = await world.start({ faults: listingFault({ kind: "hang" }) });
    const error = await errorOf(
      world.check({
        source: sideAt("source", server.endpoint),
        destination: sideAt("destination", world.healthy.endpoint, { bucket: "missing" }),
        timeoutMs: 300,
      }),
    );
    // What will not mend itself decides the exit code.
    expect(error).toMatchObject({ side: "destination", failureClass: "not_found" });
    expect(error.message).toMatch(
      /^Destination bucket "missing" .*\. Source bucket "src" .* gives no whole answer/,
    );
  });

  test("are left at once when the job is stopped", async ({ world, expect }) => {
    const server = await world.start({ faults: listingFault({ kind: "hang" }) });
    const controller = new AbortController();
    const outcome = world.check({ source: sideAt("source", server.endpoint), signal: controller.signal });
    controller.abort(new Error("SIGTERM"));
    await expect(outcome).rejects.toThrow("SIGTERM");
  });
});
