// SPDX-License-Identifier: Apache-2.0
// What a job makes of repeated attempts, of others at work beside it, and of an rclone that does nothing.
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { testDirectory } from "@repo/testkit";
import { rclone } from "@repo/testkit/rclone";
import { withServers } from "@repo/testkit/vitest";
import { describe } from "vitest";
import { type FaultRequest, type FaultS3, startFaultS3 } from "./fault-s3/index.ts";
import { putText } from "./fault-s3/put-text.ts";
import { faultSide, runJobOnce, type SyncRun } from "./support/sync-run.ts";

const test = withServers({
  newest: () => rclone({ version: "newest" }),
  oldest: () => rclone({ version: "1.60.1" }),
});

const REFUSED = { kind: "error", code: "AccessDenied", status: 403 } as const;

interface World {
  readonly source: readonly string[];
  readonly destination: readonly string[];
  readonly settings?: Readonly<Record<string, string>>;
  readonly prepare?: (server: FaultS3) => void;
}

interface Outcome {
  readonly summary: SyncRun["summary"];
  readonly passes: readonly unknown[];
  readonly left: readonly string[];
}

function numbered(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${String(index).padStart(2, "0")}`);
}

/** Every object holds the same text and time, so that no comparison tells two of a name apart. */
async function syncWith(path: string, world: World): Promise<Outcome> {
  await using server = await startFaultS3({ buckets: ["origin", "mirror"] });
  const noon = { "x-amz-meta-mtime": "1700000000" };
  for (const key of world.source) putText(server.store, "origin", key, "text", noon);
  for (const key of world.destination) putText(server.store, "mirror", key, "text", noon);
  world.prepare?.(server);
  const { summary, lines } = await runJobOnce({
    rclone: path,
    source: faultSide(server.endpoint, "origin"),
    destination: faultSide(server.endpoint, "mirror"),
    settings: { RETRIES: "3", ...world.settings },
  });
  const passes = lines.filter((line) => line["event"] === "pass").map((line) => line["pass"]);
  return { summary, passes, left: server.store.bucket("mirror").keysUnder("") };
}

function isCopyOfNew({ operation, key }: FaultRequest): boolean {
  return key === "new" && (operation === "PutObject" || operation === "CopyObject");
}

/** Refuses the first listing that rclone, not s3-sync itself, asks for. */
function refuseOneListing(server: FaultS3, bucket: string, prefix = ""): void {
  let isDone = false;
  server.setFaults((request) => {
    const isRclone = request.headers["user-agent"]?.includes("rclone") === true;
    const isMeant = request.bucket === bucket && (request.query.get("prefix") ?? "") === prefix;
    if (isDone || !isRclone || !isMeant || !request.operation.startsWith("ListObjects")) return undefined;
    isDone = true;
    return REFUSED;
  });
}

/** Runs `change` before the first request that `matches` is answered. */
function before(server: FaultS3, matches: (request: FaultRequest) => boolean, change: () => void): void {
  let isDone = false;
  server.setFaults((request) => {
    if (!isDone && matches(request)) {
      isDone = true;
      change();
    }
    return undefined;
  });
}

describe.for(["newest", "oldest"] as const)("with the %s rclone", (version) => {
  const pathOf = ({ newest, oldest }: { readonly newest: string; readonly oldest: string }): string =>
    version === "newest" ? newest : oldest;

  test("deletes at a second attempt what was refused at the first", async ({ newest, oldest, expect }) => {
    const { summary, passes, left } = await syncWith(pathOf({ newest, oldest }), {
      source: ["kept"],
      destination: ["kept", ...numbered("x", 6)],
      prepare: (server) =>
        server.setFaults([{ operation: "DeleteObject", key: "x03", times: 1, fault: REFUSED }]),
    });
    expect(left).toEqual(["kept"]);
    expect(summary).toMatchObject({
      status: "success",
      objects_deleted: 6,
      objects_failed: 0,
      attempts: 2,
      top_errors: [],
    });
    expect(passes.filter((pass) => pass === "delete")).toHaveLength(2);
  });

  test("says that the right to delete is missing, however often it tries", async ({
    newest,
    oldest,
    expect,
  }) => {
    const { summary, passes } = await syncWith(pathOf({ newest, oldest }), {
      source: ["kept"],
      destination: ["kept", ...numbered("x", 6)],
      prepare: (server) => server.setFaults([{ operation: "DeleteObject", fault: REFUSED }]),
    });
    expect(summary).toMatchObject({
      exit_code: 11,
      failure_class: "auth",
      objects_deleted: 0,
      objects_failed: 6,
      attempts: 3,
      reason: expect.stringContaining("6 objects failed (AccessDenied)"),
    });
    expect(passes.filter((pass) => pass === "delete")).toHaveLength(3);
  });

  test("keeps to the error of its own when deleted objects come back between two attempts", async ({
    newest,
    oldest,
    expect,
  }) => {
    const back = ["x00", "x01"];
    const { summary, left } = await syncWith(pathOf({ newest, oldest }), {
      source: ["kept"],
      destination: ["kept", ...numbered("x", 6)],
      prepare: (server) => {
        let isRefused = false;
        let areBack = false;
        server.setFaults(({ operation, key, bucket }) => {
          if (operation === "DeleteObject" && key === "x03" && !isRefused) {
            isRefused = true;
            return REFUSED;
          }
          if (isRefused && !areBack && operation === "HeadObject" && bucket === "mirror") {
            areBack = true;
            for (const name of back) putText(server.store, "mirror", name, "text");
          }
          return undefined;
        });
      },
    });
    expect(summary).toMatchObject({ exit_code: 11, failure_class: "auth", objects_deleted: 6 });
    // No more may go than were planned.
    expect(left).toHaveLength(3);
  });

  test("counts one attempt alone after a listing was refused once", async ({ newest, oldest, expect }) => {
    const { summary, left } = await syncWith(pathOf({ newest, oldest }), {
      source: ["only"],
      destination: ["only", "surplus"],
      prepare: (server) => refuseOneListing(server, "origin"),
    });
    expect(summary).toMatchObject({
      status: "success",
      objects_deleted: 1,
      objects_checked: 1,
      attempts: 2,
    });
    expect(left).toEqual(["only"]);
  });

  test("takes the share of all objects, not of a part of them, after a repeated plan", async ({
    newest,
    oldest,
    expect,
  }) => {
    const common = numbered("a/", 40);
    const { summary } = await syncWith(pathOf({ newest, oldest }), {
      source: common,
      destination: [...common, ...numbered("z/", 4)],
      settings: { MAX_DELETE_PERCENT: "10", FAST_LIST: "false" },
      prepare: (server) => refuseOneListing(server, "mirror"),
    });
    expect(summary).toMatchObject({ status: "success", objects_deleted: 4, attempts: 2 });
  });

  test.for(["checksum", "hybrid"])(
    "plans each object once in a dry run, however many attempts it took (%s)",
    async (compare, { newest, oldest, expect }) => {
      const { summary } = await syncWith(pathOf({ newest, oldest }), {
        source: [...numbered("a/", 10), ...numbered("b/", 10)],
        destination: ["surplus"],
        settings: { DRY_RUN: "true", COMPARE: compare, FAST_LIST: "false" },
        prepare: (server) => refuseOneListing(server, "origin", "b/"),
      });
      expect(summary).toMatchObject({
        status: "dry_run",
        objects_planned_copies: 20,
        objects_planned_deletes: 1,
        bytes_planned: 80,
        attempts: 2,
      });
    },
  );

  test("counts an object that came to the source meanwhile once", async ({ newest, oldest, expect }) => {
    const { summary, left } = await syncWith(pathOf({ newest, oldest }), {
      source: ["new"],
      destination: numbered("x", 3),
      prepare: (server) =>
        before(server, isCopyOfNew, () => putText(server.store, "origin", "x01", "another text")),
    });
    expect(left).toEqual(["new", "x01"]);
    expect(summary).toMatchObject({
      exit_code: 5,
      objects_deleted: 2,
      reason: expect.stringMatching(/^1 object exists at the source by now/),
    });
  });

  test("counts an object that moved to the source meanwhile", async ({ newest, oldest, expect }) => {
    const { summary } = await syncWith(pathOf({ newest, oldest }), {
      source: ["new"],
      destination: numbered("x", 3),
      prepare: (server) =>
        before(server, isCopyOfNew, () => {
          putText(server.store, "origin", "x01", "another text");
          server.store.bucket("mirror").delete("x01");
        }),
    });
    expect(summary).toMatchObject({
      exit_code: 5,
      objects_deleted: 2,
      reason: expect.stringMatching(/^1 object exists at the source by now/),
    });
  });

  test("takes no offence at what somebody else has deleted meanwhile", async ({ newest, oldest, expect }) => {
    const { summary, left } = await syncWith(pathOf({ newest, oldest }), {
      source: ["new"],
      destination: numbered("x", 5),
      prepare: (server) =>
        before(server, isCopyOfNew, () => {
          for (const key of ["x01", "x02"]) server.store.bucket("mirror").delete(key);
        }),
    });
    expect(left).toEqual(["new"]);
    expect(summary).toMatchObject({
      status: "success",
      objects_deleted: 3,
      warnings: expect.arrayContaining([expect.stringMatching(/^2 objects were gone from the destination/)]),
    });
  });

  test("does not call a mirror whole that got something new meanwhile", async ({
    newest,
    oldest,
    expect,
  }) => {
    const { summary } = await syncWith(pathOf({ newest, oldest }), {
      source: ["new"],
      destination: numbered("x", 5),
      prepare: (server) =>
        before(server, isCopyOfNew, () => {
          server.store.bucket("mirror").delete("x01");
          putText(server.store, "mirror", "y", "text");
        }),
    });
    expect(summary).toMatchObject({
      exit_code: 1,
      reason: expect.stringMatching(/^1 object is at the destination and not at the source/),
    });
  });

  test("counts each compared object once after a repeated copy", async ({ newest, oldest, expect }) => {
    const { summary } = await syncWith(pathOf({ newest, oldest }), {
      source: [...numbered("a", 10), ...numbered("new", 10)],
      destination: numbered("a", 10),
      prepare: (server) =>
        server.setFaults([
          { operation: ["PutObject", "CopyObject"], key: "new03", times: 1, fault: REFUSED },
        ]),
    });
    expect(summary).toMatchObject({
      status: "success",
      objects_checked: 10,
      objects_copied: 10,
      attempts: 2,
    });
  });

  test("says which part of the work the time budget ended in", async ({ newest, oldest, expect }) => {
    const { summary } = await syncWith(pathOf({ newest, oldest }), {
      source: numbered("a", 80),
      destination: [],
      settings: { MAX_DURATION: "2s", TRANSFERS: "1", CHECKERS: "1" },
      prepare: (server) => {
        server.latencyMs = 100;
      },
    });
    expect(summary).toMatchObject({
      exit_code: 10,
      status: "interrupted",
      reason: "MAX_DURATION was used up while copying; the next run goes on.",
    });
  });

  test("counts what the server copied by itself", async ({ newest, oldest, expect }) => {
    const { summary } = await syncWith(pathOf({ newest, oldest }), {
      source: numbered("a", 5),
      destination: [],
      settings: { LOG_LEVEL: "error" },
    });
    expect(summary).toMatchObject({ objects_copied: 5, server_side_copies: 5 });
  });

  test("says one object where it is one", async ({ newest, oldest, expect }) => {
    const { summary } = await syncWith(pathOf({ newest, oldest }), {
      source: ["a"],
      destination: ["a", "x"],
      settings: { MAX_DELETE: "0" },
    });
    expect(summary.reason).toMatch(/^1 object would be deleted/);
  });
});

test.for([
  ["does nothing", "exit 0"],
  ["closes its log", "exec 2>&-; exit 0"],
  ["tells no figures", `echo '{"level":"info","msg":"Copied (new)","object":"a"}' >&2`],
])("does not take an rclone that %s for a success", async ([, script], { newest, expect }) => {
  await using directory = await testDirectory();
  const path = join(directory.path, "rclone");
  await writeFile(path, `#!/bin/sh\ncase "$1" in version) exec ${newest} version;; *) ${script};; esac\n`);
  await chmod(path, 0o755);
  const { summary } = await syncWith(path, { source: ["a"], destination: [] });
  expect(summary).toMatchObject({
    status: expect.not.stringMatching("success"),
    exit_code: 1,
    failure_class: "internal",
    reason: expect.stringContaining("rclone ended without telling its figures"),
  });
});
