// SPDX-License-Identifier: MIT
import { waitFor } from "@repo/testkit";
import type { Fault, FaultRequest } from "@repo/testkit/lfx-v2";
import { expect, test } from "vitest";
import { committeeKey, committeeOf, projectKey, projectOf } from "./support/records.ts";
import { type Rig, startRig } from "./support/rig.ts";

const speed = 10;
const isPost = ({ method }: FaultRequest): boolean => method === "POST";

/** All projects but ROOT. */
function projects({ v2 }: Rig) {
  return v2.model.list("project").filter(({ uid }) => uid !== v2.rootUid);
}

/** When each create was asked for; milliseconds of the machine's time. */
function watchPosts(rig: Rig): readonly number[] {
  const times: number[] = [];
  rig.v2.faults.choose = (request) => {
    if (isPost(request)) times.push(performance.now());
    return undefined;
  };
  return times;
}

test.for<[string, Fault]>([
  ["is lost with its connection", { kind: "reset-after" }],
  ["never comes", { kind: "lost" }],
  ["breaks off", { kind: "truncated" }],
  ["names no uid", { kind: "no-uid" }],
])("a project whose create's answer %s is found and adopted, not made again", async ([, fault]) => {
  await using rig = await startRig();
  const posts = watchPosts(rig);
  rig.v2.faults.next(fault, isPost);
  await rig.put(projectKey("a"), projectOf("a", "r1"));
  await rig.startInstance({ speed });
  await rig.settled();
  expect(projects(rig)).toHaveLength(1);
  // The one with the fault is not counted.
  expect(posts).toHaveLength(0);
  const [made] = projects(rig);
  expect(await rig.state(projectKey("a"))).toMatchObject({ applied: { action: "adopted", uid: made?.uid } });
  expect((await rig.state(projectKey("a")))?.intents).toBeUndefined();
});

test("a project whose create is carried out late is still made once", async () => {
  await using rig = await startRig();
  const posts = watchPosts(rig);
  rig.v2.faults.next({ kind: "late", commitAfterMs: 2200, client: "504" }, isPost);
  await rig.put(projectKey("a"), projectOf("a", "r1"));
  await rig.startInstance({ speed, createSettleMs: 30_000 });
  await rig.settled();
  expect(projects(rig)).toHaveLength(1);
  expect(posts).toHaveLength(0);
});

test("a create that was never carried out is sent again when it no longer can be, and not before", async () => {
  await using rig = await startRig();
  const posts = watchPosts(rig);
  const startedMs = performance.now();
  rig.v2.faults.next({ kind: "hang-before" }, isPost);
  await rig.put(projectKey("a"), projectOf("a", "r1"));
  await rig.startInstance({ speed, createSettleMs: 20_000 });
  await rig.settled();
  expect(posts).toHaveLength(1);
  // The time-out of 1 s, then the settling time: 2 s for the machine.
  expect((posts[0] ?? 0) - startedMs).toBeGreaterThan(2900);
  expect(projects(rig)).toHaveLength(1);
});

test("a renamed project waits for its unanswered create, too, and then renames it", async () => {
  await using rig = await startRig();
  rig.v2.faults.next({ kind: "late", commitAfterMs: 1500, client: "504" }, isPost);
  await rig.put(projectKey("a"), projectOf("a", "r1"));
  const instance = await rig.startInstance({ speed });
  await waitFor(() => instance.events.length > 0);
  await rig.put(projectKey("a"), projectOf("a", "r2", { slug__c: "renamed" }));
  await rig.settled();
  expect(projects(rig)).toHaveLength(1);
  expect(rig.v2.model.uidOfSlug("renamed")).toBe(projects(rig)[0]?.uid);
});

test("of two records with one slug one becomes the project, whichever instance has it", async () => {
  await using rig = await startRig();
  rig.v2.faults.latency = 100;
  for (const id of ["a", "b"]) await rig.put(projectKey(id), projectOf(id, id, { slug__c: "same" }));
  await Promise.all([
    rig.startInstance({ speed, maxInFlight: 4 }),
    rig.startInstance({ speed, maxInFlight: 4 }),
  ]);
  const statuses = async () => {
    const states = await Promise.all(["a", "b"].map((id) => rig.state(projectKey(id))));
    return states.map((state) => state?.status);
  };
  const isOver = async () => ["dead,done", "done,dead"].includes((await statuses()).join());
  await waitFor(isOver, { deadlineMs: 20_000 });
  expect(projects(rig)).toHaveLength(1);
  const dead = (await Promise.all(["a", "b"].map((id) => rig.state(projectKey(id))))).find(
    (state) => state?.status === "dead",
  );
  expect(dead?.reason).toMatchObject({
    code: "taken",
    message: expect.stringContaining("salesforce-project__c."),
  });
});

test("an object that is in v2 already and nobody's is adopted", async () => {
  await using rig = await startRig();
  const uid = rig.v2.model.addProject({ slug: "slug-a", name: "Made in v2", parent_uid: rig.v2.rootUid });
  await rig.put(projectKey("a"), projectOf("a", "r1"));
  await rig.startInstance({ speed });
  await rig.settled();
  expect(projects(rig)).toHaveLength(1);
  expect(rig.v2.model.get("project", uid)?.data).toMatchObject({ description: "r1", name: "Project a" });
});

test("a committee that came late is the record's, though its name was given up meanwhile", async () => {
  await using rig = await startRig();
  const late = { kind: "late", commitAfterMs: 1500, client: "504" } as const;
  rig.v2.faults.next(late, ({ operation }) => operation === "create-committee");
  await rig.put(projectKey("a"), projectOf("a", "r1"));
  await rig.put(committeeKey("c"), committeeOf("c", "a", "r1"));
  await rig.startInstance({ speed });
  await waitFor(() => rig.v2.faults.late.length === 1);
  // A second create now would be renamed at once, and leave the name to the first.
  await rig.put(committeeKey("c"), committeeOf("c", "a", "r2", { mailing_list__c: "Renamed" }));
  await rig.settled();
  await waitFor(() => rig.v2.faults.late.length === 0);
  await rig.v2.settled();
  expect(rig.v2.model.list("committee").map(({ data }) => data["name"])).toEqual(["Renamed"]);
});

test("when an earlier create comes late after all, the project of the slug's index is kept", async () => {
  await using rig = await startRig();
  rig.v2.faults.next({ kind: "late", commitAfterMs: "told", client: "504" }, isPost);
  // The second create is carried out, and answered a while later.
  rig.v2.faults.next({ kind: "trickle", overMs: 400 }, isPost);
  await rig.put(projectKey("a"), projectOf("a", "r1"));
  const instance = await rig.startInstance({ speed, createSettleMs: 5000 });
  await waitFor(() => projects(rig).length === 1);
  rig.v2.faults.commitLate();
  await rig.settled();
  expect(projects(rig)).toHaveLength(2);
  const named = rig.v2.model.uidOfSlug("slug-a");
  const state = await rig.state(projectKey("a"));
  expect(state?.applied).toMatchObject({ action: "adopted", uid: named });
  const other = projects(rig).find(({ uid }) => uid !== named)?.uid;
  expect(state?.leftovers).toEqual([other]);
  expect(instance.leftovers).toEqual([other]);
});
