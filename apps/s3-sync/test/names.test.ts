// SPDX-License-Identifier: Apache-2.0
// Names that rclone leaves out without a word: a mirror without them must not be called whole.
import { rclone } from "@repo/testkit/rclone";
import { withServers } from "@repo/testkit/vitest";
import { describe } from "vitest";
import { type FaultS3, LISTINGS, seedObjects, startFaultS3 } from "./fault-s3/index.ts";
import { putText } from "./fault-s3/put-text.ts";
import { faultSide, runJobOnce, type SyncRun } from "./support/sync-run.ts";

const test = withServers({
  newest: () => rclone({ version: "newest" }),
  oldest: () => rclone({ version: "1.60.1" }),
});

interface Given {
  readonly source: readonly string[];
  readonly destination: readonly string[];
  readonly settings?: Readonly<Record<string, string>>;
  readonly prepare?: (server: FaultS3) => void;
}

interface Result {
  readonly run: SyncRun;
  readonly isWhole: boolean;
  readonly server: FaultS3;
}

async function sync(path: string, { source, destination, settings, prepare }: Given): Promise<Result> {
  await using server = await startFaultS3({ buckets: ["origin", "mirror"] });
  for (const key of source) putText(server.store, "origin", key, key.endsWith("/") ? "" : key);
  for (const key of destination) putText(server.store, "mirror", key, key.endsWith("/") ? "" : key);
  prepare?.(server);
  const run = await runJobOnce({
    rclone: path,
    source: faultSide(server.endpoint, "origin"),
    destination: faultSide(server.endpoint, "mirror"),
    settings: { RETRIES: "1", ...settings },
  });
  const keysOf = (bucket: string): string => server.store.bucket(bucket).keysUnder("").join("\n");
  return { run, server, isWhole: keysOf("origin") === keysOf("mirror") };
}

describe.for([
  ["newest", { FAST_LIST: "true" }],
  ["newest", { FAST_LIST: "false" }],
  ["oldest", {}],
] as const)("with the %s rclone and %j", ([version, settings]) => {
  test.for(["/lead", "x/./y", "x/../y", "a//b", "..", "a//"])(
    "success means that %j is at both sides, or at none",
    async (key, { newest, oldest, expect }) => {
      const path = version === "newest" ? newest : oldest;
      const added = await sync(path, { source: ["keep", key], destination: ["keep", "old"], settings });
      expect(added.run.summary.exit_code).toBe(added.isWhole ? 0 : 1);
      const surplus = await sync(path, { source: ["keep"], destination: ["keep", key], settings });
      expect(surplus.run.summary.exit_code).toBe(surplus.isWhole ? 0 : 1);
    },
  );

  test("folder markers are a warning, and the proof leaves them out", async ({ newest, oldest, expect }) => {
    const path = version === "newest" ? newest : oldest;
    const { run } = await sync(path, {
      source: ["a/", "a/b/", "a/b/c"],
      destination: ["x/", "y"],
      settings,
    });
    expect(run.summary).toMatchObject({
      exit_code: 0,
      proof: expect.stringContaining(
        "whole but for folder markers (2 at the source and 1 at the destination",
      ),
    });
    const warning = run.summary.warnings.find((text) => text.includes("folder markers"));
    expect(warning).toContain('such as "a/" are not mirrored: 2 at the source, 1 at the destination');
    // Those of the pre-flight and of the settings too, each when it arises and once.
    const logged = run.lines.filter((line) => line["event"] === "warning");
    expect(logged.map((line) => line["msg"])).toEqual(run.summary.warnings);
    expect(new Set(logged.map((line) => line["level"]))).toEqual(new Set(["warn"]));
  });
});

// 1.60 leaves these out and says nothing.
const silent = { source: ["keep", "x/../y"], destination: ["keep", "x/./y"] };

test("names what was left out and what was not deleted", async ({ oldest, expect }) => {
  const { run } = await sync(oldest, silent);
  expect(run.summary).toMatchObject({ exit_code: 1, failure_class: "failed_objects" });
  expect(run.summary.reason).toContain('leaves out 1 object of the source, such as "x/../y"');
  expect(run.summary.reason).toContain('does not delete 1 surplus object, such as "x/./y"');
  expect(run.summary.proof).not.toContain("whole:");
});

test("sees an odd name whose content is another at the destination", async ({ oldest, expect }) => {
  const { run } = await sync(oldest, {
    source: ["keep", "x/../y"],
    destination: ["keep", "x/../y"],
    prepare: (server) => putText(server.store, "mirror", "x/../y", "older"),
  });
  expect(run.summary).toMatchObject({ exit_code: 1, failure_class: "failed_objects" });
});

test("looks below the prefix of each side, past the first page", async ({ oldest, expect }) => {
  const { run } = await sync(oldest, {
    source: ["in/zz/../y", "beside//x"],
    destination: ["out/z/", "/beside"],
    settings: { SOURCE_PREFIX: "in", DEST_PREFIX: "out" },
    prepare: (server) =>
      seedObjects(server.store, { bucket: "origin", prefix: "in/", count: 2100, sizeBytes: 1 }),
  });
  expect(run.summary.reason).toContain('leaves out 1 object of the source, such as "zz/../y"');
  expect(run.summary.reason).not.toContain("surplus");
  expect(run.summary.warnings.join()).toContain('such as "z/" are not mirrored: 0 at the source');
});

test("only warns in a dry run", async ({ oldest, expect }) => {
  const { run } = await sync(oldest, { ...silent, settings: { DRY_RUN: "true" } });
  expect(run.summary).toMatchObject({ status: "dry_run", exit_code: 0 });
  expect(run.summary.warnings.join()).toContain('such as "x/../y"');
});

test("looks at nothing with CHECK_NAMES=false, and proves no more than that", async ({ oldest, expect }) => {
  const { run } = await sync(oldest, { ...silent, settings: { CHECK_NAMES: "false" } });
  expect(run.summary).toMatchObject({
    exit_code: 0,
    proof: expect.stringContaining("whole as far as rclone lists names"),
  });
});

test("names that cannot be looked at are a warning, not a failure", async ({ newest, expect }) => {
  const source = ["a", "b", "c"];
  const { run, isWhole } = await sync(newest, {
    source,
    destination: ["a"],
    prepare: (server) =>
      server.setFaults((request) => {
        // The pre-flight asks for two keys.
        const isPage = LISTINGS.includes(request.operation) && request.query.get("max-keys") !== "2";
        if (!isPage || String(request.headers["user-agent"]).startsWith("rclone")) return undefined;
        return { kind: "error", code: "AccessDenied", status: 403 };
      }),
  });
  expect(isWhole).toBe(true);
  expect(run.summary).toMatchObject({
    exit_code: 0,
    proof: expect.stringContaining("whole as far as rclone lists names"),
  });
  expect(run.summary.warnings.join()).toContain("not all names could be checked");
  expect(run.summary.warnings.join()).toContain("AccessDenied");
});
