// SPDX-License-Identifier: MIT
import { waitFor } from "@repo/testkit";
import { expect, test } from "vitest";
import { startRig } from "./support/rig.ts";

const key = "salesforce-project__c.p1";
const project = (slug: string) => ({ sfid: "p1", name: "One", slug__c: slug });

test("a rename that v2 refused after it had moved its index says how it is mended", async () => {
  await using rig = await startRig();
  await rig.put(key, project("before"));
  await rig.startInstance();
  await rig.settled();
  rig.v2.faults.next({ kind: "stale", shape: "409" }, ({ operation }) => operation === "update-project");
  await rig.put(key, project("after"));
  const state = await waitFor(async () => {
    const now = await rig.state(key);
    return now?.status === "dead" ? now : undefined;
  });
  expect(state.reason).toMatchObject({
    code: "taken",
    message: expect.stringContaining('remove the key slug/after from its bucket "projects"'),
  });
  const [uid] = rig.v2.model
    .list("project")
    .flatMap((each) => (each.data["name"] === "One" ? [each.uid] : []));
  expect(rig.v2.model.uidOfSlug("after")).toBe(uid);
});
