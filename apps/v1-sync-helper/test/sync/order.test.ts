// SPDX-License-Identifier: MIT
import { waitFor } from "@repo/testkit";
import type { FaultRequest } from "@repo/testkit/lfx-v2";
import { expect, test } from "vitest";
import { projectKey, projectOf } from "./support/records.ts";
import { type Rig, startRig } from "./support/rig.ts";

const speed = 10;
const isPut = ({ method }: FaultRequest): boolean => method === "PUT";
const key = projectKey("a");

/** What v2 says of the project: its description is the revision of v1. */
function description({ v2 }: Rig): unknown {
  return v2.model.list("project").find(({ uid }) => uid !== v2.rootUid)?.data["description"];
}

function writes({ v2 }: Rig): readonly unknown[] {
  return v2.record.writes.map(({ method, body }) => `${method} ${JSON.stringify(body?.["description"])}`);
}

test("what would change nothing is not written", async () => {
  await using rig = await startRig();
  await rig.startInstance({ speed });
  await rig.put(key, projectOf("a", "r1"));
  await rig.settled();
  await rig.put(key, projectOf("a", "r1", { systemmodstamp: "later" }));
  await rig.settled();
  expect(writes(rig)).toEqual(['POST "r1"']);
  expect(await rig.state(key)).toMatchObject({ applied: { action: "unchanged" } });
});

test("an update that may still be carried out cannot be: its ETag is spent, even to write what v2 says already", async () => {
  await using rig = await startRig();
  await rig.startInstance({ speed });
  await rig.put(key, projectOf("a", "r1"));
  await rig.settled();
  rig.v2.faults.next({ kind: "late", commitAfterMs: "told" }, isPut);
  await rig.put(key, projectOf("a", "r2"));
  await waitFor(() => rig.v2.faults.late.length === 1);
  // v1 goes back to what v2 still says, before the update of r2 is carried out.
  await rig.put(key, projectOf("a", "r1"));
  await rig.settled();
  rig.v2.faults.commitLate();
  await rig.v2.settled();
  expect(writes(rig)).toEqual(['POST "r1"', 'PUT "r1"']);
  expect(description(rig)).toBe("r1");
  expect((await rig.state(key))?.unsettled).toBeUndefined();
});

test("a revision that comes while another instance works is handed over to it", async () => {
  await using rig = await startRig();
  const one = await rig.startInstance({ speed });
  await rig.put(key, projectOf("a", "r1"));
  await rig.settled();
  rig.v2.faults.next({ kind: "delay", ms: 600 }, isPut);
  await rig.put(key, projectOf("a", "r2"));
  await waitFor(() => one.engine.status().inFlight === 1);
  await rig.startInstance({ speed });
  // Whichever instance gets them.
  for (const text of ["r3", "r4", "r5", "r6"]) await rig.put(key, projectOf("a", text));
  await rig.settled();
  expect(description(rig)).toBe("r6");
  const revisions = rig.v2.record.writes.map(({ body }) =>
    Number(JSON.stringify(body?.["description"]).slice(2, -1)),
  );
  expect(revisions).toEqual(revisions.toSorted((one, other) => one - other));
  expect((await rig.state(key))?.unsettled).toBeUndefined();
});

test("of the revisions that wait behind one another only the newest is done, and at once", async () => {
  // With this patience of the server nothing that was let go would come again within the test.
  await using rig = await startRig({ ackWaitMs: 120_000 });
  const instance = await rig.startInstance({ speed, maxInFlight: 1 });
  await rig.put(projectKey("other"), projectOf("other", "r1"));
  await rig.put(key, projectOf("a", "r1"));
  await rig.settled();
  rig.v2.faults.next({ kind: "delay", ms: 500 }, isPut);
  await rig.put(projectKey("other"), projectOf("other", "r2"));
  await waitFor(() => instance.engine.status().inFlight === 1);
  for (const text of ["r2", "r3", "r4"]) await rig.put(key, projectOf("a", text));
  await rig.settled({ deadlineMs: 10_000 });
  expect(writes(rig).filter((write) => write !== 'PUT "r2"' && write !== 'POST "r1"')).toEqual(['PUT "r4"']);
  const outcomes = instance.events.filter((event) => event.key === key).map(({ outcome }) => outcome);
  expect(outcomes).toEqual(["applied", "superseded", "superseded", "applied"]);
  await waitFor(() => instance.engine.status().inHand === 0);
});

test("what a killed instance had in hand is taken over, and what it had sent cannot come after", async () => {
  await using rig = await startRig();
  const one = await rig.startInstance({ speed });
  await rig.put(key, projectOf("a", "r1"));
  await rig.settled();
  rig.v2.faults.next({ kind: "late", commitAfterMs: "told" }, isPut);
  await rig.put(key, projectOf("a", "r2"));
  await waitFor(() => rig.v2.faults.late.length === 1);
  await one.kill();
  const two = await rig.startInstance({ speed });
  await rig.settled();
  const state = await rig.state(key);
  expect(state).toMatchObject({ applied: { action: "updated" } });
  expect(state?.crashes).toBeUndefined();
  rig.v2.faults.commitLate();
  await rig.v2.settled();
  expect(writes(rig)).toEqual(['POST "r1"', 'PUT "r2"']);
  expect(two.defects).toEqual([]);
});

test("an object over which three processes end in a row is set aside", async () => {
  await using rig = await startRig();
  const start = () => rig.startInstance({ speed });
  const first = await start();
  await rig.put(key, projectOf("a", "r1"));
  await rig.settled();
  await first.stop();
  rig.v2.faults.choose = (request) => (isPut(request) ? { kind: "hang-before" } : undefined);
  await rig.put(key, projectOf("a", "r2"));
  for (let n = 0; n < 3; n += 1) {
    const instance = await start();
    await waitFor(async () => {
      const state = await rig.state(key);
      return state?.status === "claimed" && state.owner === instance.engine.owner;
    });
    await instance.kill();
  }
  await start();
  await waitFor(async () => (await rig.state(key))?.status === "dead");
  expect(await rig.state(key)).toMatchObject({ crashes: 3, reason: { code: "crashed" }, unsettled: true });
});

test("a record that someone keeps changing in v2 is followed", async () => {
  await using rig = await startRig();
  await rig.startInstance({ speed });
  await rig.put(key, projectOf("a", "r1"));
  await rig.settled();
  for (const shape of ["native", "400", "412", "500"] as const)
    rig.v2.faults.next({ kind: "stale", shape }, isPut);
  await rig.put(key, projectOf("a", "r2"));
  await rig.settled();
  expect(description(rig)).toBe("r2");
  expect(await rig.state(key)).toMatchObject({ attempts: 1 });
});
