// SPDX-License-Identifier: Apache-2.0
// One server by two names, and mirrors that only look like one.
import { rclone } from "@repo/testkit/rclone";
import { withServers } from "@repo/testkit/vitest";
import { type FaultS3, seedObjects, startFaultS3, WRITES } from "./fault-s3/index.ts";
import { putText } from "./fault-s3/put-text.ts";
import { faultSide, runJobOnce, type SyncRun } from "./support/sync-run.ts";

const test = withServers({ newest: () => rclone({ version: "newest" }) });

const aliasOf = ({ endpoint }: FaultS3): string => endpoint.replace("127.0.0.1", "localhost");

const keysOf = (server: FaultS3): readonly string[] => server.store.bucket("data").keysUnder("");

const wroteNothing = (server: FaultS3): boolean =>
  server.log.entries.every(({ operation, status }) => !WRITES.includes(operation) || status === 404);

interface Place {
  readonly endpoint: string;
  readonly prefix?: string;
}

async function sync(rclonePath: string, source: Place, destination: Place): Promise<SyncRun> {
  return runJobOnce({
    rclone: rclonePath,
    source: faultSide(source.endpoint, "data"),
    destination: faultSide(destination.endpoint, "data"),
    settings: {
      MAX_DELETE: "-1",
      ...(source.prefix !== undefined && { SOURCE_PREFIX: source.prefix }),
      ...(destination.prefix !== undefined && { DEST_PREFIX: destination.prefix }),
    },
  });
}

test.for([
  ["the whole bucket", {}, {}],
  ["a folder of the source's", { prefix: "live" }, {}],
  ["a place that holds the destination", {}, { prefix: "live" }],
] as const)("refuses an alias of %s", async ([, source, destination], { newest, expect }) => {
  await using server = await startFaultS3({ buckets: ["data"] });
  for (const key of ["live/a", "live/b", "other"]) putText(server.store, "data", key, key);
  const { summary } = await sync(
    newest,
    { endpoint: server.endpoint, ...source },
    { endpoint: aliasOf(server), ...destination },
  );
  expect(summary).toMatchObject({ status: "refused", exit_code: 2, failure_class: "config" });
  expect(summary.reason).toContain(new URL(server.endpoint).host);
  expect(summary.reason).toContain(new URL(aliasOf(server)).host);
  expect(keysOf(server)).toEqual(["live/a", "live/b", "other"]);
  expect(wroteNothing(server)).toBe(true);
});

test("refuses an alias while somebody writes to it", async ({ newest, expect }) => {
  await using server = await startFaultS3({ buckets: ["data"] });
  for (let index = 0; index < 20; index += 1) putText(server.store, "data", `k${index}`, "x");
  let listings = 0;
  server.setFaults((request) => {
    if (request.operation !== "ListObjects") return undefined;
    listings += 1;
    putText(server.store, "data", `a${listings}`, "new");
    return undefined;
  });
  const { summary } = await sync(newest, { endpoint: server.endpoint }, { endpoint: aliasOf(server) });
  expect(listings).toBeGreaterThanOrEqual(4);
  expect(summary).toMatchObject({ status: "refused", exit_code: 2 });
});

test("mirrors buckets of one name, also when a few objects were copied within the second", async ({
  newest,
  expect,
}) => {
  await using origin = await startFaultS3({ buckets: ["data"] });
  await using mirror = await startFaultS3({ buckets: ["data"] });
  const modifiedMs = Date.parse("2026-01-02T03:04:05Z");
  for (const [server, laterMs] of [
    [origin, 0],
    [mirror, 60_000],
  ] as const) {
    const like = { bucket: "data", bodySeed: "x" };
    seedObjects(server.store, { ...like, prefix: "within a second/", count: 1, modifiedMs });
    seedObjects(server.store, { ...like, prefix: "later/", count: 2, modifiedMs: modifiedMs + laterMs });
  }
  putText(mirror.store, "data", "surplus", "x");
  const { summary } = await sync(newest, { endpoint: origin.endpoint }, { endpoint: mirror.endpoint });
  expect(summary).toMatchObject({ exit_code: 0, objects_deleted: 1 });
  expect(keysOf(mirror)).toEqual(keysOf(origin));
});

test("mirrors into an alias where nothing is yet", async ({ newest, expect }) => {
  await using server = await startFaultS3({ buckets: ["data"] });
  await using empty = await startFaultS3({ buckets: ["data"] });
  putText(server.store, "data", "a", "1");
  const { summary } = await sync(newest, { endpoint: server.endpoint }, { endpoint: empty.endpoint });
  expect(summary.exit_code).toBe(0);
  expect(keysOf(empty)).toEqual(["a"]);
});
