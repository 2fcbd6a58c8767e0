// SPDX-License-Identifier: MIT
import { waitFor } from "@repo/testkit";
import { describe, expect, test } from "vitest";
import { startPlatform } from "../operate/support/platform.ts";
import { openStates } from "../operate/support/seed.ts";
import { projectKey } from "../sync/support/records.ts";
import { deleteBucket, descriptionOf, makeBucket, put, slugsIn, startServing } from "./serving.ts";

/** The sweep first looks after a tenth of this. */
const sweepsSoon = { SWEEP_INTERVAL_SECONDS: "10" };

describe("a bucket that is deleted under a running service", () => {
  test("v1-sync-state: nothing is made twice, and what waited is found again", async () => {
    await using platform = await startPlatform();
    await using serving = await startServing(platform, sweepsSoon);
    await using states = await openStates(platform);
    await serving.isReady(200);
    await put(platform, "a");
    await put(platform, "child", { parent_project__c: "parent" });
    await waitFor(async () => (await states.get(projectKey("child")))?.status === "parked");
    await waitFor(() => slugsIn(platform).length === 1);

    await deleteBucket(platform, "v1-sync-state");
    await put(platform, "a", { description__c: "second" });
    await put(platform, "c");
    await serving.isReady(503, "[-]buckets failed: The bucket v1-sync-state is gone");
    expect((await serving.page("/livez")).status).toBe(200);
    // What cannot be put on record is not begun.
    expect(descriptionOf(platform, "p-a")).toBe("first");

    await makeBucket(platform, "v1-sync-state");
    await serving.isReady(200);
    await waitFor(() => descriptionOf(platform, "p-a") === "second");
    // Its message is long acknowledged and its record gone.
    await waitFor(async () => (await states.get(projectKey("child")))?.status === "parked", {
      deadlineMs: 30_000,
    });
    await put(platform, "parent");
    await waitFor(async () => (await states.get(projectKey("child")))?.status === "done", {
      deadlineMs: 30_000,
    });
    expect(slugsIn(platform)).toEqual(["p-a", "p-c", "p-child", "p-parent"]);
    expect(platform.v2.record.writes.filter(({ method }) => method === "POST")).toHaveLength(4);
  });

  test("v1-mappings: objects that v2 has are adopted, and not made again", async () => {
    await using platform = await startPlatform();
    await using serving = await startServing(platform);
    await serving.isReady(200);
    await put(platform, "a");
    await waitFor(() => slugsIn(platform).length === 1);
    await deleteBucket(platform, "v1-mappings");
    await serving.isReady(503, "[-]buckets failed: The bucket v1-mappings is gone");
    await put(platform, "new");
    await makeBucket(platform, "v1-mappings");
    await serving.isReady(200);
    await put(platform, "a", { description__c: "second" });
    await waitFor(() => descriptionOf(platform, "p-a") === "second");
    await waitFor(() => slugsIn(platform).length === 2, { deadlineMs: 30_000 });
    expect(slugsIn(platform)).toEqual(["p-a", "p-new"]);
  });

  test("v1-objects: loaded again in the same order, it is followed like the first", async () => {
    await using platform = await startPlatform();
    await using states = await openStates(platform);
    await using serving = await startServing(platform);
    await serving.isReady(200);
    const ids = ["a", "b", "c"];
    for (const id of ids) await put(platform, id);
    await waitFor(() => slugsIn(platform).length === 3);
    const done = async () => {
      const all = await Promise.all(ids.map((id) => states.get(projectKey(id))));
      return all.every((state) => state?.status === "done");
    };
    await waitFor(done);
    await deleteBucket(platform, "v1-objects");
    await serving.isReady(503, "the bucket v1-objects is missing");
    await makeBucket(platform, "v1-objects");
    // The same revisions as before, with other contents.
    for (const id of ids) await put(platform, id, { description__c: "second" });
    await waitFor(() => ids.every((id) => descriptionOf(platform, `p-${id}`) === "second"), {
      deadlineMs: 30_000,
    });
    await serving.isReady(200);
    expect(slugsIn(platform)).toEqual(["p-a", "p-b", "p-c"]);
  });

  test("v1-sync-users: people are asked for again, and nothing stops", async () => {
    await using platform = await startPlatform();
    await using serving = await startServing(platform);
    await serving.isReady(200);
    await deleteBucket(platform, "v1-sync-users");
    const editor = "0034100001XyZaaAAF";
    platform.v1.users.set(editor, { Username: "jdoe", Email: "jane@example.org" });
    await put(platform, "a", { lastmodifiedbyid: editor });
    await waitFor(() => platform.v2.record.writes.length === 1);
    expect(platform.v2.record.writes[0]).toMatchObject({ principal: "jdoe", onBehalfOf: "jdoe" });
    await serving.isReady(503, "[-]buckets failed: The bucket v1-sync-users is gone");
  });
});

describe("a bucket that is full", () => {
  test.for(["v1-sync-state", "v1-mappings"])("%s: says so, and goes on when it has room", async (name) => {
    await using platform = await startPlatform();
    await using serving = await startServing(platform);
    await serving.isReady(200);
    const bucket = await platform.bucket(name === "v1-mappings" ? name : "v1-sync-state");
    const stream = `KV_${name}`;
    await update(platform.connection, stream, 64 * 1024);
    for (let n = 0; n < 7; n += 1) await bucket.put(`filler.${n}`, "x".repeat(8800));
    for (let n = 0; n < 7; n += 1) await bucket.put(`more.${n}`, "x".repeat(400)).catch(() => undefined);
    for (let n = 0; n < 50; n += 1) await bucket.put(`crumbs.${n}`, "x").catch(() => undefined);
    await serving.isReady(503, `[-]buckets failed: The bucket ${name} is full`);
    await put(platform, "a");
    await put(platform, "b");
    await update(platform.connection, stream, 16 * 2 ** 20);
    await serving.isReady(200);
    const mappings = await platform.bucket("v1-mappings");
    const isMapped = async () =>
      (await mappings.get("project.sfid.a")) !== null && (await mappings.get("project.sfid.b")) !== null;
    await waitFor(isMapped, { deadlineMs: 40_000 });
    expect(slugsIn(platform)).toEqual(["p-a", "p-b"]);
  });
});

/** Gives a stream another size. */
async function update(
  connection: Awaited<ReturnType<typeof startPlatform>>["connection"],
  stream: string,
  bytes: number,
): Promise<void> {
  const info = (await connection.request(`$JS.API.STREAM.INFO.${stream}`)).json<{ config: object }>();
  const body = JSON.stringify({ ...info.config, max_bytes: bytes });
  const answer = (await connection.request(`$JS.API.STREAM.UPDATE.${stream}`, body)).json();
  expect(answer).not.toHaveProperty("error");
}
