// SPDX-License-Identifier: MIT
import { waitFor } from "@repo/testkit";
import { expect, test } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { askApi } from "../../src/nats/jetstream-api.ts";
import { objectsStream } from "../../src/nats/names.ts";
import { createSweep } from "../../src/sync/sweep.ts";
import { recordUndelivered } from "../../src/sync/undelivered.ts";
import { makeBucket } from "../support/nats-tools.ts";
import { projectKey, projectOf } from "./support/records.ts";
import { objectsConsumer, type Rig, startRig } from "./support/rig.ts";

const speed = 10;

async function putProjects(rig: Rig, from: number, to: number): Promise<void> {
  for (let n = from; n < to; n += 1) await rig.put(projectKey(`p${n}`), projectOf(`p${n}`, "r1"));
}

/** Takes messages as an instance would that never finishes anything. */
async function steal(rig: Rig, times: number): Promise<void> {
  const connection = await rig.link.connection();
  let stolen = 0;
  const inbox = "stolen.messages";
  const subscription = connection.subscribe(inbox, {
    callback: (_, message) => {
      if (message.reply?.startsWith("$JS.ACK") === true) {
        stolen += 1;
        message.respond("-NAK");
      }
    },
  });
  const next = `$JS.API.CONSUMER.MSG.NEXT.${objectsStream}.${objectsConsumer}`;
  connection.publish(next, JSON.stringify({ batch: times, expires: 5_000_000_000 }), { reply: inbox });
  await waitFor(() => stolen >= times);
  subscription.unsubscribe();
}

test("a consumer that is deleted is made again, and nothing is done twice", async () => {
  await using rig = await startRig();
  const instance = await rig.startInstance({ speed });
  await putProjects(rig, 0, 5);
  await rig.settled();
  await askApi(rig.link, `CONSUMER.DELETE.${objectsStream}.${objectsConsumer}`);
  await putProjects(rig, 5, 10);
  await rig.settled();
  expect(rig.v2.record.writes).toHaveLength(10);
  await waitFor(() => instance.engine.status().problems.length === 0);
});

test("a bucket that is deleted, made again and loaded anew is followed like the first", async () => {
  await using rig = await startRig();
  const instance = await rig.startInstance({ speed });
  for (const text of ["r1", "r2", "r3"]) await rig.put(projectKey("a"), projectOf("a", text));
  await putProjects(rig, 0, 3);
  await rig.settled();
  await askApi(rig.link, `STREAM.DELETE.${objectsStream}`);
  await makeBucket(rig.nats.url, "v1-objects", { history: 1 });
  await putProjects(rig, 0, 1);
  await rig.put(projectKey("a"), projectOf("a", "r4"));
  const text = () => rig.v2.model.get("project", rig.v2.model.uidOfSlug("slug-a") ?? "")?.data["description"];
  await waitFor(() => text() === "r4");
  await waitFor(async () => (await rig.state(projectKey("a")))?.applied?.revision === 2);
  await waitFor(() => instance.engine.status().problems.length === 0);
  expect(rig.v2.model.list("project")).toHaveLength(5);
});

test("NATS may go away while everything is under way", async () => {
  await using rig = await startRig();
  rig.v2.faults.latency = 50;
  const instance = await rig.startInstance({ speed });
  await putProjects(rig, 0, 30);
  await waitFor(() => instance.engine.status().inFlight > 5);
  await rig.nats.stop("crash");
  await waitFor(() => instance.engine.status().problems.length > 0);
  await rig.nats.start();
  await rig.settled();
  await waitFor(() => instance.engine.status().problems.length === 0);
  const slugs = rig.v2.model.list("project").map(({ data }) => data["slug"]);
  expect(new Set(slugs).size).toBe(slugs.length);
  expect(slugs).toHaveLength(31);
  expect(instance.defects).toEqual([]);
});

test("an instance that ends finishes what it began, and gives the rest to others at once", async () => {
  // With this patience of the server nothing that was kept would come again within the test.
  await using rig = await startRig({ ackWaitMs: 120_000 });
  rig.v2.faults.latency = 200;
  const one = await rig.startInstance({ speed, maxInFlight: 4 });
  await putProjects(rig, 0, 24);
  await waitFor(() => one.engine.status().inHand === 8);
  await one.stop();
  expect(one.engine.status().inFlight).toBe(0);
  const open = one.events.filter(({ outcome }) => outcome !== "applied");
  expect(open).toEqual([]);
  rig.v2.faults.latency = 0;
  await rig.startInstance({ speed });
  await rig.settled({ deadlineMs: 15_000 });
  expect(rig.v2.record.writes).toHaveLength(24);
});

test("a message whose deliveries are almost used up is put on record when its instance ends", async () => {
  await using rig = await startRig({ ackWaitMs: 120_000 });
  const first = await rig.startInstance({ speed });
  await waitFor(() => first.engine.status().problems.length === 0);
  await first.stop();
  await putProjects(rig, 0, 8);
  // Each is delivered once in vain; the next delivery is the last but one.
  await steal(rig, 8);
  rig.v2.faults.latency = 300;
  const one = await rig.startInstance({ speed, maxInFlight: 1 });
  await waitFor(() => one.engine.status().inHand === 8);
  await one.stop();
  const { num_ack_pending: pending } = await askApi(
    rig.link,
    `CONSUMER.INFO.${objectsStream}.${objectsConsumer}`,
  );
  expect(pending).toBe(0);
  rig.v2.faults.latency = 0;
  await rig.startInstance({ speed });
  await rig.settled();
});

test("a message that was delivered three times in vain goes on from its record", async () => {
  await using rig = await startRig({ ackWaitMs: 500 });
  const first = await rig.startInstance({ speed });
  await waitFor(() => first.engine.status().problems.length === 0);
  await first.stop();
  await putProjects(rig, 0, 3);
  await steal(rig, 9);
  await rig.startInstance({ speed });
  await rig.settled();
  expect(rig.v2.record.writes).toHaveLength(3);
});

test("what no record knows of is found by a sweep, by one instance, and each revision once", async () => {
  await using rig = await startRig();
  const first = await rig.startInstance({ speed });
  await putProjects(rig, 0, 6);
  await rig.settled();
  await first.stop();
  // As after an acknowledgement that should not have been.
  for (const n of [1, 4]) await rig.stateBucket.purge(`object.${projectKey(`p${n}`)}`);
  const found: string[] = [];
  const defects: unknown[] = [];
  const sweepOf = (intervalMs: number) =>
    createSweep({
      link: rig.link,
      clock: systemClock,
      random: () => 0,
      bucket: rig.stateBucket,
      intervalMs,
      consumer: objectsConsumer,
      record: (key, revision, message) =>
        recordUndelivered({ states: rig.states, clock: systemClock }, key, revision, message),
      onFound: (key) => found.push(key),
      onDefect: (error) => defects.push(error),
    });
  const { signal } = new AbortController();
  const both = await Promise.all([sweepOf(60_000).once(signal), sweepOf(60_000).once(signal)]);
  expect(both.filter((count) => count !== undefined)).toEqual([2]);
  expect(found.toSorted()).toEqual([projectKey("p1"), projectKey("p4")]);
  expect(await rig.state(projectKey("p4"))).toMatchObject({
    status: "retry",
    reason: { code: "undelivered" },
  });
  // It goes on from where it was.
  expect(await sweepOf(0).once(signal)).toBe(0);
  expect(defects).toEqual([]);
  await rig.startInstance({ speed });
  await rig.settled();
  expect(rig.v2.model.list("project")).toHaveLength(7);
});
