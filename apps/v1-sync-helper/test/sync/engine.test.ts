// SPDX-License-Identifier: MIT
import { waitFor } from "@repo/testkit";
import { expect, test } from "vitest";
import { startRig } from "./support/rig.ts";

const project = (id: string) => `salesforce-project__c.${id}`;
const committee = (id: string) => `platform-collaboration__c.${id}`;

test("a project, its child and a committee come into v2, in the name of who made the change", async () => {
  await using rig = await startRig();
  await rig.put(committee("c1"), { sfid: "c1", mailing_list__c: "TSC", project_name__c: "p2" });
  await rig.put(project("p2"), { sfid: "p2", name: "Child", slug__c: "child", parent_project__c: "p1" });
  await rig.put(project("p1"), {
    sfid: "p1",
    name: "Parent",
    slug__c: "Parent",
    lastmodifiedbyid: "0034100001XyZaaAAF",
  });
  const instance = await rig.startInstance();
  await rig.settled();
  expect(instance.defects).toEqual([]);
  const uid = rig.v2.model.uidOfSlug("parent");
  expect(rig.v2.model.get("project", uid ?? "")?.data).toMatchObject({ name: "Parent" });
  const [first] = rig.v2.record.writes;
  expect(first).toMatchObject({ method: "POST", principal: "jane", onBehalfOf: "jane" });
  expect(rig.v2.model.list("committee")).toHaveLength(1);
  expect(await rig.state(project("p1"))).toMatchObject({
    status: "done",
    applied: { action: "created", uid },
  });
  // Everything was acknowledged.
  await waitFor(() => instance.engine.status().inHand === 0);
  expect(instance.engine.status().problems).toEqual([]);
});
