// SPDX-License-Identifier: MIT
import { waitFor } from "@repo/testkit";
import { type RestartableNats, startRestartableNats } from "@repo/testkit/nats";
import { describe, expect, test } from "vitest";
import { type Platform, startPlatform } from "../operate/support/platform.ts";
import { openStates } from "../operate/support/seed.ts";
import { projectKey } from "../sync/support/records.ts";
import { put, slugsIn, startServing } from "./serving.ts";

describe("without what it depends on it says so, and goes on by itself", () => {
  test("no key set: not ready, and nothing is sent unsigned", async () => {
    await using platform = await startPlatform();
    platform.v1.faults.set("jwks", { kind: "status", status: 503 });
    await using serving = await startServing(platform);
    await serving.isReady(503, "[-]signing-key failed:");
    expect((await serving.page("/livez")).status).toBe(200);
    await put(platform, "a");
    await using states = await openStates(platform);
    await waitFor(async () => (await states.get(projectKey("a")))?.reason?.code === "signing_key_unknown");
    expect(platform.v2.record.requestCount).toBe(0);
    platform.v1.faults.clear();
    await serving.isReady(200);
    await waitFor(() => slugsIn(platform).length === 1, { deadlineMs: 40_000 });
  });

  test("no Auth0: what machines changed goes on, what people changed waits for their names", async () => {
    await using platform = await startPlatform();
    const editor = "0034100001XyZaaAAF";
    platform.v1.users.set(editor, { Username: "jdoe", Email: "jane@example.org" });
    platform.v1.faults.set("token", { kind: "status", status: 503 });
    await using serving = await startServing(platform);
    await serving.isReady(200);
    await put(platform, "person", { lastmodifiedbyid: editor });
    await put(platform, "machine", { lastmodifiedbyid: "svc1@clients" });
    await waitFor(() => slugsIn(platform).length === 1);
    await using states = await openStates(platform);
    await waitFor(
      async () => (await states.get(projectKey("person")))?.reason?.code === "lookup_unavailable",
      { deadlineMs: 30_000 },
    );
    expect(slugsIn(platform)).toEqual(["p-machine"]);
    platform.v1.faults.clear();
    await waitFor(() => slugsIn(platform).length === 2, { deadlineMs: 40_000 });
    expect(platform.v2.record.writes.map(({ principal }) => principal)).toEqual(["svc1@clients", "jdoe"]);
  });

  test("no v2 services: ready, and every object tried again until they are there", async () => {
    await using platform = await startPlatform();
    platform.v2.faults.choose = () => ({ kind: "reset-before" });
    // A create whose connection breaks may still be carried out for so long.
    await using serving = await startServing(platform, {
      REQUEST_TIMEOUT_SECONDS: "1",
      CREATE_SETTLE_SECONDS: "2",
    });
    await serving.isReady(200);
    for (const id of ["a", "b", "c"]) await put(platform, id);
    await using states = await openStates(platform);
    await waitFor(async () => (await states.get(projectKey("c")))?.status === "retry", {
      deadlineMs: 30_000,
    });
    platform.v2.faults.choose = undefined;
    await waitFor(() => slugsIn(platform).length === 3, { deadlineMs: 100_000 });
    expect(slugsIn(platform)).toEqual(["p-a", "p-b", "p-c"]);
  }, 150_000);

  test("NATS without JetStream: not ready with that reason, until it has it", async () => {
    await using platform = await startPlatform();
    await using away = await startRestartableNats({
      config: "accounts { A { users: [{ user: a, password: a }] } }",
    });
    const url = away.url.replace("//", "//a:a@");
    await using serving = await startServing(platform, { NATS_URL: url });
    await serving.isReady(503, "[-]buckets failed: JetStream is not enabled");
    expect((await serving.page("/livez")).status).toBe(200);
    await away.stop();
    await away.start({ config: "accounts { A { jetstream: enabled, users: [{ user: a, password: a }] } }" });
    await serving.isReady(200);
  });
});

/** A server whose user `app` may not publish to `denied`; `all` may everything. */
const permissions = (denied: string): string => `authorization { users: [
  { user: all, password: all },
  { user: app, password: app, permissions: { publish: { deny: [${denied}] } } },
] }`;

async function startGuarded(nats: RestartableNats): Promise<Platform> {
  return await startPlatform({
    nats: {
      url: nats.url.replace("//", "//all:all@"),
      connect: (more) => nats.connect({ user: "all", pass: "all", ...more }),
    },
  });
}

describe("NATS allows less than is needed", () => {
  test("mappings cannot be written: the object is made once, and mapped when they can", async () => {
    await using nats = await startRestartableNats({ config: permissions('"$KV.v1-mappings.>"') });
    await using platform = await startGuarded(nats);
    await using serving = await startServing(platform, { NATS_URL: nats.url.replace("//", "//app:app@") });
    await serving.isReady(200);
    await put(platform, "a");
    await using states = await openStates(platform);
    const reason = async () => (await states.get(projectKey("a")))?.reason?.message ?? "";
    await waitFor(async () =>
      (await reason()).includes("does not allow this user to publish to $KV.v1-mappings"),
    );
    await nats.stop();
    await nats.start({ config: permissions("") });
    await waitFor(async () => (await states.get(projectKey("a")))?.status === "done", { deadlineMs: 50_000 });
    expect(platform.v2.record.writes.filter(({ method }) => method === "POST")).toHaveLength(1);
    expect(serving.serve.stdout.text).not.toContain("app:app");
  });

  test("messages cannot be asked for: not ready, with the subject", async () => {
    await using nats = await startRestartableNats({ config: permissions('"$JS.API.CONSUMER.MSG.NEXT.>"') });
    await using platform = await startGuarded(nats);
    await using serving = await startServing(platform, { NATS_URL: nats.url.replace("//", "//app:app@") });
    await serving.isReady(503, "$JS.API.CONSUMER.MSG.NEXT");
    await put(platform, "a");
    await nats.stop();
    await nats.start({ config: permissions("") });
    await serving.isReady(200);
    await waitFor(() => slugsIn(platform).length > 0, { deadlineMs: 50_000 });
    expect(slugsIn(platform)).toEqual(["p-a"]);
  });
});
