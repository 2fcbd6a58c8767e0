// SPDX-License-Identifier: MIT
import { freePort, waitFor } from "@repo/testkit";
import { startFaultProxy } from "@repo/testkit/fault-proxy";
import { startNats, startRestartableNats } from "@repo/testkit/nats";
import { withServers } from "@repo/testkit/vitest";
import { connectNats } from "../../src/nats/connect-nats.ts";
import type { LinkEvent } from "../../src/nats/nats-link.ts";
import { openBucket } from "../../src/nats/open-bucket.ts";
import { UnavailableError } from "../../src/unavailable-error.ts";
import { linkTo, makeBucket } from "../support/nats-tools.ts";

const test = withServers({ nats: () => startNats(), restartable: () => startRestartableNats() });

test("is there before NATS is, and connects once NATS comes", async ({
  restartable,
  expect,
  onTestFinished,
}) => {
  await restartable.stop();
  const link = await linkTo(restartable.url, onTestFinished);
  await waitFor(() => link.status().reason?.includes("nobody listens"), { what: "a reason" });
  expect(link.status()).toEqual({
    connected: false,
    reason: expect.stringMatching(
      /^There is no connection to NATS at 127\.0\.0\.1:\d+: nobody listens there\.$/,
    ),
  });
  await expect(link.request("any", "", { timeoutMs: 50 })).rejects.toThrow(/nobody listens/);
  const aborted = new AbortController();
  const waiting = link.connection(aborted.signal);
  aborted.abort(new Error("enough"));
  await expect(waiting).rejects.toThrow("enough");

  const early = link.request("greeting", "", { timeoutMs: 60_000 });
  await restartable.start();
  const connection = await link.connection();
  expect(link.status()).toEqual({ connected: true });
  // Asked before there was a connection, and nobody listens.
  await expect(early).rejects.toThrow(/Nobody at NATS listens on greeting/);
  connection.subscribe("greeting", { callback: (_, message) => void message.respond("hello") });
  expect((await link.request("greeting")).string()).toBe("hello");
});

test("outlives a server that is away, and tells of both", async ({ restartable, expect, onTestFinished }) => {
  const link = await linkTo(restartable.url, onTestFinished);
  const events: LinkEvent[] = [];
  link.onStatus((_, event) => void events.push(event));
  const connection = await link.connection();
  connection.subscribe("echo", { callback: (_, message) => void message.respond(message.data) });
  connection.subscribe("silence", { callback: () => {} });
  expect((await link.request("echo", "1")).string()).toBe("1");

  // At once, and not by the time-out.
  const underway = expect(link.request("silence", "", { timeoutMs: 60_000 })).rejects.toThrow(
    UnavailableError,
  );
  await restartable.stop("crash");
  await underway;
  expect(link.status()).toMatchObject({ connected: false, reason: expect.stringContaining("broke") });
  const meanwhile = link.request("echo", "2", { timeoutMs: 60_000 });
  await restartable.start();
  expect((await meanwhile).string()).toBe("2");
  expect(await link.connection()).toBe(connection);
  expect(events.filter((event) => event !== "error")).toEqual(["connected", "disconnected", "connected"]);
});

test("notices a server that only falls silent, with a full socket too", async ({
  nats,
  expect,
  onTestFinished,
}) => {
  await using proxy = await startFaultProxy({ target: nats.url });
  await makeBucket(nats.url, "silent");
  const link = await linkTo(proxy.url, onTestFinished, { pingIntervalMs: 100, requestTimeoutMs: 1_000 });
  const bucket = openBucket(link, "silent");
  await bucket.put("k", "before");
  const first = await link.connection();
  proxy.setFaultsOfNext();
  proxy.connections[0]?.setFaults({ kind: "blackhole" });
  // More than the kernel's buffers hold, so that the client can neither send nor give up by itself.
  for (let i = 0; i < 60; i++) first.publish("nobody", new Uint8Array(900_000));
  await waitFor(() => !link.status().connected, { what: "the silence to be noticed" });
  await waitFor(() => link.status().connected, { what: "another connection" });
  await bucket.put("k", "after");
  expect(Buffer.from((await bucket.get("k"))?.value ?? []).toString()).toBe("after");
});

test("survives connections that are cut again and again", async ({ nats, expect, onTestFinished }) => {
  await using proxy = await startFaultProxy({ target: nats.url });
  await makeBucket(nats.url, "cut");
  const link = await linkTo(proxy.url, onTestFinished);
  const bucket = openBucket(link, "cut");
  for (let round = 0; round < 3; round++) {
    await waitFor(() => bucket.put("k", String(round)).then(() => true), { what: "a write" });
    proxy.resetAll();
  }
  await waitFor(async () => Buffer.from((await bucket.get("k"))?.value ?? []).toString() === "2", {
    what: "the last write",
  });
  expect(proxy.connections.length).toBeGreaterThanOrEqual(3);
});

test("passes credentials on and never shows them", async ({ restartable, expect, onTestFinished }) => {
  await restartable.stop();
  await restartable.start({ config: 'authorization { user: "me", password: "s3cret@/%" }' });
  onTestFinished(async () => {
    await restartable.stop();
    await restartable.start({});
  });
  const address = restartable.url.replace("nats://", "");
  const good = await linkTo(`nats://me:${encodeURIComponent("s3cret@/%")}@${address}`, onTestFinished);
  await good.connection();

  const bad = await linkTo(`nats://me:wr0ng@${address}`, onTestFinished);
  await waitFor(() => bad.status().reason?.includes("refuses the credentials"), { what: "the refusal" });
  expect(bad.status().reason).not.toContain("wr0ng");
  // It goes on, because credentials may be mended at the server.
  await restartable.stop();
  await restartable.start({ config: 'authorization { user: "me", password: "wr0ng" }' });
  await bad.connection();
});

test("waits for credentials to be mended that are refused when it comes back", async ({
  restartable,
  expect,
  onTestFinished,
}) => {
  const link = await linkTo(restartable.url, onTestFinished);
  const connection = await link.connection();
  let errors = 0;
  link.onStatus((_, event) => {
    if (event === "error") errors++;
  });
  await restartable.stop();
  await restartable.start({ config: 'authorization { user: "other", password: "other" }' });
  await waitFor(() => errors >= 4, { what: "refusals" });
  expect(link.status().reason).toMatch(/refuses the credentials/);
  await restartable.stop();
  await restartable.start({});
  await waitFor(() => link.status().connected, { what: "the connection" });
  expect(await link.connection()).toBe(connection);
});

test("fails a request that the server does not allow at once, with the subject", async ({
  restartable,
  expect,
  onTestFinished,
}) => {
  await restartable.stop();
  await restartable.start({
    config:
      'authorization { users: [{ user: a, password: b, permissions: { publish: { deny: "secret.>" } } }] }',
  });
  onTestFinished(async () => {
    await restartable.stop();
    await restartable.start({});
  });
  const link = await linkTo(restartable.url.replace("//", "//a:b@"), onTestFinished);
  await expect(link.request("secret.door", "", { timeoutMs: 60_000 })).rejects.toThrow(
    /does not allow this user to publish to secret\.door/,
  );
});

test("drains within its deadline, connected or not, and takes nothing afterwards", async ({
  nats,
  expect,
}) => {
  const away = await connectNats({ url: `nats://127.0.0.1:${await freePort()}`, name: "test" });
  await away.drain(1_000);
  await expect(away.request("any")).rejects.toThrow(UnavailableError);

  const link = await connectNats({ url: nats.url, name: "test" });
  const connection = await link.connection();
  const seen: string[] = [];
  connection.subscribe("work", { callback: (_, message) => void seen.push(message.string()) });
  connection.publish("work", "sent before");
  const asked = link.request("work", "asked before");
  await Promise.all([link.drain(5_000), link.drain(), expect(asked).rejects.toThrow(UnavailableError)]);
  expect(seen).toEqual(["sent before", "asked before"]);
  expect(connection.isClosed()).toBe(true);
  expect(link.status()).toEqual({ connected: false, reason: "The connection to NATS is closed." });
  await expect(link.request("any")).rejects.toThrow(UnavailableError);
});

test("drains within its deadline from a server that answers nothing", async ({ nats, expect }) => {
  await using proxy = await startFaultProxy({ target: nats.url });
  const link = await connectNats({ url: proxy.url, name: "test" });
  await link.connection();
  proxy.setFaults({ kind: "blackhole" });
  await link.drain(100);
  expect(link.status().connected).toBe(false);
});
