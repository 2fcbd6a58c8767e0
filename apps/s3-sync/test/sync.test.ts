// SPDX-License-Identifier: Apache-2.0
// What a job does, with both rclones, against a server whose every request is known.
import { rclone } from "@repo/testkit/rclone";
import { withServers } from "@repo/testkit/vitest";
import { describe } from "vitest";
import { type FaultS3, startFaultS3, WRITES } from "./fault-s3/index.ts";
import { putText } from "./fault-s3/put-text.ts";
import { faultSide, runJobOnce, type SyncRun } from "./support/sync-run.ts";

const test = withServers({
  newest: () => rclone({ version: "newest" }),
  oldest: () => rclone({ version: "1.60.1" }),
});

type Tree = Readonly<Record<string, string>>;

interface Given {
  readonly source: Tree;
  readonly destination: Tree;
  readonly settings?: Readonly<Record<string, string>>;
  readonly prepare?: (server: FaultS3) => void;
}

interface Result {
  readonly run: SyncRun;
  readonly destination: Tree;
  readonly server: FaultS3;
}

function bodiesOf(server: FaultS3, bucket: string): Tree {
  const stored = server.store.bucket(bucket);
  return Object.fromEntries(
    stored.keysUnder("").map((key) => [key, Buffer.concat([...stored.get(key).body]).toString()]),
  );
}

async function syncWith(path: string, given: Given): Promise<Result> {
  await using server = await startFaultS3({ buckets: ["origin", "mirror"] });
  for (const [key, text] of Object.entries(given.source)) putText(server.store, "origin", key, text);
  for (const [key, text] of Object.entries(given.destination)) putText(server.store, "mirror", key, text);
  given.prepare?.(server);
  const run = await runJobOnce({
    rclone: path,
    source: faultSide(server.endpoint, "origin"),
    destination: faultSide(server.endpoint, "mirror"),
    ...(given.settings !== undefined && { settings: given.settings }),
  });
  return { run, destination: bodiesOf(server, "mirror"), server };
}

const wroteNothing = (server: FaultS3): boolean =>
  // The pre-flight asks for the right to write with a part of an upload that does not exist.
  server.log.entries.every(({ operation, status }) => !WRITES.includes(operation) || status === 404);

describe.for(["newest", "oldest"] as const)("with the %s rclone", (version) => {
  const paths = ({ newest, oldest }: { readonly newest: string; readonly oldest: string }): string =>
    version === "newest" ? newest : oldest;

  test("copies what is new, replaces what differs, deletes what is surplus", async ({
    newest,
    oldest,
    expect,
  }) => {
    const { run, destination } = await syncWith(paths({ newest, oldest }), {
      source: { "a/new": "1", "b/changed": "22", same: "3" },
      destination: { "b/changed": "2", same: "3", "c/surplus": "4", "c/d/surplus": "5" },
      settings: { COMPARE: "checksum" },
    });
    expect(destination).toEqual({ "a/new": "1", "b/changed": "22", same: "3" });
    expect(run.summary.exit_code).toBe(0);
    expect(run.summary).toMatchObject({
      status: "success",
      objects_checked: 2,
      objects_copied: 2,
      objects_deleted: 2,
      objects_failed: 0,
      bytes_copied: 3,
      server_side_copies: 2,
      attempts: 1,
      proof: expect.stringContaining("The mirror is whole"),
    });
    expect(JSON.parse(run.terminationMessage)).toMatchObject({
      event: "summary",
      status: "success",
      exit_code: 0,
    });
    expect(run.leftBehind).toEqual([]);
  });

  test("does nothing the second time", async ({ newest, oldest, expect }) => {
    const same = { "x/1": "a", "x/2": "b" };
    const { run, server } = await syncWith(paths({ newest, oldest }), { source: same, destination: same });
    expect(run.summary).toMatchObject({ status: "success", objects_copied: 0, objects_deleted: 0 });
    expect(wroteNothing(server)).toBe(true);
  });

  test("fills an empty destination without a plan", async ({ newest, oldest, expect }) => {
    const source = { "d/1": "a", "d/e/2": "bb" };
    const { run, destination } = await syncWith(paths({ newest, oldest }), { source, destination: {} });
    expect(destination).toEqual(source);
    expect(run.lines.filter((line) => line["event"] === "pass").map((line) => line["pass"])).toEqual([
      "copy",
    ]);
  });

  test("refuses more deletions than MAX_DELETE allows, and copies nothing either", async ({
    newest,
    oldest,
    expect,
  }) => {
    const given = { source: { new: "1", same: "2" }, destination: { same: "2", x: "x", y: "y", z: "z" } };
    const { run, destination, server } = await syncWith(paths({ newest, oldest }), {
      ...given,
      settings: { MAX_DELETE: "2" },
    });
    expect(destination).toEqual(given.destination);
    expect(run.summary.exit_code).toBe(7);
    expect(run.summary).toMatchObject({
      status: "refused",
      failure_class: "guard",
      objects_planned_deletes: 3,
    });
    expect(wroteNothing(server)).toBe(true);
  });

  test("refuses by share of the destination's objects", async ({ newest, oldest, expect }) => {
    const given = { source: { a: "1", b: "2", c: "3" }, destination: { a: "1", b: "2", c: "3", x: "x" } };
    const refused = await syncWith(paths({ newest, oldest }), {
      ...given,
      settings: { MAX_DELETE_PERCENT: "24" },
    });
    expect(refused.run.summary).toMatchObject({
      exit_code: 7,
      reason: expect.stringContaining("of the destination's 4"),
    });
    const allowed = await syncWith(paths({ newest, oldest }), {
      ...given,
      settings: { MAX_DELETE_PERCENT: "25" },
    });
    expect(allowed.run.summary).toMatchObject({ exit_code: 0, objects_deleted: 1 });
  });

  test("never empties a destination for an empty source, unless told to", async ({
    newest,
    oldest,
    expect,
  }) => {
    const given = { source: {}, destination: { a: "1", b: "2" } };
    const refused = await syncWith(paths({ newest, oldest }), given);
    expect(refused.run.summary).toMatchObject({
      status: "refused",
      exit_code: 13,
      failure_class: "empty_source",
    });
    expect(refused.destination).toEqual(given.destination);
    const allowed = await syncWith(paths({ newest, oldest }), {
      ...given,
      settings: { ALLOW_EMPTY_SOURCE: "true" },
    });
    expect(allowed.run.summary).toMatchObject({ status: "success", objects_deleted: 2 });
    expect(allowed.destination).toEqual({});
  });

  test("takes a source of folder markers alone for empty", async ({ newest, oldest, expect }) => {
    const markers = Object.fromEntries(Array.from({ length: 1500 }, (_, index) => [`photos/${index}/`, ""]));
    const destination = { a: "1", b: "2" };
    const settings = { MAX_DELETE: "-1" };
    const refused = await syncWith(paths({ newest, oldest }), { source: markers, destination, settings });
    expect(refused.run.summary).toMatchObject({ exit_code: 13, failure_class: "empty_source" });
    expect(refused.destination).toEqual(destination);
    const source = { ...markers, "photos/z": "3" };
    const full = await syncWith(paths({ newest, oldest }), { source, destination, settings });
    expect(full.run.summary).toMatchObject({ exit_code: 0, objects_deleted: 2 });
    expect(full.destination).toEqual({ "photos/z": "3" });
  });

  test("counts an archived object as failed, and lets the keys be", async ({ newest, oldest, expect }) => {
    const { run } = await syncWith(paths({ newest, oldest }), {
      source: { archived: "1", good: "2" },
      destination: {},
      prepare: (server) =>
        server.setFaults([
          {
            operation: ["CopyObject", "GetObject"],
            key: "archived",
            fault: { kind: "error", code: "InvalidObjectState", status: 403 },
          },
        ]),
    });
    expect(run.summary).toMatchObject({ exit_code: 1, failure_class: "failed_objects", objects_copied: 1 });
    expect(run.summary.top_errors[0]).toMatchObject({ code: "InvalidObjectState" });
  });

  test("keeps what a truncated listing of the source has left out", async ({ newest, oldest, expect }) => {
    const source = { a: "1", b: "2", c: "3", d: "4" };
    const { run, destination } = await syncWith(paths({ newest, oldest }), {
      source,
      destination: { ...source, surplus: "5" },
      // The pre-flight lists first; every listing of rclone's is cut.
      prepare: (server) =>
        server.setFaults([
          {
            operation: ["ListObjects", "ListObjectsV2"],
            bucket: "origin",
            from: 2,
            fault: { kind: "truncated_page", keep: 2 },
          },
        ]),
    });
    expect(destination).toEqual(source);
    expect(run.summary).toMatchObject({ exit_code: 5, failure_class: "temporary", objects_deleted: 1 });
    expect(run.summary.warnings.join()).toContain("2 objects exist at the source by now and were kept");
  });

  test("keeps everything when one lookup before the deletion fails", async ({ newest, oldest, expect }) => {
    const source = { a: "1" };
    const full = { a: "1", x: "x", y: "y" };
    const { run, destination } = await syncWith(paths({ newest, oldest }), {
      source,
      destination: full,
      settings: { COMPARE: "checksum" },
      prepare: (server) =>
        server.setFaults([
          {
            operation: "HeadObject",
            bucket: "origin",
            key: "x",
            fault: { kind: "error", code: "AccessDenied", status: 403 },
          },
        ]),
    });
    expect(destination).toEqual(full);
    expect(run.summary).toMatchObject({ exit_code: 11, failure_class: "auth", objects_deleted: 0 });
  });

  test("deletes objects of odd names, and says which it cannot delete", async ({
    newest,
    oldest,
    expect,
  }) => {
    const odd = [
      " lead",
      "trail ",
      "\ttab",
      "t\tin",
      "#hash",
      ";semi",
      "back\\slash",
      'q"uote',
      "`tick",
      "😀",
      "cr\rin",
      "nl\nin",
      "- minus",
      "+ plus",
      "*star[x]{a}?",
      "%41",
      "a&b<c>",
      "\u0001",
      "e\u0301",
      "\u00e9",
    ];
    const surplus = Object.fromEntries(odd.map((key) => [key, "x"]));
    const { run, destination } = await syncWith(paths({ newest, oldest }), {
      source: { keep: "1" },
      destination: { keep: "1", ...surplus },
    });
    expect(destination).toEqual({ keep: "1" });
    expect(run.summary).toMatchObject({ exit_code: 0, objects_deleted: odd.length });
    const left = await syncWith(paths({ newest, oldest }), {
      source: { keep: "1" },
      destination: { keep: "1", gone: "x", "dot/../up": "x", "folder/": "" },
    });
    expect(Object.keys(left.destination)).toEqual(expect.arrayContaining(["keep", "dot/../up"]));
    expect(left.destination).not.toHaveProperty("gone");
  });

  test("plans without touching anything, telling new from replaced", async ({ newest, oldest, expect }) => {
    const given = {
      source: { "a/new": "1", "a/new2": "12", changed: "new", same: "1" },
      destination: { changed: "old", same: "1", gone: "x" },
    };
    const { run, destination, server } = await syncWith(paths({ newest, oldest }), {
      ...given,
      settings: { DRY_RUN: "true", COMPARE: "checksum" },
    });
    expect(destination).toEqual(given.destination);
    expect(wroteNothing(server)).toBe(true);
    expect(run.summary).toMatchObject({
      status: "dry_run",
      exit_code: 0,
      objects_planned_copies: 3,
      objects_planned_replacements: 1,
      objects_planned_deletes: 1,
      bytes_planned: 6,
    });
  });

  test("tells in a dry run that the guard would refuse", async ({ newest, oldest, expect }) => {
    const { run } = await syncWith(paths({ newest, oldest }), {
      source: { a: "1" },
      destination: { a: "1", b: "2" },
      settings: { DRY_RUN: "true", MAX_DELETE: "0" },
    });
    expect(run.summary).toMatchObject({ exit_code: 7, status: "refused", objects_planned_deletes: 1 });
  });

  test("MAX_DELETE=-1 synchronises in one pass without limit", async ({ newest, oldest, expect }) => {
    const surplus = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`s/${index}`, "x"]));
    const { run, destination } = await syncWith(paths({ newest, oldest }), {
      source: { a: "1", b: "2" },
      destination: { a: "1", ...surplus },
      settings: { MAX_DELETE: "-1" },
    });
    expect(destination).toEqual({ a: "1", b: "2" });
    expect(run.summary).toMatchObject({
      exit_code: 0,
      objects_copied: 1,
      objects_deleted: 30,
      objects_checked: 1,
    });
    expect(run.lines.filter((line) => line["event"] === "pass").map((line) => line["pass"])).toEqual([
      "sync",
    ]);
  });

  test("mirrors one prefix into another and nothing beside them", async ({ newest, oldest, expect }) => {
    const { destination, run } = await syncWith(paths({ newest, oldest }), {
      source: { "in/a": "1", "inner/b": "2", c: "3" },
      destination: { "out/old": "x", "outer/keep": "y", keep: "z" },
      settings: { SOURCE_PREFIX: "in", DEST_PREFIX: "out//" },
    });
    expect(run.summary.exit_code).toBe(0);
    expect(destination).toEqual({ "out/a": "1", "outer/keep": "y", keep: "z" });
  });

  test("refuses to mirror a place onto itself", async ({ newest, oldest, expect }) => {
    const { run, server } = await syncWith(paths({ newest, oldest }), {
      source: { "p/a": "1" },
      destination: {},
      settings: { DEST_BUCKET: "origin", SOURCE_PREFIX: "p" },
    });
    expect(run.summary).toMatchObject({ exit_code: 2, status: "refused", failure_class: "config" });
    expect(wroteNothing(server)).toBe(true);
  });

  test("fails one object, finishes the others, and deletes nothing", async ({ newest, oldest, expect }) => {
    const { run, destination } = await syncWith(paths({ newest, oldest }), {
      source: { bad: "1", good: "2" },
      destination: { surplus: "3" },
      settings: { SOURCE_PROVIDER: "Minio" },
      prepare: (server) =>
        server.setFaults([
          {
            operation: ["PutObject", "CopyObject"],
            key: "bad",
            fault: { kind: "error", code: "InvalidArgument", status: 400 },
          },
        ]),
    });
    expect(destination).toEqual({ good: "2", surplus: "3" });
    expect(run.summary).toMatchObject({
      status: "partial",
      exit_code: 1,
      objects_copied: 1,
      objects_failed: 1,
      attempts: 2,
      objects_deleted: 0,
    });
    expect(run.summary.top_errors[0]).toMatchObject({ sample: "bad" });
    expect(run.summary.warnings.join()).toContain("1 surplus object was not deleted");
  });

  test.for(["check", "download"] as const)(
    "verifies by %s, and finds what was spoilt",
    async (mode, { newest, oldest, expect }) => {
      const source = { a: "1", b: "22" };
      const good = await syncWith(paths({ newest, oldest }), {
        source,
        destination: {},
        settings: { VERIFY: mode },
      });
      expect(good.run.summary).toMatchObject({
        exit_code: 0,
        verify: { mode, matched: 2, differing: 0, missing_at_destination: 0, missing_at_source: 0 },
        proof: expect.stringContaining("2 objects were verified"),
      });
      // Compared by size, a change of content slips through; verification must see it.
      const spoilt = await syncWith(paths({ newest, oldest }), {
        source,
        destination: { a: "2", b: "22" },
        settings: { VERIFY: mode, COMPARE: "size" },
      });
      expect(spoilt.run.summary).toMatchObject({
        exit_code: 12,
        failure_class: "verification",
        verify: { matched: 1, differing: 1 },
      });
    },
  );
});
