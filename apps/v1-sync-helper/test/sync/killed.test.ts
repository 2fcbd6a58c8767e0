// SPDX-License-Identifier: MIT
import { waitFor } from "@repo/testkit";
import type { FaultRequest } from "@repo/testkit/lfx-v2";
import { expect, test } from "vitest";
import { committeeKey, committeeOf, projectKey, projectOf } from "./support/records.ts";
import { type Rig, startRig } from "./support/rig.ts";

const speed = 10;
const isCreate = ({ operation }: FaultRequest): boolean => operation.startsWith("create-");

/** Kills the instance that has a create under way, and lets the service carry it out only then. */
async function killDuringCreate(rig: Rig, put: () => Promise<unknown>): Promise<void> {
  const one = await rig.startInstance({ speed });
  rig.v2.faults.next({ kind: "late", commitAfterMs: "told" }, isCreate);
  await put();
  await waitFor(() => rig.v2.faults.late.length === 1);
  await one.kill();
}

test("a project whose creator is killed before the answer is made once, however late it comes", async () => {
  await using rig = await startRig();
  await killDuringCreate(rig, () => rig.put(projectKey("a"), projectOf("a", "r1")));
  const two = await rig.startInstance({ speed });
  // By then it would have been made a second time.
  await waitFor(() => two.events.some(({ attempt }) => attempt > 0), { deadlineMs: 20_000 });
  rig.v2.faults.commitLate();
  await rig.settled();
  expect(rig.v2.model.list("project").filter(({ uid }) => uid !== rig.v2.rootUid)).toHaveLength(1);
  expect(rig.v2.record.writes.filter(({ method }) => method === "POST")).toHaveLength(1);
  expect(await rig.state(projectKey("a"))).toMatchObject({ applied: { action: "adopted" } });
});

test("a committee whose creator is killed after the create and before the mapping is adopted", async () => {
  await using rig = await startRig();
  await rig.put(projectKey("p"), projectOf("p", "r1"));
  const seeding = await rig.startInstance({ speed });
  await rig.settled();
  await seeding.stop();
  await killDuringCreate(rig, () => rig.put(committeeKey("c"), committeeOf("c", "p", "r1")));
  rig.v2.faults.commitLate();
  await rig.v2.settled();
  await rig.startInstance({ speed });
  await rig.settled();
  expect(rig.v2.model.list("committee")).toHaveLength(1);
  expect(await rig.state(committeeKey("c"))).toMatchObject({ applied: { action: "adopted" } });
});
