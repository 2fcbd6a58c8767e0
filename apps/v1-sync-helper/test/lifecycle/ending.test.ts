// SPDX-License-Identifier: MIT
import { waitFor } from "@repo/testkit";
import { expect, test } from "vitest";
import { type Platform, startPlatform } from "../operate/support/platform.ts";
import { openStates } from "../operate/support/seed.ts";
import { projectKey } from "../sync/support/records.ts";
import { put, slugsIn, startServing } from "./serving.ts";

const count = 300;

function load(platform: Platform): Promise<unknown> {
  return Promise.all(Array.from({ length: count }, (_, n) => put(platform, `n${n}`)));
}

const all = Array.from({ length: count }, (_, n) => `p-n${n}`).toSorted((one, other) =>
  one.localeCompare(other),
);

test("under load it ends in order, and another finishes the rest: each object once", async () => {
  await using platform = await startPlatform();
  platform.v2.faults.latency = 100;
  await using one = await startServing(platform);
  await one.isReady(200);
  await load(platform);
  await waitFor(() => slugsIn(platform).length > 20, { deadlineMs: 30_000 });
  one.serve.kill("SIGTERM");
  const { code, durationMs } = await one.serve.waitForExit();
  expect(code).toBe(0);
  expect(one.serve.stdout.text).toContain("has ended in order");
  expect(durationMs).toBeGreaterThan(0);
  expect(slugsIn(platform).length).toBeLessThan(count);
  await using _other = await startServing(platform);
  await waitFor(() => slugsIn(platform).length >= count, { deadlineMs: 40_000 });
  expect(slugsIn(platform)).toEqual(all);
  expect(platform.v2.record.writes).toHaveLength(count);
}, 120_000);

// These two wait most of the time: together.

test.concurrent("with services that hang it ends before its calls do, and forgets nothing", async () => {
  await using platform = await startPlatform();
  platform.v2.faults.choose = () => ({ kind: "hang-before" });
  // So that no call ends by itself before the process has to.
  await using one = await startServing(platform, { REQUEST_TIMEOUT_SECONDS: "50", CLAIM_SECONDS: "110" });
  await one.isReady(200);
  for (const id of ["a", "b", "c"]) await put(platform, id);
  await waitFor(() => platform.v2.record.requestCount >= 3);
  one.serve.kill("SIGTERM");
  // Its calls would take 50 s; and the machine may be busy.
  await one.serve.waitForExit({ deadlineMs: 40_000 });
  await using states = await openStates(platform);
  const state = await states.get(projectKey("a"));
  // Whether the create was carried out nobody knows: whoever tries again looks first.
  expect(state).toMatchObject({
    status: "retry",
    reason: { code: "outcome_unknown" },
    intents: [{ naturalKey: { kind: "project", slug: "p-a" } }],
  });
  const explained = await platform.run(["explain", "a"]);
  expect(explained.stdout).toContain("outcome_unknown");
}, 90_000);

test.concurrent("killed under load, three times over, it makes each object once", async () => {
  await using platform = await startPlatform();
  platform.v2.faults.latency = 50;
  const quick = { CLAIM_SECONDS: "5", REQUEST_TIMEOUT_SECONDS: "1", CREATE_SETTLE_SECONDS: "2" };
  for (let life = 1; life <= 3; life += 1) {
    await using serving = await startServing(platform, quick);
    await serving.isReady(200);
    if (life === 1) await load(platform);
    const before = slugsIn(platform).length;
    await waitFor(() => slugsIn(platform).length > before + 15, { deadlineMs: 40_000 });
    serving.serve.kill("SIGKILL");
    await serving.serve.waitForExit();
  }
  await using last = await startServing(platform, quick);
  await using states = await openStates(platform);
  const isDone = async (n: number) => (await states.get(projectKey(`n${n}`)))?.status === "done";
  await waitFor(async () => (await Promise.all(all.map((_, n) => isDone(n)))).every(Boolean), {
    deadlineMs: 100_000,
    everyMs: 500,
  });
  expect(slugsIn(platform)).toEqual(all);
  expect(last.serve.exit).toBeUndefined();
}, 240_000);
