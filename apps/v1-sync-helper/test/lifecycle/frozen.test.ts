// SPDX-License-Identifier: MIT
import { waitFor } from "@repo/testkit";
import { startRestartableNats } from "@repo/testkit/nats";
import { expect, test } from "vitest";
import { startPlatform } from "../operate/support/platform.ts";
import { descriptionOf, put, slugsIn, startServing } from "./serving.ts";

const count = 150;
const ids = Array.from({ length: count }, (_, n) => `n${n}`);
const quick = { CLAIM_SECONDS: "5", REQUEST_TIMEOUT_SECONDS: "1", CREATE_SETTLE_SECONDS: "2" };

test("an instance that was frozen for longer than its claims does no harm when it wakes", async () => {
  // A client that does not read is cut off by this server soon.
  await using nats = await startRestartableNats({ config: "max_pending: 1MB\nwrite_deadline: 1s" });
  await using platform = await startPlatform({ nats });
  platform.v2.faults.latency = 200;
  await using one = await startServing(platform, quick);
  await one.isReady(200);
  for (const id of ids) await put(platform, id);
  await waitFor(() => slugsIn(platform).length > 10, { deadlineMs: 30_000 });
  one.serve.kill("SIGSTOP");
  await using two = await startServing(platform, quick);
  await two.isReady(200);
  await waitFor(() => slugsIn(platform).length >= count, { deadlineMs: 90_000 });
  for (const id of ids) await put(platform, id, { description__c: "second" });
  await waitFor(() => ids.every((id) => descriptionOf(platform, `p-${id}`) === "second"), {
    deadlineMs: 60_000,
  });

  one.serve.kill("SIGCONT");
  await one.isReady(200);
  for (const id of ids) await put(platform, id, { description__c: "third" });
  await waitFor(() => ids.every((id) => descriptionOf(platform, `p-${id}`) === "third"), {
    deadlineMs: 60_000,
  });
  expect(slugsIn(platform)).toEqual(ids.map((id) => `p-${id}`).toSorted((a, b) => a.localeCompare(b)));
  // No older revision after a newer one.
  const order = ["first", "second", "third"];
  const newest = new Map<string, number>();
  const backwards = platform.v2.record.writes.filter(({ uid, body }) => {
    const at = order.findIndex((text) => text === body?.["description"]);
    const isBack = at < (newest.get(uid) ?? 0);
    newest.set(uid, Math.max(at, newest.get(uid) ?? 0));
    return isBack;
  });
  expect(backwards).toEqual([]);
}, 300_000);
